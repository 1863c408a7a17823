// Moves an issue to another status: by drag and drop here, by keys in board-keys.js; one order to the server serves both.
import { cardOf, count, laneOf, place } from "./board-cards.js";
import { ask } from "./board-live.js";
import { forget, toast } from "./toast.js";

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export const mayGo = (from, to) => from === to || laneOf(from).dataset.targets.split(" ").includes(to);

function put(card, status) {
  count(card.dataset.status, -1);
  card.dataset.status = status;
  place(card, status);
  count(status, 1);
}

function order(key, name, body) {
  return fetch(`/api/v1/issues/${key}/${name}/`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(body),
  }).catch(() => undefined);
}

const saysMoved = (key, to) =>
  `${key} ${document.getElementById("says").dataset.moved} ${laneOf(to).closest(".lane").querySelector("h2").textContent}`;

// Takes the move back; whatever changed the issue since has raised its version, and the server then refuses and says what.
async function undo(key, version, { hadFocus }) {
  if (hadFocus) cardOf(key)?.querySelector("a").focus({ preventScroll: true });
  const answer = await order(key, "undo", { version });
  if (!answer?.ok) {
    toast(await whyNot(answer), { tone: "error" });
    ask();
    return;
  }
  const issue = await answer.json();
  const card = cardOf(key);
  if (card && Number(card.dataset.version) < issue.version) {
    card.dataset.version = issue.version;
    put(card, issue.status);
  }
  document.getElementById("says").textContent = saysMoved(key, issue.status);
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
  const key = card.dataset.issue;
  forget(key);
  put(card, to);
  const answer = await order(key, "transition", { to, version: Number(card.dataset.version) });
  if (answer?.ok) {
    const { version } = await answer.json();
    card.dataset.version = version;
    toast(saysMoved(key, to), { undo: (how) => undo(key, version, how), about: key });
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
