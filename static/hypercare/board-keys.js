// Walks and moves cards by keyboard: j k or arrows, Space lifts and drops, every step is said aloud.
import { cardOf } from "./board-cards.js";
import { mayGo, move } from "./board-move.js";
import { onKey } from "./keys.js";
import { shownAround } from "./panel.js";

const frame = document.getElementById("lanes");
const says = document.getElementById("says");
const swim = () => (cardOf(lifted?.key ?? at)?.closest("[data-swim]") ?? document);
const lanes = () => [...swim().querySelectorAll("[data-lane]")];
const nameOf = (lane) => lane.closest(".lane").querySelector("h2").textContent;
let at = "";
let lifted;

// The keys speak to the card that has the focus, to that of the issue in the panel, or to the last one while nothing else has it.
const focused = () => document.activeElement.closest(".card-i");
const beside = () => shownAround(document.activeElement);
const isIdle = () => document.activeElement.matches("body, main, #board") || beside() !== "";
const present = () => focused() ?? cardOf(beside()) ?? (isIdle() ? cardOf(at) : null);
const isElsewhere = () => !focused() && !isIdle();

function focus(card) {
  if (!card) return false;
  card.querySelector("a").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

function step(down) {
  if (isElsewhere()) return false;
  if (lifted) return true;
  const card = present();
  if (!card) return focus(document.querySelector(".card-i"));
  return focus((down ? card.nextElementSibling : card.previousElementSibling) ?? inNextSwim(card, down) ?? card);
}

// At the end of a lane of a grouped board the walk goes on in the same lane of the next row that has cards there.
function inNextSwim(card, down) {
  const same = [...document.querySelectorAll(`[data-lane="${card.dataset.status}"]`)].filter((lane) => lane.children.length);
  const next = same[same.indexOf(card.parentElement) + (down ? 1 : -1)];
  return down ? next?.firstElementChild : next?.lastElementChild;
}

function over(lane) {
  lifted.over = lane;
  const fits = mayGo(cardOf(lifted.key).dataset.status, lane.dataset.lane);
  for (const other of lanes()) {
    other.closest(".lane").classList.toggle("over", other === lane && fits);
    other.closest(".lane").classList.toggle("shut", other === lane && !fits);
  }
  lane.closest(".lane").scrollIntoView({ block: "nearest", inline: "nearest" });
  says.textContent = fits ? nameOf(lane) : `${nameOf(lane)}, ${says.dataset.refused}`;
}

function sideways(right) {
  if (isElsewhere()) return false;
  const card = lifted ? cardOf(lifted.key) : present();
  if (!card) return focus(document.querySelector(".card-i"));
  const all = lanes();
  const here = all.indexOf(lifted?.over ?? card.closest("[data-lane]"));
  const rest = right ? all.slice(here + 1) : all.slice(0, here).reverse();
  if (lifted && rest[0]) over(rest[0]);
  if (lifted) return true;
  const lane = rest.find((other) => other.children.length);
  return focus(lane?.children[Math.min([...card.parentElement.children].indexOf(card), lane.children.length - 1)] ?? card);
}

function lift(card) {
  lifted = { key: card.id, over: card.closest("[data-lane]") };
  card.classList.add("lifted");
  says.textContent = `${card.id} ${says.dataset.lifted}`;
}

function settle() {
  const card = cardOf(lifted.key);
  lifted = undefined;
  card?.classList.remove("lifted");
  for (const lane of lanes()) lane.closest(".lane").classList.remove("over", "shut");
  return card;
}

const free = () => frame.dispatchEvent(new CustomEvent("hc:free"));

function drop() {
  const { over: to } = lifted;
  const card = settle();
  const from = card?.dataset.status;
  if (!card || from === to.dataset.lane || !mayGo(from, to.dataset.lane)) says.textContent = `${card?.id ?? ""} ${says.dataset.stays}`;
  else {
    says.textContent = `${card.id} ${says.dataset.moved} ${nameOf(to)}`;
    move(card, to.dataset.lane);
    focus(card);
  }
  free();
}

function liftOrDrop() {
  const card = focused();
  if (!card || !("movable" in document.getElementById("board").dataset)) return false;
  if (lifted) drop();
  else lift(card);
  return true;
}

function putBack() {
  if (!lifted) return false;
  says.textContent = `${lifted.key} ${says.dataset.back}`;
  settle();
  free();
  return true;
}

frame.addEventListener("focusin", () => {
  const card = focused();
  if (card) at = card.id;
});
// Whoever walks away from a lifted card lets go of it. A live change that replaces the card keeps the focus on it.
document.addEventListener("focusin", () => {
  if (lifted && focused()?.id !== lifted.key) putBack();
});

// What the keys of all lists need to know of the board.
export const stage = {
  items: () => [...frame.querySelectorAll(".card-i")],
  present,
  escape: putBack,
  matching: () => [...document.querySelectorAll(".lane [data-count]")].reduce((sum, one) => sum + Number(one.textContent), 0),
  filter: () => frame.dataset.filter,
};

const words = frame.dataset;
for (const [keys, word, action] of [
  [["j", "ArrowDown"], words.next, () => step(true)],
  [["k", "ArrowUp"], words.previous, () => step(false)],
  [["ArrowLeft"], words.left, () => sideways(false)],
  [["ArrowRight"], words.right, () => sideways(true)],
  [[" "], words.lift, liftOrDrop],
]) for (const key of keys) onKey(key, word, action);
