// Walks the inbox by keyboard and shows one report beside the list.
import { onKey } from "./keys.js";

const split = document.querySelector("[data-split]");
const side = document.getElementById("report");
const rows = () => [...document.querySelectorAll("[data-row]")];
const present = () => rows().find((row) => row.getAttribute("aria-selected") === "true");

function mark(row) {
  for (const other of rows()) other.removeAttribute("aria-selected");
  row?.setAttribute("aria-selected", "true");
  row?.scrollIntoView({ block: "nearest" });
}

function close() {
  split.classList.remove("opened");
  present()?.querySelector("[data-open]").focus();
}

function go(down) {
  const all = rows();
  const next = all[all.indexOf(present()) + (down ? 1 : -1)] ?? all[0];
  next?.querySelector("[data-open]").click();
  next?.querySelector("[data-open]").focus();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== side) return;
  split.classList.add("opened");
  mark(event.detail.requestConfig.elt.closest("[data-row]"));
});
side.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close-report]")) return;
  event.preventDefault();
  close();
});

const words = document.querySelector(".list").dataset;
onKey("j", words.next ?? "j", () => go(true));
onKey("k", words.previous ?? "k", () => go(false));
onKey("Escape", words.close ?? "Escape", close);
