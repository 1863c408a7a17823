// Puts cards where they belong: by lane, the most urgent first, with true counts.
const FRESH_MS = 6000;

export const cardOf = (key) => document.getElementById(key);
export const laneOf = (status) => document.querySelector(`[data-lane="${status}"]`);

function comesBefore(one, other) {
  const severity = Number(one.dataset.order) - Number(other.dataset.order);
  const priority = Number(other.dataset.priority) - Number(one.dataset.priority);
  return severity < 0 || (severity === 0 && priority < 0);
}

export function count(status, change) {
  const lane = laneOf(status);
  if (!lane) return;
  const place = lane.closest(".lane").querySelector("[data-count]");
  place.textContent = Math.max(Number(place.textContent) + change, 0);
  const phone = document.querySelector(`[data-count-of="${status}"]`);
  if (phone) phone.textContent = place.textContent;
}

export function place(card, status) {
  const lane = laneOf(status);
  if (!lane) return card.remove();
  const after = [...lane.children].find((other) => other !== card && comesBefore(card, other));
  lane.insertBefore(card, after ?? null);
  return undefined;
}

// Shows the newest state of one issue; an older state than the one shown changes nothing.
export function show(issue) {
  const old = cardOf(issue.id);
  if (old && Number(old.dataset.version) > issue.version) return;
  const oldStatus = old?.dataset.status;
  const focused = old?.contains(document.activeElement);
  old?.remove();
  if (oldStatus) count(oldStatus, -1);
  if (!laneOf(issue.status)) return;
  const pattern = document.createElement("template");
  pattern.innerHTML = issue.card;
  const card = pattern.content.firstElementChild;
  place(card, issue.status);
  count(issue.status, 1);
  card.classList.add("fresh");
  setTimeout(() => card.classList.remove("fresh"), FRESH_MS);
  if (focused) card.querySelector("a").focus();
}
