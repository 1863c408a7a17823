// Copies the text beside a [data-copy] button and says so on the button; where the browser forbids it, selects the text.
addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = button.parentElement.querySelector("code");
  if (!navigator.clipboard) {
    getSelection().selectAllChildren(source);
    return;
  }
  await navigator.clipboard.writeText(button.dataset.copy || source.textContent);
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = before), 2000);
});
