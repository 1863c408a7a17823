// Copies the text beside a [data-copy] button and says so on the button; where the browser forbids it, selects the text.
addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = button.parentElement.querySelector("code");
  const isCopied = await navigator.clipboard?.writeText(button.dataset.copy || source.textContent).then(() => true, () => false);
  if (!isCopied) {
    getSelection().selectAllChildren(source);
    return;
  }
  const label = button.querySelector("span");
  label.dataset.before ??= label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = label.dataset.before), 2000);
});
