// Rings when an issue newly enters the view that is open, where its reader turned that on here. It is off at first.
import { toast } from "./toast.js";

const EVERY_MS = 2000;
const MOST_NAMED = 5;
const button = document.getElementById("noisy");
const name = `hc-noisy ${button.dataset.view}`;
const shown = () => new Set([...document.querySelectorAll("#lanes .card-i")].map((card) => card.id));
const cutLanes = () => new Set([...document.querySelectorAll("#lanes [data-lane][data-more]")].map((lane) => lane.dataset.lane));
let known = shown();
let wereCut = cutLanes();
let sound;
let rangAt = -EVERY_MS;

const isOn = () => localStorage.getItem(name) === "on";

// A browser lets a page sound only after somebody touched it.
function say() {
  const { on, off, waits } = button.dataset;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(isOn()));
  button.textContent = !isOn() ? off : sound?.state === "running" ? on : waits;
}

async function wakeUp() {
  if (!isOn()) return;
  sound ??= new AudioContext();
  await sound.resume();
  say();
}

function ring() {
  if (sound?.state !== "running" || performance.now() - rangAt < EVERY_MS) return;
  rangAt = performance.now();
  for (const [pitch, after] of [[660, 0], [880, 0.18]]) {
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.15;
    tone.connect(volume).connect(sound.destination);
    tone.start(sound.currentTime + after);
    tone.stop(sound.currentTime + after + 0.16);
  }
  document.body.dispatchEvent(new CustomEvent("hc:rang"));
}

function news(keys) {
  const fresh = keys.filter((key) => !known.has(key));
  for (const key of fresh) known.add(key);
  if (!fresh.length || !isOn()) return;
  toast(`${button.dataset.news} ${fresh.slice(0, MOST_NAMED).join(", ")}${fresh.length > MOST_NAMED ? ` +${fresh.length - MOST_NAMED}` : ""}`);
  ring();
}

// Where a lane shows only its first cards, those that move up at its end were in the view already.
function movedUp() {
  const found = [];
  for (const lane of document.querySelectorAll("#lanes [data-lane]")) {
    const cards = [...lane.children].map((card) => card.id);
    const lastKnown = cards.findLastIndex((key) => known.has(key));
    if (wereCut.has(lane.dataset.lane)) found.push(...cards.slice(lastKnown + 1));
  }
  wereCut = cutLanes();
  return found;
}

button.addEventListener("click", () => {
  localStorage.setItem(name, isOn() ? "off" : "on");
  say();
  wakeUp();
});
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wakeUp, { once: true });
document.addEventListener("hc:held", ({ detail }) => news(detail));
document.addEventListener("hc:known", () => {
  known = new Set([...known, ...shown()]);
});
document.body.addEventListener("hc:board", () => {
  for (const key of movedUp()) known.add(key);
  news([...shown()]);
});
say();
