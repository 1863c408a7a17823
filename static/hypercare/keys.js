// Keeps the page's keys. Markup: data-key="g b" on a link, button or field. Code: onKey("j", "Next", action). "?" lists them.
// "Ctrl+z" is also Command and Z.
const OFF = "hc-keys-off";
const CHORD_MS = 1200;
const actions = new Map();
let first = "";
let firstAt = 0;

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

function inPage(key) {
  const node = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  if (!node) return undefined;
  return () => (node.matches("input, textarea, select") ? node.focus() : node.click());
}

const find = (key) => actions.get(key)?.action ?? inPage(key);

addEventListener("keydown", (event) => {
  if (event.altKey || event.defaultPrevented || typing(event.target) || document.querySelector("dialog[open]")) return;
  const key = nameOf(event);
  if (isCharacter(key) && localStorage.getItem(OFF)) return;
  const chord = performance.now() - firstAt < CHORD_MS ? `${first} ${key}` : "";
  const action = (chord && find(chord)) || find(key);
  [first, firstAt] = action ? ["", 0] : [key, performance.now()];
  if (action && action(event) !== false) event.preventDefault();
});

// The list's own attributes hold the names of keys that print nothing.
function keyCaps(key, names) {
  const parts = key === " " ? ["space"] : key.split(" ");
  return parts.map((part) => Object.assign(document.createElement("kbd"), { textContent: names[part.toLowerCase()] ?? part }));
}

function row(label, keys, names) {
  const term = document.createElement("dt");
  for (const key of keys) term.append(...(term.hasChildNodes() ? [` ${names.or} `] : []), ...keyCaps(key, names));
  return [term, Object.assign(document.createElement("dd"), { textContent: label })];
}

function keysByLabel() {
  const labels = new Map([...document.querySelectorAll("[data-key]")].map((node) => [node.dataset.key, labelOf(node)]));
  for (const [key, { label }] of actions) labels.set(key, label);
  const found = new Map();
  for (const [key, label] of labels) found.set(label, [...(found.get(label) ?? []), key]);
  return found;
}

document.getElementById("key-help")?.addEventListener("hc:open", (event) => {
  const list = event.target.querySelector("[data-key-list]");
  list.replaceChildren(...[...keysByLabel()].flatMap(([label, keys]) => row(label, keys, list.dataset)));
  event.target.querySelector("[data-key-switch]").checked = !localStorage.getItem(OFF);
});

addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-key-switch]")) return;
  if (event.target.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});
