// Keeps a page's parts true: asks for them every few seconds, puts in what changed, and says when no answer comes.
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
const isWriting = () => document.activeElement?.matches("input, textarea, select") || document.querySelector("dialog[open]") !== null;

// A part that has the focus stays as it is until the focus leaves it, and one marked so always does.
function put(fresh) {
  const old = document.getElementById(fresh.id);
  if (fresh.hasAttribute("data-keep") || plain(old) === plain(fresh)) return;
  if (old.contains(document.activeElement)) return;
  old.replaceWith(fresh);
}

const partsIn = (tree) => [...tree.querySelectorAll("[id^=part-]")];

function take(html) {
  const fresh = partsIn(new DOMParser().parseFromString(html, "text/html"));
  const names = (parts) => parts.map((part) => part.id).join();
  if (names(fresh) !== names(partsIn(root))) {
    if (!isWriting()) location.reload();
    return;
  }
  fresh.forEach(put);
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

if (root) {
  const every = Number(root.dataset.every) * 1000;
  look();
  setInterval(() => document.hidden && root.dataset.method === "POST" ? undefined : look(), every);
  setInterval(() => Date.now() - heard > 4 * every && say("down"), 1000);
  addEventListener("online", look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
