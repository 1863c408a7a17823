// The command palette: every order and page by name, and issues by words or key.
import { ask } from "./chooser.js";

const WAIT_MS = 150;
const section = document.querySelector('[data-choices="palette"]');
const merging = document.querySelector('[data-choices="merge"]');
const { orders: slug } = document.querySelector("[data-orders]").dataset;
let timer;
let asked = 0;

async function found(words) {
  if (words.trim().length < 2) return [];
  const query = new URLSearchParams({ launch: slug, q: words.trim(), page_size: "8" });
  const answer = await fetch(`/api/v1/issues/?${query}`).catch(() => undefined);
  return answer?.ok ? (await answer.json()).results : [];
}

// Shows issues that match what is typed below the other choices; `made` gives each its button or link.
function searching(place, made) {
  place.addEventListener("hc:typed", ({ detail }) => {
    clearTimeout(timer);
    asked += 1;
    const mine = asked;
    timer = setTimeout(async () => {
      const issues = await found(String(detail));
      if (mine !== asked) return;
      for (const old of place.querySelectorAll("[data-found]")) old.remove();
      for (const issue of issues) {
        const item = document.createElement("li");
        item.dataset.found = "";
        item.append(made(issue));
        place.querySelector("ul").append(item);
      }
    }, WAIT_MS);
  });
}

function labelled(issue) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.append(Object.assign(document.createElement("span"), { className: "ink3 num", textContent: issue.id }), ` ${issue.title}`);
  return button;
}

if (section) {
  searching(section, (issue) => {
    const button = labelled(issue);
    button.addEventListener("click", () => location.assign(`/launches/${slug}/issues/${issue.id}/`));
    return button;
  });
  searching(merging, (issue) => {
    const button = labelled(issue);
    button.dataset.order = JSON.stringify({ action: "merge", into: issue.id });
    return button;
  });
  section.addEventListener("click", (event) => {
    const page = event.target.closest("[data-page]");
    if (page) location.assign(page.dataset.page);
  });
}

export function openPalette({ only = false, about = "" } = {}) {
  asked += 1;
  for (const old of section.querySelectorAll("[data-found]")) old.remove();
  for (const item of section.querySelectorAll("[data-of-page]")) item.classList.toggle("d-none", only);
  return ask("palette", { about });
}
