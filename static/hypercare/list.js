// Walks the list of issues by keyboard, keeps it true, and gives its issues orders.
import { showAnew } from "./anew.js";
import { onKey } from "./keys.js";
import { shownAround } from "./panel.js";
import { begin } from "./picking.js";
import { placesFrom, stand } from "./standing.js";
import { sayFailed } from "./toast.js";
import "./inline-edit.js";

const LOOK_MS = 15000;
const place = document.getElementById("issue-rows");
const rows = () => [...place.querySelectorAll("[data-issue]")];
const newBar = document.getElementById("newbar");
let at = "";
let pages = 1;
let version = Number(place.dataset.version);

const focused = () => rows().find((row) => row.contains(document.activeElement)) ?? null;
const isLost = () => document.activeElement === document.body;
const beside = () => shownAround(document.activeElement);
const isIdle = () => document.activeElement.matches("body, main") || beside() !== "";
const present = () => focused() ?? document.getElementById(beside() || (isIdle() ? at : ""));

function focus(row) {
  if (!row) return false;
  row.querySelector("a").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  return true;
}

function step(by) {
  if (!focused() && !isIdle()) return false;
  const all = rows();
  const here = all.indexOf(present());
  return focus(all[here + by] ?? (here < 0 ? all[0] : undefined));
}

const part = (address) => fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store" }).catch(() => undefined);

// Puts the rows of the next page below those that are here; answers the first of them.
async function more() {
  const link = place.querySelector("[data-more-rows]");
  if (!link || link.hasAttribute("aria-busy")) return undefined;
  link.setAttribute("aria-busy", "true");
  const answer = await part(link.href);
  link.removeAttribute("aria-busy");
  if (answer?.redirected) return location.reload();
  if (!answer?.ok) return sayFailed(answer);
  const pattern = document.createElement("template");
  pattern.innerHTML = await answer.text();
  const fresh = [...pattern.content.querySelectorAll("[data-issue]")].filter((row) => !document.getElementById(row.id));
  place.querySelector("tbody").append(...fresh);
  const next = pattern.content.querySelector("[data-more-rows]");
  if (next) link.replaceWith(next);
  else link.remove();
  document.dispatchEvent(new CustomEvent("hc:shown"));
  return fresh[0];
}

place.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-more-rows]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const first = await more();
  if (first) pages += 1;
  focus(first);
});

async function reload() {
  const answer = await part(location.href);
  if (answer?.redirected) return location.reload();
  if (!answer?.ok) return sayFailed(answer);
  const rowsAnew = await answer.text();
  const places = focused() ? placesFrom(focused()) : [];
  place.innerHTML = rowsAnew;
  for (let page = 1; page < pages; page += 1) await more();
  const told = place.querySelector("[data-board-version]");
  version = Number(told.dataset.boardVersion);
  newBar.hidden = true;
  document.dispatchEvent(new CustomEvent("hc:shown"));
  if (places.length && isLost()) stand(places);
  return undefined;
}

// What others change waits behind a bar; the rows do not move under a reader's eyes.
async function look() {
  if (document.hidden) return;
  const answer = await fetch(`/api/v1/launches/${place.dataset.slug}/board/?since=${version}`).catch(() => undefined);
  if ([401, 403, 404].includes(answer?.status)) location.reload();
  if (!answer?.ok) return;
  const frame = await answer.json();
  if (frame.rights.join(" ") !== place.dataset.rights) showAnew();
  const count = frame.type === "reset" ? 1 : frame.issues.length;
  newBar.querySelector("[data-new-count]").textContent = count;
  newBar.hidden = count === 0;
}

place.addEventListener("focusin", () => {
  at = focused()?.id ?? at;
});
newBar.querySelector("[data-show-new]").addEventListener("click", reload);
document.body.addEventListener("hc:ordered", reload);
setInterval(look, LOOK_MS);
for (const [keys, word, by] of [[["j", "ArrowDown"], place.dataset.next, 1], [["k", "ArrowUp"], place.dataset.previous, -1]]) {
  for (const key of keys) onKey(key, word, () => step(by));
}
begin({
  items: rows,
  present,
  matching: () => Number(place.querySelector("[data-matching]")?.dataset.matching ?? 0),
  filter: () => place.dataset.filter,
});
