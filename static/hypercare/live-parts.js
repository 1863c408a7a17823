// Keeps a page's parts true: asks for them every few seconds, and at once when its socket says that there is something
// to see; puts in what changed, and says when no answer comes.
import { showAnew } from "./anew.js";
import { openSocket, waitMs } from "./socket.js";

const ENDED = [4401, 4403, 4404];
const root = document.querySelector("[data-parts]");
const live = document.getElementById("live");
const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
let heard = Date.now();

function say(state) {
  if (!live || live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = live.dataset[state];
}

const plain = (part) =>
  part.outerHTML.replaceAll(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1").replaceAll(/(data-clock="">)[^<]*/g, "$1").replaceAll(/ title="[^"]*"/g, "");

// A part that has the focus stays as it is until the focus leaves it, and one marked so always does.
function put(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old || fresh.hasAttribute("data-keep") || plain(old) === plain(fresh)) return;
  if (old.contains(document.activeElement)) return;
  old.replaceWith(fresh);
}

const partsIn = (tree) => [...tree.querySelectorAll("[id^=part-]")];

function take(html) {
  const fresh = partsIn(new DOMParser().parseFromString(html, "text/html"));
  const names = (parts) => parts.map((part) => part.id).join();
  fresh.forEach(put);
  if (names(fresh) !== names(partsIn(root))) showAnew();
  document.body.dispatchEvent(new CustomEvent("hc:parts"));
}

async function look() {
  const answer = await fetch(root.dataset.parts, { method: root.dataset.method, headers, cache: "no-store" }).catch(() => undefined);
  if (answer?.redirected || [401, 403, 404].includes(answer?.status)) return location.reload();
  if (!answer?.ok) return say("down");
  heard = Date.now();
  say("live");
  take(await answer.text());
  return undefined;
}

// One look at a time; what is told meanwhile is looked at afterwards.
let looking;
let again = false;
async function lookAtOnce() {
  again = true;
  if (looking || document.hidden) return;
  looking = true;
  try {
    while (again) {
      again = false;
      await look();
    }
  } finally {
    looking = false;
  }
}

function listen(tries = 0) {
  const socket = openSocket(root.dataset.socket);
  let failed = tries + 1;
  socket.addEventListener("open", () => (failed = 0));
  socket.addEventListener("message", lookAtOnce);
  socket.addEventListener("close", (event) => {
    if (!ENDED.includes(event.code)) setTimeout(listen, waitMs(failed), failed);
  });
}

if (root) {
  const every = Number(root.dataset.every) * 1000;
  look();
  if (root.dataset.socket) listen();
  setInterval(() => document.hidden && root.dataset.method === "POST" ? undefined : look(), every);
  setInterval(() => Date.now() - heard > 4 * every && say("down"), 1000);
  addEventListener("online", look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
