// Puts cards where they belong: by lane, the most urgent first, with true counts.
import { placesFrom, stand } from "./standing.js";

const FRESH_MS = 6000;

export const cardOf = (key) => document.getElementById(key);
// In a grouped board each row has lanes of its own: those of a card are in its row.
export const laneOf = (status, card) => (card?.closest("[data-swim]") ?? document).querySelector(`[data-lane="${status}"]`);

const rank = (card) => [Number(card.dataset.order), -Number(card.dataset.priority), -Number(card.dataset.issue.slice(3))];

function comesBefore(one, other) {
  const [mine, its] = [rank(one), rank(other)];
  const first = mine.findIndex((value, index) => value !== its[index]);
  return first >= 0 && mine[first] < its[first];
}

function sayLimit(lane, held) {
  const limit = lane.closest(".lane").querySelector("[data-most]");
  if (!limit) return;
  const [above, at] = [held > Number(limit.dataset.most), held === Number(limit.dataset.most)];
  limit.classList.toggle("is-bad", above);
  limit.classList.toggle("is-warn", at);
  limit.textContent = above ? limit.dataset.above : at ? limit.dataset.at : limit.dataset.below;
}

export function count(status, change, card) {
  const lane = laneOf(status, card);
  if (!lane) return;
  const place = lane.closest(".lane").querySelector("[data-count]");
  place.textContent = Math.max(Number(place.textContent) + change, 0);
  sayLimit(lane, Number(place.textContent));
  copyCounts();
}

// The counts stand in the lanes; the phone's column bar and the present view repeat them.
export function copyCounts() {
  let sum = 0;
  for (const copy of document.querySelectorAll("[data-count-of]")) {
    const lanes = [...document.querySelectorAll(`[data-lane="${copy.dataset.countOf}"]`)];
    const held = lanes.reduce((all, lane) => all + Number(lane.closest(".lane").querySelector("[data-count]").textContent), 0);
    copy.textContent = held;
    sum += held;
  }
  const total = document.getElementById("total");
  if (total) total.textContent = sum;
}

export function place(card, status) {
  const lane = laneOf(status, card);
  const after = [...lane.children].find((other) => other !== card && comesBefore(card, other));
  const focused = card.contains(document.activeElement);
  lane.insertBefore(card, after ?? null);
  if (focused) card.querySelector("a").focus({ preventScroll: true });
}

// Whether the lanes cannot tell if this issue was counted before: it has no card, and a lane is longer than its cards.
export const isUnsure = (issue) => !cardOf(issue.id) && document.querySelector("[data-more]") !== null;

// Shows the newest state of one issue; an older state than the one shown changes nothing.
export function show(issue) {
  const old = cardOf(issue.id);
  if (old && Number(old.dataset.version) > issue.version) return;
  const places = old?.contains(document.activeElement) ? placesFrom(old) : [];
  if (old) count(old.dataset.status, -1);
  old?.remove();
  if (laneOf(issue.status) && !(new Date(issue.snoozed_until) > new Date())) add(issue);
  if (places.length) stand(places);
}

function add(issue) {
  const pattern = document.createElement("template");
  pattern.innerHTML = issue.card;
  const card = pattern.content.firstElementChild;
  place(card, issue.status);
  count(issue.status, 1);
  card.classList.add("fresh");
  setTimeout(() => card.classList.remove("fresh"), FRESH_MS);
}
