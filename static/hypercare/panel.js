// Shows one issue beside the board or the list; without scripts its link opens the page.
import { again, stand } from "./standing.js";

const panel = document.getElementById("panel");
let from = "";

export const shownInPanel = () => (panel.hidden ? "" : panel.dataset.issue);

async function fill(key) {
  const answer = await fetch(`${panel.dataset.base}${key}/`, { headers: { "HX-Request": "true" }, cache: "no-store" }).catch(() => undefined);
  if (answer?.redirected) return location.reload();
  const said = answer?.ok ? await answer.text() : "";
  if (panel.dataset.issue !== key) return undefined;
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
  await fill(key);
  panel.querySelector("h2")?.focus({ preventScroll: true });
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
    if (!panel.hidden && !panel.querySelector("[data-editing]")) fill(panel.dataset.issue);
  });
}
