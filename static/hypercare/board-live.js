// Keeps the board true: a socket by version; while there is none, a look every five seconds.
import { showAnew } from "./anew.js";
import * as presence from "./presence.js";
import { cardOf, copyCounts, isUnsure, laneOf, show } from "./board-cards.js";
import { cardsShown } from "./board-more.js";
import { openSocket, waitMs } from "./socket.js";
import { placesFrom, stand } from "./standing.js";

const POLL_MS = 5000;
const HEARTBEAT_MS = 15000;
const ENDED = [4401, 4403];

const lanes = document.getElementById("lanes");
const live = document.getElementById("live");
const newBar = document.getElementById("newbar");
const waiting = new Map();
const unseen = new Set();
let version = Number(document.getElementById("board").dataset.version);
let begin;
let end;
let socket;
let tries = 0;
let retry;
let unanswered = false;
let stale = false;
let fetching;
let isOwn = false;

const isOpen = () => socket?.readyState === WebSocket.OPEN;
const isBusy = () => document.querySelector(".card-i.lifted, .card-i.sortable-chosen") !== null;

// Whoever reads or chooses keeps the cards where they are: new ones wait behind the bar.
const isReading = () => document.querySelector(".card-i:focus-within, .card-i.picked, dialog[open], #panel:not([hidden])") !== null;
const isNew = (issue) => !cardOf(issue.id) && laneOf(issue.status) !== null;

function say(state) {
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = live.dataset[state];
  document.getElementById("notlive").hidden = state !== "down";
}

const scrollers = () => [...lanes.querySelectorAll("#board, [data-lane]")];

// Fetches the lanes anew; the version they carry is asked for again, so that nothing in between is missed.
async function reload() {
  const answer = await fetch(location.href, { headers: { "HX-Request": "true", "X-Cards": cardsShown() }, cache: "no-store" }).catch(() => undefined);
  if (answer?.redirected) return location.reload();
  if (!answer?.ok) return undefined;
  const html = await answer.text();
  // Whoever took a card in hand meanwhile puts it down first.
  if (isBusy()) return undefined;
  const focused = document.activeElement?.closest?.(".card-i");
  const places = focused ? placesFrom(focused) : [];
  const scrolled = scrollers().map((one) => [one.scrollLeft, one.scrollTop]);
  end();
  lanes.innerHTML = html;
  scrollers().forEach((one, at) => one.scrollTo(...(scrolled[at] ?? [0, 0])));
  version = Number(document.getElementById("board").dataset.version);
  stale = false;
  waiting.clear();
  copyCounts();
  begin();
  document.dispatchEvent(new CustomEvent("hc:shown"));
  if (places.length) stand(places);
  return ask();
}

function refresh() {
  fetching ??= reload().finally(() => {
    fetching = undefined;
  });
  return fetching;
}

async function flush() {
  newBar.hidden = true;
  unseen.clear();
  if (stale) await refresh();
  else {
    for (const issue of waiting.values()) show(issue);
    waiting.clear();
  }
  newBar.hidden = !stale;
  document.body.dispatchEvent(new CustomEvent("hc:board"));
  document.dispatchEvent(new CustomEvent("hc:shown"));
}

function showAllBut(held) {
  for (const issue of waiting.values()) if (!held.includes(issue)) show(issue);
  waiting.clear();
  unseen.clear();
  for (const issue of held) {
    waiting.set(issue.id, issue);
    unseen.add(issue.id);
  }
  document.body.dispatchEvent(new CustomEvent("hc:board"));
  document.dispatchEvent(new CustomEvent("hc:shown"));
}

function settle() {
  if (!stale && !waiting.size) return;
  const held = isBusy() ? [...waiting.values()] : stale || isOwn || !isReading() ? [] : [...waiting.values()].filter(isNew);
  if (!held.length && !(stale && isBusy())) {
    flush();
    return;
  }
  if (!isBusy()) showAllBut(held);
  document.dispatchEvent(new CustomEvent("hc:held", { detail: held.filter(isNew).map((issue) => issue.id) }));
  newBar.querySelector("[data-new-count]").textContent = Math.max(unseen.size, 1);
  newBar.hidden = false;
}

function take(frame) {
  if (frame.type === "looking") {
    presence.take(frame);
    return;
  }
  if (frame.type === "rights") {
    showAnew();
    return;
  }
  unanswered = false;
  if (frame.type === "reset") stale = true;
  else if (frame.type !== "changes" || frame.version <= version) {
    isOwn = false;
    // Lanes that could not be fetched are asked for again with every word from the server.
    if (stale) settle();
    return;
  }
  else if (frame.since > version) {
    ask();
    return;
  } else {
    version = frame.version;
    for (const issue of frame.issues) {
      unseen.add(issue.id);
      if (issue.card === undefined || "filtered" in lanes.dataset || isUnsure(issue)) stale = true;
      else waiting.set(issue.id, issue);
    }
  }
  settle();
  isOwn = false;
}

async function look() {
  const answer = await fetch(`/api/v1/launches/${lanes.dataset.slug}/board/?since=${version}`).catch(() => undefined);
  if ([401, 403, 404].includes(answer?.status)) location.reload();
  if (!answer?.ok) return;
  const frame = await answer.json();
  if (frame.rights.join(" ") === lanes.dataset.rights) take(frame);
  else showAnew();
}

// Asks for what came since: over the socket, or by a look where there is none.
export function ask() {
  if (!isOpen()) return look();
  socket.send(JSON.stringify({ type: "hello", since: version }));
  return undefined;
}

// Whoever gave an order sees what came of it at once, also cards that come back by it.
export function showOwn() {
  isOwn = true;
  settle();
  return ask();
}

function connect() {
  socket = openSocket(`/ws/launches/${lanes.dataset.slug}/board/?cards=${lanes.dataset.language}`);
  socket.addEventListener("open", () => {
    unanswered = false;
    say("live");
    ask();
    // What the person may do can have changed while there was no socket; a look tells.
    if (tries) look();
    tries = 0;
    presence.begin((frame) => isOpen() && socket.send(JSON.stringify(frame)));
  });
  socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    if (ENDED.includes(event.code)) {
      location.reload();
      return;
    }
    say("down");
    tries += 1;
    retry = setTimeout(connect, waitMs(tries));
  });
}

function comeBack() {
  if (isOpen()) ask();
  else if (socket.readyState === WebSocket.CLOSED) {
    clearTimeout(retry);
    connect();
  }
}

// A socket whose other end has vanished looks open for minutes; one unanswered question ends it.
function beat() {
  if (!isOpen()) return;
  if (unanswered) {
    socket.close();
    return;
  }
  unanswered = true;
  ask();
}

// `start` makes the lanes' cards movable, `stop` ends that before they are drawn anew.
export function follow(start, stop) {
  [begin, end] = [start, stop];
  newBar.querySelector("[data-show-new]").addEventListener("click", flush);
  lanes.addEventListener("hc:free", settle);
  addEventListener("online", comeBack);
  document.addEventListener("visibilitychange", () => document.hidden || comeBack());
  setInterval(beat, HEARTBEAT_MS);
  setInterval(() => isOpen() || document.hidden || look(), POLL_MS);
  connect();
}
