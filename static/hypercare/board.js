// Starts the board: the live feed, drag and drop, and the keys.
import { follow } from "./board-live.js";
import { makeMovable } from "./board-move.js";
import "./board-keys.js";

function begin() {
  const board = document.getElementById("board");
  if ("movable" in board.dataset) makeMovable(board);
}

begin();
follow(begin);
