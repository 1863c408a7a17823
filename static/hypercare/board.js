// Starts the board: the live feed, drag and drop, and the keys.
import { follow, showOwn } from "./board-live.js";
import { makeMovable, unmakeMovable } from "./board-move.js";
import { stage } from "./board-keys.js";
import { begin as beginOrders } from "./picking.js";
import "./inline-edit.js";
import "./noisy.js";

function begin() {
  const board = document.getElementById("board");
  if ("movable" in board.dataset) makeMovable(board);
}

begin();
follow(begin, unmakeMovable);
beginOrders(stage);
document.body.addEventListener("hc:ordered", showOwn);
