// Chooses issues on the board and in the list, and gives them orders by key, by menu and by the bar: one set of keys for both.
import { create, escalate, reply } from "./asking.js";
import { ask } from "./chooser.js";
import { onKey } from "./keys.js";
import { give, giveMany, undoNewest } from "./orders.js";
import { showHistory } from "./order-history.js";
import { openPalette } from "./palette.js";
import { closePanel, openPanel, shownAround } from "./panel.js";
import { undoLast } from "./toast.js";

const words = document.querySelector("[data-orders]").dataset;
const bar = document.getElementById("bulkbar");
const picked = new Set();
let everything = false;
let last = "";
let stage;

const keyOf = (item) => item.dataset.issue;
const may = () => "mayOrder" in words;

function paint() {
  for (const item of stage.items()) {
    const chosen = everything || picked.has(keyOf(item));
    item.classList.toggle("picked", chosen);
    const box = item.querySelector("[data-pick]");
    if (box) box.checked = chosen;
  }
  const count = everything ? stage.matching() : picked.size;
  bar.hidden = count === 0;
  document.body.classList.toggle("picking", count > 0);
  bar.querySelector("[data-picked]").textContent = `${count} ${words.selected}`;
  const all = bar.querySelector("[data-pick-all]");
  all.hidden = everything || stage.matching() <= picked.size;
  all.textContent = `${words.selectAll} ${stage.matching()} ${words.matching}`;
}

function set(key, chosen) {
  everything = false;
  if (chosen) picked.add(key);
  else picked.delete(key);
  last = key;
  paint();
}

function clear() {
  if (!picked.size && !everything) return false;
  picked.clear();
  everything = false;
  paint();
  return true;
}

// Takes those of an order out of what is picked; what was picked since stays.
function drop(ids) {
  if (!ids) clear();
  for (const key of ids ?? []) picked.delete(key);
  paint();
}

function pick() {
  const item = stage.present();
  if (!item || !may()) return false;
  set(keyOf(item), !picked.has(keyOf(item)));
  return true;
}

function pickRange() {
  const item = stage.present();
  if (!item || !may()) return false;
  const all = stage.items().map(keyOf);
  const [from, to] = [all.indexOf(last), all.indexOf(keyOf(item))].sort((one, other) => one - other);
  for (const key of all.slice(Math.max(from, 0), to + 1)) picked.add(key);
  set(keyOf(item), true);
  return true;
}

const itemOf = (key) => stage.items().find((item) => keyOf(item) === key);
const versionOf = (key) => Number(itemOf(key)?.dataset.version) || undefined;

// Whom an order is for: all that match, those picked, the one in the panel, or the one the keys speak to.
function chosen() {
  if (everything) return { many: true, who: { filter: stage.filter() } };
  if (picked.size > 1) return { many: true, who: { ids: [...picked] } };
  const key = [...picked][0] ?? (shownAround(document.activeElement) || (stage.present() && keyOf(stage.present())));
  return key ? { many: false, who: { ids: [key] }, key } : undefined;
}

async function carryOut({ many, who, key }, body) {
  // A note changes nothing that somebody else could have changed.
  const version = body.action === "note" ? undefined : versionOf(key);
  const change = await (many ? giveMany(who, body) : give({ ...who, version }, body));
  const item = change?.issue && itemOf(change.issue.id);
  if (item) item.dataset.version = Math.max(change.issue.version, Number(item.dataset.version));
  if (change) drop(who.ids);
  return change;
}

// One after the other: a key pressed while an order is under way speaks of the issue as that order leaves it.
let before = Promise.resolve();
function order(body, whom) {
  const next = () => carryOut(whom, body);
  before = before.then(next, next);
  return before;
}

const about = (whom) => (whom?.many ? bar.querySelector("[data-picked]").textContent : (whom?.key ?? ""));

const move = (to) => () => ({ action: "move", to });
const COMMANDS = {
  accept: { keys: ["1"], body: move("triaged") },
  duplicate: { keys: ["2", "m"], question: "merge" },
  decline: { keys: ["3"], question: "decline" },
  snooze: { keys: ["h"], question: "snooze" },
  wake: { keys: [], body: () => ({ action: "wake" }) },
  assign: { keys: ["a"], question: "owner" },
  mine: { keys: ["i"], body: () => ({ action: "set", field: "owner", value: words.me }) },
  severity: { keys: ["s"], question: "severity" },
  priority: { keys: ["p"], question: "moscow" },
  type: { keys: ["t"], question: "category" },
  status: { keys: ["v"], question: "status" },
  label: { keys: ["l"], question: "label" },
  component: { keys: ["d"], question: "component" },
  reply: { keys: ["r"], act: (whom) => reply(whom, about(whom), order) },
  note: { keys: ["n"], question: "note" },
  escalate: { keys: ["e"], act: escalate },
  create: { keys: ["c"], act: create, alone: true },
};

// Where an order is refused, what was written for it stands in the dialog again.
async function askFor(question, whom) {
  let body = await ask(question, { about: about(whom) });
  const isWritten = () => body && ("text" in body || body.reason);
  while (body && !(await order(body, whom)) && isWritten() && !whom.many) {
    body = await ask(question, { about: about(whom), keeps: body });
  }
}

// Asks what is missing, then gives the order to whom it was meant for when it was asked.
function run(name, whom = chosen()) {
  const { question, body, act, alone } = COMMANDS[name];
  if (!may() || !(whom || alone)) return false;
  if (act) act(whom);
  else if (question) askFor(question, whom);
  else order(body(), whom);
  return true;
}

// In the panel Enter is for its links and buttons.
function show() {
  const item = document.activeElement.closest("#panel") ? null : stage.present();
  if (!item) return false;
  openPanel(keyOf(item), item);
  return true;
}

async function runPalette(only) {
  const whom = chosen();
  const found = await openPalette({ only, about: about(whom) });
  if (found?.command) run(found.command, whom);
}

// A button in the panel speaks of the issue there.
function whomIn(node) {
  const key = shownAround(node);
  return key ? { many: false, who: { ids: [key] }, key } : chosen();
}

export function begin(given) {
  stage = given;
  const named = (name) => document.querySelector(`[data-command="${name}"]`).dataset.label;
  for (const [name, { keys }] of Object.entries(COMMANDS)) {
    if (may()) for (const key of keys) onKey(key, named(name), () => run(name));
  }
  if (!stage.single) {
    onKey("x", words.pick, pick);
    onKey("Shift+x", words.pickRange, pickRange);
    for (const key of ["Enter", "o"]) onKey(key, words.show, show);
  }
  onKey("Escape", words.escape, () => stage.escape?.() || closePanel() || clear());
  for (const key of ["z", "Ctrl+z"]) onKey(key, words.takeBack, () => undoLast() || (may() ? (undoNewest(), true) : false));
  onKey("Shift+z", words.history, () => (may() ? (showHistory(), true) : false));
  onKey("Ctrl+k", words.palette, () => (runPalette(false), true));
  onKey(".", words.rowMenu, () => (may() && chosen() ? (runPalette(true), true) : false));
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick]")) set(keyOf(event.target.closest("[data-issue]")), event.target.checked);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-do]");
    if (button && run(button.dataset.do, whomIn(button))) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    const { unlabel } = event.target.dataset;
    if (!unlabel) return;
    event.preventDefault();
    order({ action: "unlabel", labels: [unlabel] }, whomIn(event.target));
  });
  bar.addEventListener("click", (event) => {
    if (event.target.closest("[data-pick-all]")) {
      everything = true;
      paint();
    }
    if (event.target.closest("[data-clear]")) clear();
  });
  document.addEventListener("hc:shown", paint);
  paint();
}
