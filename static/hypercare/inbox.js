// Walks the inbox by keyboard and shows one report beside the list.
import { onKey } from "./keys.js";

const split = document.querySelector("[data-split]");
const list = document.querySelector(".reports");
const side = document.getElementById("report");
const nothing = side.innerHTML;
const links = () => [...list.querySelectorAll("[data-report]")];
const present = () => list.querySelector("[data-report][aria-current]");
let walkedTo;
let shown;

function mark(link) {
  present()?.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
  link?.closest("[data-row]").scrollIntoView({ block: "nearest" });
}

function go(down) {
  const all = links();
  const here = all.indexOf(present() ?? (all.includes(document.activeElement) ? document.activeElement : undefined));
  const next = all[here + (down ? 1 : -1)] ?? (here < 0 ? all[0] : undefined);
  if (!next) return false;
  next.focus();
  next.click();
  walkedTo = next;
  return true;
}

function close() {
  if (!split.classList.contains("opened")) return false;
  const link = present();
  split.classList.remove("opened");
  side.innerHTML = nothing;
  shown = undefined;
  mark(undefined);
  link?.focus();
  return true;
}

// Whoever clicks goes into the report; whoever walks stays in the list.
list.addEventListener("click", (event) => {
  const link = event.target.closest("[data-report]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  walkedTo = undefined;
  mark(link);
}, true);
// A click with a key held opens a tab, as on any link.
list.addEventListener("click", (event) => (event.ctrlKey || event.metaKey || event.shiftKey) && event.stopPropagation(), true);
// What comes late of another report than the one that is marked, as the answer to a verdict, is not shown.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== side) return;
  const key = present()?.closest("[data-row]").dataset.row;
  event.detail.shouldSwap &&= key !== undefined && event.detail.requestConfig.path.includes(`/${key}/`);
});
for (const failed of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failed, (event) => event.detail.target === side && mark(shown));
}
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== side) return;
  split.classList.add("opened");
  const link = event.detail.requestConfig.elt.closest("[data-report]");
  shown = present();
  if (!walkedTo) side.querySelector("#report-title").focus({ preventScroll: true });
  if (link === walkedTo) walkedTo = undefined;
});
side.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]")?.dataset.step;
  if (step) go(step === "on");
  if (event.target.closest("[data-close-report]")) close();
});

const words = list.dataset;
onKey("j", words.next, () => go(true));
onKey("k", words.previous, () => go(false));
onKey("Escape", words.close, close);
