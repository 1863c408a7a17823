// Moves an issue to another status: by drag and drop here, by keys in board-keys.js; one order to the server serves both.
import { count, laneOf, place } from "./board-cards.js";
import { toast } from "./toast.js";

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export const mayGo = (from, to) => from === to || laneOf(from)?.dataset.targets.split(" ").includes(to);

function put(card, status) {
  count(card.dataset.status, -1);
  card.dataset.status = status;
  place(card, status);
  count(status, 1);
}

// Moves the card at once and puts it back when the server refuses.
export async function move(card, to) {
  const from = card.dataset.status;
  if (from === to) return place(card, to);
  put(card, to);
  const response = await fetch(`/api/v1/issues/${card.dataset.issue}/transition/`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify({ to, version: Number(card.dataset.version) }),
  }).catch(() => undefined);
  if (response?.ok) {
    card.dataset.version = (await response.json()).version;
    return undefined;
  }
  if (card.isConnected) put(card, from);
  const problem = await response?.json().catch(() => undefined);
  const region = document.getElementById("toasts");
  toast(problem?.detail ?? (response ? region.dataset.refused : region.dataset.offline), { tone: "error" });
  return undefined;
}

export function makeMovable(board) {
  for (const lane of board.querySelectorAll("[data-lane]")) {
    window.Sortable.create(lane, {
      group: { name: "board", put: (to, from) => mayGo(from.el.dataset.lane, to.el.dataset.lane) },
      sort: false,
      draggable: ".card-i",
      delay: 120,
      delayOnTouchOnly: true,
      onEnd: ({ item, to }) => move(item, to.dataset.lane),
    });
  }
}

