// Moves an issue to another status: by drag and drop here, by keys in board-keys.js; one order to the server serves both.
import { count, laneOf, place } from "./board-cards.js";
import { ask } from "./board-live.js";
import { toast } from "./toast.js";

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export const mayGo = (from, to) => from === to || laneOf(from).dataset.targets.split(" ").includes(to);

function put(card, status) {
  count(card.dataset.status, -1);
  card.dataset.status = status;
  place(card, status);
  count(status, 1);
}

function order(card, to) {
  return fetch(`/api/v1/issues/${card.dataset.issue}/transition/`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify({ to, version: Number(card.dataset.version) }),
  }).catch(() => undefined);
}

async function whyNot(answer) {
  const { refused, offline } = document.getElementById("toasts").dataset;
  const problem = await answer?.json().catch(() => undefined);
  return problem?.detail ?? (answer ? refused : offline);
}

// Moves the card at once and puts it back when the server refuses.
export async function move(card, to) {
  const from = card.dataset.status;
  if (from === to) {
    place(card, to);
    return;
  }
  put(card, to);
  const answer = await order(card, to);
  if (answer?.ok) {
    card.dataset.version = (await answer.json()).version;
    return;
  }
  if (card.isConnected) put(card, from);
  toast(await whyNot(answer), { tone: "error" });
  ask();
}

function markTargets(from) {
  for (const lane of document.querySelectorAll("[data-lane]")) {
    lane.closest(".lane").classList.toggle("shut", from !== undefined && !mayGo(from, lane.dataset.lane));
  }
}

export function makeMovable(board) {
  for (const lane of board.querySelectorAll("[data-lane]")) {
    window.Sortable.create(lane, {
      group: { name: "board", put: (to, from) => mayGo(from.el.dataset.lane, to.el.dataset.lane) },
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
  }
}
