// Keeps the place of whoever stands on an issue, or on something of it, while that is drawn anew or goes away.
const NAMES = ["id", "data-edit", "data-do", "href"];
let last = "";

const items = () => [...document.querySelectorAll("[data-issue]:not(#panel, #panel *)")];

// The keys of the issues where they may stand next: here, on the next ones, then on those before.
export function placesFrom(item) {
  const keys = [...item.parentElement.children].map((one) => one.id);
  const here = keys.indexOf(item.id);
  return [...keys.slice(here), ...keys.slice(0, here).reverse()];
}

export function stand(keys) {
  const item = keys.map((key) => document.getElementById(key)).find((one) => one?.matches("[data-issue]")) ?? items()[0];
  (item?.querySelector("a") ?? document.getElementById("main"))?.focus({ preventScroll: true });
}

export const standAgain = () => stand([last]);

// The same thing in a part that was read anew: by its id, the field it changes, the order it gives, or where it leads.
export function again(part, held) {
  const name = NAMES.find((one) => held.getAttribute(one));
  return name ? part.querySelector(`[${name}="${CSS.escape(held.getAttribute(name))}"]`) : null;
}

document.addEventListener("focusin", (event) => {
  last = event.target.closest("[data-issue]")?.id || last;
});
// A dialog gives the focus back to what had it. Where that was drawn anew meanwhile, the focus is still in the closed dialog.
document.addEventListener("close", ({ target }) => {
  const isLost = document.activeElement === document.body || target.contains(document.activeElement);
  if (last && isLost && !target.open) standAgain();
}, true);
