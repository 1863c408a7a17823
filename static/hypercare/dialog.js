// Opens a native <dialog> from [data-open="id"] and closes it from [data-close] or a click beside it; focus returns by itself.
export function open(dialog) {
  dialog.dispatchEvent(new CustomEvent("hc:open", { bubbles: true }));
  dialog.showModal();
}

addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open]");
  if (opener) open(document.getElementById(opener.dataset.open));
  const dialog = event.target.closest?.("dialog");
  if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) dialog.close();
});
