// Shows a page anew, but not under the hands of somebody who writes.
const AGAIN_MS = 1000;
let waiting;

// What stands in a form and was not sent yet; what seeks or filters can be typed again.
const isWritten = () =>
  [...document.querySelectorAll("main form[method=post] :is(textarea, input:not([type=hidden], [type=checkbox], [type=radio]))")].some(
    (field) => field.value !== field.defaultValue,
  );

export const isWriting = () =>
  document.activeElement?.matches("input, textarea, select") || document.querySelector("dialog[open]") !== null || isWritten();

export function showAnew() {
  clearTimeout(waiting);
  if (isWriting()) waiting = setTimeout(showAnew, AGAIN_MS);
  else location.reload();
}
