// Says briefly what happened, with one undo. A response says it by the header HX-Trigger: {"hc:toast": {"text": "...", "undo": "/path/"}}.
const SECONDS = 10;
const region = document.getElementById("toasts");
const pattern = region.querySelector("template");

function leaveLater(box) {
  let timer;
  const hold = () => clearTimeout(timer);
  const resume = () => {
    hold();
    timer = setTimeout(() => box.remove(), SECONDS * 1000);
  };
  for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) box.addEventListener(name, resume);
  resume();
}

// A tone of "error" stays until it is closed.
export function toast(text, { undo = "", tone = "" } = {}) {
  const box = pattern.content.firstElementChild.cloneNode(true);
  box.querySelector("span").textContent = text;
  box.dataset.tone = tone;
  const button = box.querySelector("[data-undo]");
  button.hidden = !undo;
  button.addEventListener("click", () => {
    box.remove();
    window.htmx.ajax("POST", undo, { source: document.body, swap: "none" });
  });
  region.append(box);
  if (tone !== "error") leaveLater(box);
}

// Undoes the newest change that can still be undone; false when there is none.
export function undoLast() {
  const button = [...region.querySelectorAll(".hc-toast [data-undo]:not([hidden])")].at(-1);
  button?.click();
  return Boolean(button);
}

function whyRefused(request) {
  if (!request.getResponseHeader("Content-Type")?.includes("json")) return "";
  return JSON.parse(request.responseText).detail ?? "";
}

region.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest(".hc-toast").remove();
});
for (const box of region.querySelectorAll(".hc-toast:not([data-tone=error])")) leaveLater(box);
addEventListener("hc:toast", (event) => toast(event.detail.text, event.detail));
addEventListener("htmx:responseError", (event) => toast(whyRefused(event.detail.xhr) || region.dataset.refused, { tone: "error" }));
addEventListener("htmx:sendError", () => toast(region.dataset.offline, { tone: "error" }));
