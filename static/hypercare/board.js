// Starts the board: the live feed, drag and drop, and the keys.
import { follow } from "./board-live.js";
import { makeMovable } from "./board-move.js";
import "./board-keys.js";

const lanes = document.getElementById("lanes");

function begin() {
  const board = document.getElementById("board");
  if (board.dataset.movable !== undefined) makeMovable(board);
}

begin();
follow(lanes, begin);
