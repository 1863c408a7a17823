// Moves an issue to another status: by drag and drop here, by keys in board-keys.js; one order to the server serves both.
import { cardOf, count, laneOf, place } from "./board-cards.js";
import { ask } from "./board-live.js";
import { give } from "./orders.js";
import { forget } from "./toast.js";

export const mayGo = (from, to) => from === to || laneOf(from).dataset.targets.split(" ").includes(to);

function put(card, status) {
  count(card.dataset.status, -1, card);
  card.dataset.status = status;
  place(card, status);
  count(status, 1, card);
}

const saysMoved = (key, to) =>
  `${key} ${document.getElementById("says").dataset.moved} ${laneOf(to).closest(".lane").querySelector("h2").textContent}`;

// The server took the move back; what somebody changed since it leaves as it is, and says so.
function undone(change, { hadFocus }) {
  const { id: key, version, status } = change.issue;
  const card = cardOf(key);
  if (hadFocus) card?.querySelector("a").focus({ preventScroll: true });
  if (!change.taken_back) {
    ask();
    return;
  }
  if (card && Number(card.dataset.version) < version) {
    card.dataset.version = version;
    put(card, status);
  }
  if (laneOf(status)) document.getElementById("says").textContent = saysMoved(key, status);
}

// Moves the card at once and puts it back when the server refuses.
export async function move(card, to) {
  const from = card.dataset.status;
  if (from === to) {
    place(card, to);
    return;
  }
  const key = card.dataset.issue;
  forget(key);
  put(card, to);
  const who = { ids: [key], version: Number(card.dataset.version) };
  const change = await give(who, { action: "move", to }, { onUndone: undone });
  if (change) card.dataset.version = change.issue.version;
  else if (card.isConnected) put(card, from);
  if (!change) ask();
}

function markTargets(from) {
  for (const lane of document.querySelectorAll("[data-lane]")) {
    lane.closest(".lane").classList.toggle("shut", from !== undefined && !mayGo(from, lane.dataset.lane));
  }
}

let sortables = [];

// What is no longer shown would be kept for good by what makes it movable.
export function unmakeMovable() {
  for (const sortable of sortables) sortable.destroy();
  sortables = [];
}

export function makeMovable(board) {
  for (const lane of board.querySelectorAll("[data-lane]")) {
    const sortable = window.Sortable.create(lane, {
      group: { name: "board", put: (to, from) => to.el.closest("[data-swim]") === from.el.closest("[data-swim]") && mayGo(from.el.dataset.lane, to.el.dataset.lane) },
      sort: false,
      draggable: ".card-i",
      delay: 120,
      delayOnTouchOnly: true,
      onStart: ({ item }) => markTargets(item.dataset.status),
      onEnd: ({ item, to }) => {
        markTargets();
        move(item, to.dataset.lane);
        item.dispatchEvent(new CustomEvent("hc:free", { bubbles: true }));
      },
    });
    sortables.push(sortable);
  }
}
