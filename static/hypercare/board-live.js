// Keeps the board true: a socket by version, looking every five seconds while there is none.
import { show } from "./board-cards.js";

const POLL_MS = 5000;
const MAX_WAIT_MS = 15000;
const NO_RIGHT = 4403;
const waiting = new Map();
let state;

const busy = () => document.querySelector(".card-i.lifted, .sortable-chosen, .card-i .pick:checked");

function say(mode) {
  const live = document.getElementById("live");
  live.textContent = live.dataset[mode];
  live.dataset.mode = mode;
  document.getElementById("notlive").hidden = mode !== "polling";
}

function flush() {
  for (const issue of waiting.values()) show(issue);
  waiting.clear();
  document.getElementById("newbar").hidden = true;
}

async function reload() {
  const response = await fetch(location.href, { headers: { "HX-Request": "true" } });
  if (!response.ok) return;
  state.lanes.innerHTML = await response.text();
  state.version = Number(document.getElementById("board").dataset.version);
  waiting.clear();
  document.getElementById("newbar").hidden = true;
  state.begin();
}

async function take(frame) {
  if (frame.type === "reset") return reload();
  if (frame.type !== "changes" || frame.version <= state.version) return undefined;
  if (frame.since > state.version) return hello();
  state.version = frame.version;
  if ("filtered" in state.lanes.dataset) return reload();
  for (const issue of frame.issues) waiting.set(issue.id, issue);
  if (!busy()) return flush();
  document.querySelector("[data-new-count]").textContent = waiting.size;
  document.getElementById("newbar").hidden = false;
  return undefined;
}

function hello() {
  if (state.socket?.readyState === WebSocket.OPEN) state.socket.send(JSON.stringify({ type: "hello", since: state.version }));
}

function connect() {
  const { slug, language } = state.lanes.dataset;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/ws/launches/${slug}/board/?cards=${language}`);
  state.socket = socket;
  socket.addEventListener("open", () => {
    state.tries = 0;
    say("live");
    hello();
  });
  socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    if (event.code === NO_RIGHT) return location.reload();
    say("polling");
    state.tries += 1;
    return setTimeout(connect, Math.min(500 * 2 ** state.tries, MAX_WAIT_MS) * (0.5 + Math.random() / 2));
  });
}

async function poll() {
  if (state.socket?.readyState === WebSocket.OPEN || document.hidden) return;
  const { slug } = state.lanes.dataset;
  const response = await fetch(`/api/v1/launches/${slug}/board/?since=${state.version}`).catch(() => undefined);
  if (!response?.ok) return;
  const frame = await response.json();
  if (frame.version !== state.version) await reload();
}

export function follow(lanes, begin) {
  state = { lanes, begin, version: Number(document.getElementById("board").dataset.version), tries: 0, socket: undefined };
  document.querySelector("[data-show-new]").addEventListener("click", flush);
  connect();
  setInterval(poll, POLL_MS);
}
