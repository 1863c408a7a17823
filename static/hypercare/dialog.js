// Opens a native <dialog> from [data-open="id"] and closes it from [data-close] or a click beside it; focus returns by itself.
export function open(dialog) {
  dialog.dispatchEvent(new CustomEvent("hc:open", { bubbles: true }));
  dialog.showModal();
}

// A press that began in the dialog and ends beside it, as when text is selected, closes nothing.
let pressed;
addEventListener("pointerdown", (event) => {
  pressed = event.target;
});

addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open]");
  if (opener) open(document.getElementById(opener.dataset.open));
  const dialog = event.target.closest?.("dialog");
  const isBeside = event.target === dialog && pressed === dialog;
  if (dialog && (isBeside || event.target.closest("[data-close]"))) dialog.close();
});
