// Makes a form that people write into quicker: Ctrl+Enter sends, 1 to 5 choose the kind.
const form = document.querySelector("form[data-portal]");
const typing = (target) => target.closest("input:not([type=radio]), textarea, select");

function chooseKind(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const kind = form.querySelector(`[name=kind][aria-keyshortcuts="${CSS.escape(event.key)}"]`);
  if (!kind) return;
  kind.checked = true;
  kind.focus();
}

addEventListener("keydown", (event) => {
  if (!form) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  else chooseKind(event);
});

form?.querySelector("[aria-invalid=true]")?.focus();
