// The wall's clock, its sound for a new SEV1, its whole screen, and a slow shift so that no picture burns in.
const wall = document.querySelector(".wall");
const shifted = wall.querySelector(".shift");
const button = document.querySelector("[data-sound]");
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: wall.dataset.zone, hour: "2-digit", minute: "2-digit", hour12: false });
const SHIFT_MS = 60000;
const PLACES = [[0, 0], [4, 2], [8, 4], [4, 6], [0, 8], [-4, 6], [-8, 4], [-4, 2]];
let sound;
let turn = 0;

const sev1 = () => new Set(document.getElementById("part-bar").dataset.sev1.split(" ").filter(Boolean));
let known = sev1();

const isOn = () => localStorage.getItem("hc-wall-sound") === "on";

function show() {
  button.setAttribute("aria-pressed", String(isOn()));
  button.textContent = isOn() ? button.dataset.on : button.dataset.off;
}

// Two falling tones, three times; a browser lets a page sound only after it was touched once.
function ring() {
  sound ??= new AudioContext();
  sound.resume();
  for (let at = 0; at < 3; at += 1) {
    for (const [pitch, after] of [[880, 0], [660, 0.25]]) {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.value = 0.2;
      tone.connect(volume).connect(sound.destination);
      tone.start(sound.currentTime + at * 0.7 + after);
      tone.stop(sound.currentTime + at * 0.7 + after + 0.22);
    }
  }
  document.body.dispatchEvent(new CustomEvent("hc:rang"));
}

button.addEventListener("click", () => {
  localStorage.setItem("hc-wall-sound", isOn() ? "off" : "on");
  show();
  if (isOn()) ring();
});
document.querySelector("[data-full]").addEventListener("click", () => document.documentElement.requestFullscreen?.());
document.body.addEventListener("hc:parts", () => {
  const now = sev1();
  if (isOn() && [...now].some((key) => !known.has(key))) ring();
  known = now;
  tick();
});

function tick() {
  for (const face of document.querySelectorAll("[data-clock]")) face.textContent = clock.format(new Date());
}

setInterval(tick, 1000);
setInterval(() => {
  turn = (turn + 1) % PLACES.length;
  shifted.style.transform = `translate(${PLACES[turn][0]}px, ${PLACES[turn][1]}px)`;
}, SHIFT_MS);
show();
