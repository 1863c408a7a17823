// Says briefly what happened; scripts may offer to undo it. A response says it by the header HX-Trigger: {"hc:toast": {"text": "..."}}.
import { standAgain } from "./standing.js";

const SECONDS = 10;
const region = document.getElementById("toasts");
const pattern = region.querySelector("template");

function leaveLater(box) {
  let timer;
  const hold = () => clearTimeout(timer);
  const resume = () => {
    hold();
    timer = setTimeout(() => box.contains(document.activeElement) || box.remove(), SECONDS * 1000);
  };
  for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) box.addEventListener(name, resume);
  resume();
}

// Whoever stood on its button stands again on the issue they came from; says whether somebody did.
function takeAway(box) {
  const hadFocus = box.contains(document.activeElement);
  box.remove();
  if (hadFocus) standAgain();
  return hadFocus;
}

// Gives the box. A tone of "error" stays until it is closed. `undo` hears whether its button had the focus; a newer toast about the same thing takes its place.
export function toast(text, { undo, tone = "", about = "", lasts = false } = {}) {
  const box = pattern.content.firstElementChild.cloneNode(true);
  if (about) forget(about);
  box.dataset.about = about;
  box.querySelector("span").textContent = text;
  box.dataset.tone = tone;
  const button = box.querySelector("[data-undo]");
  button.hidden = !undo;
  button.addEventListener("click", () => {
    undo({ hadFocus: takeAway(box) });
  });
  region.append(box);
  if (tone !== "error" && !lasts) leaveLater(box);
  return box;
}

// Takes away what was said about a thing, and with it the offer to undo it.
export function forget(about) {
  for (const box of region.querySelectorAll(".hc-toast")) if (box.dataset.about === about) takeAway(box);
}

// Undoes the newest change that can still be undone; false when there is none.
export function undoLast() {
  const button = [...region.querySelectorAll(".hc-toast [data-undo]:not([hidden])")].at(-1);
  button?.click();
  return Boolean(button);
}

// Says that nothing came of what was asked: it was refused, or no answer came.
export function sayFailed(answer) {
  toast(answer ? region.dataset.refused : region.dataset.offline, { tone: "error" });
}

function whyRefused(request) {
  if (!request.getResponseHeader("Content-Type")?.includes("json")) return "";
  return JSON.parse(request.responseText).detail ?? "";
}

region.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) takeAway(event.target.closest(".hc-toast"));
});
for (const box of region.querySelectorAll(".hc-toast:not([data-tone=error])")) leaveLater(box);
addEventListener("hc:toast", (event) => toast(event.detail.text, { tone: event.detail.tone }));
const sayRefused = (request) => toast(whyRefused(request) || region.dataset.refused, { tone: "error" });
addEventListener("htmx:responseError", (event) => sayRefused(event.detail.xhr));
// What asked may be gone when its answer comes; nobody but us hears then what the answer says.
addEventListener("htmx:beforeSwap", ({ detail: { requestConfig, xhr, isError } }) => {
  if (requestConfig.elt.isConnected) return;
  const said = JSON.parse(xhr.getResponseHeader("HX-Trigger") ?? "{}")["hc:toast"];
  if (said) toast(said.text, { tone: said.tone });
  if (isError) sayRefused(xhr);
});
addEventListener("htmx:sendError", () => sayFailed());
