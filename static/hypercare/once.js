// Sends a form once, however often Enter is pressed while its answer is on the way. What htmx or a script sends is its own matter.
const LONGEST_MS = 10000;
const LONGEST_WITH_FILES_MS = 120000;

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
  // Where no answer comes, as after the browser's Stop, it can be sent again.
  const longest = form.enctype === "multipart/form-data" ? LONGEST_WITH_FILES_MS : LONGEST_MS;
  setTimeout(() => delete form.dataset.sent, longest);
});

// Back from the answer, the page may come out of the browser's cache as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
