// Shows a page anew, but not under the hands of somebody who writes.
const AGAIN_MS = 1000;
let waiting;

export const isWriting = () => document.activeElement?.matches("input, textarea, select") || document.querySelector("dialog[open]") !== null;

export function showAnew() {
  clearTimeout(waiting);
  if (isWriting()) waiting = setTimeout(showAnew, AGAIN_MS);
  else location.reload();
}
