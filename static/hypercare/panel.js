// Shows one issue beside the board or the list; without scripts its link opens the page.
import { again, stand } from "./standing.js";

const panel = document.getElementById("panel");
let from = "";
let asked = 0;
let shown = 0;

export const shownInPanel = () => (panel.hidden ? "" : panel.dataset.issue);
// The issue in the panel for what is in it, as the focus; for anything else none.
export const shownAround = (node) => (node.closest("#panel") ? shownInPanel() : "");

const isEdited = () => panel.querySelector("[data-editing]") !== null;

// Of several answers the one asked for last stands; none comes under the hands of somebody who changes a field.
async function fill(key, { opens = false } = {}) {
  asked += 1;
  const mine = asked;
  const answer = await fetch(`${panel.dataset.base}${key}/`, { headers: { "HX-Request": "true" }, cache: "no-store" }).catch(() => undefined);
  if (answer?.redirected) return location.reload();
  const said = answer?.ok ? await answer.text() : "";
  if (panel.dataset.issue !== key || mine < shown || (isEdited() && !opens)) return undefined;
  shown = mine;
  panel.setAttribute("aria-busy", "false");
  if (!answer?.ok) {
    panel.replaceChildren(document.getElementById("panel-failed").content.cloneNode(true));
    return undefined;
  }
  const held = panel.contains(document.activeElement) ? document.activeElement : undefined;
  panel.innerHTML = said;
  // Whoever stands in it stays where they were, or at its head.
  if (held) (again(panel, held) ?? panel.querySelector("h2"))?.focus({ preventScroll: true });
  return undefined;
}

export async function openPanel(key, item) {
  from = item?.id || from;
  panel.hidden = false;
  panel.dataset.issue = key;
  panel.setAttribute("aria-busy", "true");
  document.body.classList.add("with-panel");
  await fill(key, { opens: true });
  const isWriting = document.activeElement.matches("input:not([type=checkbox]), textarea, select");
  if (panel.dataset.issue === key && !isWriting) panel.querySelector("h2")?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("hc:panel"));
}

export function closePanel() {
  if (panel.hidden) return false;
  panel.hidden = true;
  panel.replaceChildren();
  document.body.classList.remove("with-panel");
  stand([panel.dataset.issue, from]);
  document.dispatchEvent(new CustomEvent("hc:panel"));
  return true;
}

panel.addEventListener("click", (event) => event.target.closest("[data-close-panel]") && closePanel());
// What changed is read anew, unless somebody is writing in it.
for (const name of ["hc:board", "hc:ordered"]) {
  document.body.addEventListener(name, () => {
    if (!panel.hidden && !isEdited()) fill(panel.dataset.issue);
  });
}
