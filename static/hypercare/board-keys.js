// Walks and moves cards by keyboard: j k h l or arrows, Space lifts and drops, every step is said aloud.
import { cardOf } from "./board-cards.js";
import { mayGo, move } from "./board-move.js";
import { onKey } from "./keys.js";

const says = document.getElementById("says");
const lanes = () => [...document.querySelectorAll("[data-lane]")];
const nameOf = (lane) => lane.closest(".lane").querySelector("h2").textContent;
let at = "";
let lifted;

function focus(card) {
  document.querySelector(".card-i.cursor")?.classList.remove("cursor");
  if (!card) return;
  at = card.id;
  card.classList.add("cursor");
  card.querySelector("a").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const present = () => document.activeElement?.closest?.(".card-i") ?? cardOf(at);

function step(down) {
  const card = present();
  if (!card) return focus(document.querySelector(".card-i"));
  return focus((down ? card.nextElementSibling : card.previousElementSibling) ?? card);
}

function over(lane) {
  lifted.over = lane;
  const from = lifted.card.dataset.status;
  const fits = mayGo(from, lane.dataset.lane);
  for (const other of lanes()) other.closest(".lane").classList.toggle("over", other === lane);
  says.textContent = `${nameOf(lane)}${fits ? "" : `, ${says.dataset.refused}`}`;
}

function sideways(right) {
  const card = lifted?.card ?? present();
  if (!card) return focus(document.querySelector(".card-i"));
  const all = lanes();
  const here = lifted?.over ?? card.closest("[data-lane]");
  const rest = right ? all.slice(all.indexOf(here) + 1) : all.slice(0, all.indexOf(here)).reverse();
  if (lifted) return rest[0] && over(rest[0]);
  return focus(rest.find((lane) => lane.children.length)?.firstElementChild ?? card);
}

function settle() {
  lifted.card.classList.remove("lifted");
  for (const lane of lanes()) lane.closest(".lane").classList.remove("over");
  const { card } = lifted;
  lifted = undefined;
  return card;
}

function liftOrDrop() {
  if (!lifted) {
    const card = present();
    if (!card || document.getElementById("board").dataset.movable === undefined) return false;
    lifted = { card, over: card.closest("[data-lane]") };
    card.classList.add("lifted");
    says.textContent = `${card.id} ${says.dataset.lifted}`;
    return true;
  }
  const to = lifted.over;
  const card = settle();
  if (!mayGo(card.dataset.status, to.dataset.lane)) says.textContent = `${card.id} ${says.dataset.refused}`;
  else {
    says.textContent = `${card.id} ${says.dataset.moved} ${nameOf(to)}`;
    move(card, to.dataset.lane);
    focus(card);
  }
  return true;
}

function putBack() {
  if (!lifted) return false;
  says.textContent = `${settle().id} ${says.dataset.back}`;
  return true;
}

const WORDS = document.getElementById("lanes").dataset;
for (const [keys, word, action] of [
  [["j", "ArrowDown"], "next", () => step(true)],
  [["k", "ArrowUp"], "previous", () => step(false)],
  [["ArrowLeft"], "left", () => sideways(false)],
  [["ArrowRight"], "right", () => sideways(true)],
  [[" "], "lift", liftOrDrop],
  [["Escape"], "back", putBack],
  [["Enter", "o"], "open", () => present()?.querySelector("a").click()],
]) for (const key of keys) onKey(key, WORDS[word], action);
