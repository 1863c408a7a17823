// Keeps the page's keys. Markup: data-key="g b" on a link, button or field. Code: onKey("j", "Next", action). "?" lists them.
// "Ctrl+z" is also Command and Z. A person may put another key in a key's place, or switch single keys off; the server keeps that.
import { sayFailed } from "./toast.js";

const CHORD_MS = 1200;
const FIELDS = "input, textarea, select";
const actions = new Map();
const place = document.querySelector("[data-keys]");
const choices = { off: false, keys: {}, ...JSON.parse(place?.dataset.keys ?? "{}") };
let first = "";
let firstAt = 0;
let changing;
let before;

export function onKey(key, label, action) {
  actions.set(key, { label, action });
}

const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const words = (node) => [...node.childNodes].filter((part) => !part.matches?.("kbd, .hc-n, [hx-get]")).map((part) => part.textContent);
const nameOfField = (node) => node.labels?.[0]?.textContent;
const labelOf = (node) => node.dataset.keyLabel ?? node.getAttribute("aria-label") ?? nameOfField(node) ?? words(node).join("").trim();

function nameOf(event) {
  const letter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  const held = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${letter && event.shiftKey ? "Shift+" : ""}`;
  return held + (letter ? event.key.toLowerCase() : event.key);
}

// Only these can be pressed by mistake or by speech; arrows, Space and Escape stay on.
const isCharacter = (key) => key !== " " && key.replace("Shift+", "").length === 1;

// The usual key that a pressed one stands for; a usual key that was given up stands for nothing.
function meantBy(key) {
  const usual = Object.keys(choices.keys).find((one) => choices.keys[one] === key);
  return usual ?? (key in choices.keys ? undefined : key);
}

const pressedFor = (usual) => choices.keys[usual] ?? usual;

function inPage(key) {
  const node = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  if (!node) return undefined;
  return () => (node.matches(FIELDS) ? goInto(node) : node.click());
}

// A key that leads into a field is a way there and back: Escape gives the focus to what had it, and leaves what was typed.
function goInto(field) {
  before = document.activeElement;
  field.focus();
}

function goBack(event) {
  event.preventDefault();
  event.target.blur();
  before?.focus({ preventScroll: true });
}

function find(pressed) {
  const key = meantBy(pressed);
  return key === undefined ? undefined : (actions.get(key)?.action ?? inPage(key));
}

addEventListener("keydown", (event) => {
  if (changing) {
    change(event);
    return;
  }
  if (event.key === "Escape" && event.target.matches?.(`:is(${FIELDS})[data-key]`)) goBack(event);
  if (event.altKey || event.defaultPrevented || typing(event.target) || document.querySelector("dialog[open]")) return;
  const key = nameOf(event);
  if (isCharacter(key) && choices.off) return;
  const chord = performance.now() - firstAt < CHORD_MS ? `${first} ${key}` : "";
  const action = (chord && find(chord)) || find(key);
  [first, firstAt] = action ? ["", 0] : [key, performance.now()];
  if (action && action(event) !== false) event.preventDefault();
});

// The list's own attributes hold the names of keys that print nothing.
function keyCap(key, names) {
  const parts = key === " " ? ["space"] : key.split(" ");
  return parts.map((part) => Object.assign(document.createElement("kbd"), { textContent: names[part.toLowerCase()] ?? part }));
}

function changer(key, label, names) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "bare" });
  button.dataset.usual = key;
  button.append(...keyCap(pressedFor(key), names));
  button.setAttribute("aria-label", `${button.textContent}: ${label}, ${names.change}`);
  return button;
}

function row(label, keys, names) {
  const term = document.createElement("dt");
  for (const key of keys) {
    const shown = isCharacter(key) || key.includes(" ") && key !== " " ? [changer(key, label, names)] : keyCap(key, names);
    term.append(...(term.hasChildNodes() ? [` ${names.or} `] : []), ...shown);
  }
  return [term, Object.assign(document.createElement("dd"), { textContent: label })];
}

function keysByLabel() {
  const labels = new Map([...document.querySelectorAll("[data-key]")].map((node) => [node.dataset.key, labelOf(node)]));
  for (const [key, { label }] of actions) labels.set(key, label);
  const found = new Map();
  for (const [key, label] of labels) found.set(label, [...(found.get(label) ?? []), key]);
  return found;
}

const help = document.getElementById("key-help");
const said = help?.querySelector("[data-key-said]");

function list() {
  const place = help.querySelector("[data-key-list]");
  place.replaceChildren(...[...keysByLabel()].flatMap(([label, keys]) => row(label, keys, place.dataset)));
  help.querySelector("[data-key-switch]").checked = !choices.off;
}

async function store(body) {
  const headers = { "Content-Type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) };
  const answer = await fetch(place.dataset.keysAt, { method: "POST", headers, body }).catch(() => undefined);
  if (!answer?.ok) sayFailed(answer);
}

// One after the other, so that what was chosen last is what is kept.
let stored = Promise.resolve();
function keep() {
  const body = JSON.stringify(choices);
  stored = stored.then(() => store(body));
}

// The next key takes the place of the one that is being changed.
function change(event) {
  if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  const usual = changing;
  changing = undefined;
  said.textContent = "";
  if (event.key !== "Escape") {
    const key = nameOf(event);
    const all = [...keysByLabel().values()].flat();
    if (all.some((other) => other !== usual && pressedFor(other) === key)) said.textContent = said.dataset.taken;
    else {
      if (key === usual) delete choices.keys[usual];
      else choices.keys[usual] = key;
      keep();
    }
  }
  list();
  help.querySelector(`[data-usual="${usual}"]`)?.focus();
}

help?.addEventListener("hc:open", () => {
  said.textContent = "";
  list();
});
help?.addEventListener("close", () => {
  changing = undefined;
});
help?.addEventListener("click", (event) => {
  const usual = event.target.closest("[data-usual]")?.dataset.usual;
  if (usual) {
    changing = usual;
    said.textContent = said.dataset.press;
  }
  if (event.target.closest("[data-keys-reset]")) {
    choices.keys = {};
    keep();
    list();
  }
});
help?.addEventListener("change", (event) => {
  if (!event.target.matches("[data-key-switch]")) return;
  choices.off = !event.target.checked;
  keep();
});
