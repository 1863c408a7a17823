// Opens and closes menus: [data-menu] holds a button and its list. Arrows move, Esc closes and gives focus back.
const parts = (menu) => {
  const button = menu.querySelector("[aria-expanded]");
  const list = document.getElementById(button.getAttribute("aria-controls"));
  const items = [...list.querySelectorAll("[role=menuitem]")].filter((item) => item.offsetParent);
  return { button, list, items };
};
const openMenu = () => document.querySelector("[data-menu] [aria-expanded=true]")?.closest("[data-menu]");

function set(menu, open) {
  const { button, list } = parts(menu);
  button.setAttribute("aria-expanded", open);
  list.hidden = !open;
}

function close({ andFocus = false } = {}) {
  const menu = openMenu();
  if (!menu) return;
  set(menu, false);
  if (andFocus) parts(menu).button.focus();
}

function move(menu, step) {
  const { items } = parts(menu);
  const here = items.indexOf(document.activeElement);
  const next = here < 0 && step < 0 ? items.length - 1 : here + step;
  items.at(next % items.length)?.focus();
}

const steps = { ArrowDown: 1, ArrowUp: -1 };

addEventListener("click", (event) => {
  const menu = event.target.closest("[data-menu]");
  const onButton = menu && event.target.closest("[aria-expanded]");
  const wasOpen = menu && menu === openMenu();
  if (!menu || onButton) close();
  if (menu && event.target.closest("[role=menuitem]")) close({ andFocus: true });
  if (onButton && !wasOpen) set(menu, true);
});

addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-menu]");
  if (event.key === "Escape" && openMenu()) {
    close({ andFocus: true });
  } else if (menu && event.key in steps && !event.target.matches("input")) {
    event.preventDefault();
    if (menu !== openMenu()) {
      close();
      set(menu, true);
    }
    move(menu, steps[event.key]);
  }
});

addEventListener("focusin", (event) => {
  const menu = openMenu();
  if (menu && !menu.contains(event.target)) close();
});
