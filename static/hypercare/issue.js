// The page of one issue: the keys and dialogs of the board speak of it, and what an order changed is read anew.
import { begin } from "./picking.js";
import { again } from "./standing.js";
import "./inline-edit.js";

const here = () => document.querySelector(".ihead");
const isWriting = (part) =>
  part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select") ||
  [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);

// A part in which somebody writes stays; its forms learn the new version. An issue that was merged away is gone from here.
let asked = 0;
let shown = 0;
async function renew() {
  asked += 1;
  const mine = asked;
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => undefined);
  if (answer?.redirected || [401, 403, 404].includes(answer?.status)) return location.reload();
  if (!answer?.ok) return undefined;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine < shown) return undefined;
  shown = mine;
  const { version } = fresh.querySelector(".ihead").dataset;
  for (const part of [".ihead", ".cols > :first-child", ".cols > :last-child"]) {
    const old = document.querySelector(part);
    if (isWriting(old) || old.querySelector("[data-editing]")) continue;
    const held = old.contains(document.activeElement) ? document.activeElement : undefined;
    old.replaceChildren(...fresh.querySelector(part).childNodes);
    if (held) (again(old, held) ?? document.getElementById("main")).focus({ preventScroll: true });
    window.htmx?.process(old);
  }
  Object.assign(here().dataset, fresh.querySelector(".ihead").dataset);
  for (const field of document.querySelectorAll("form input[name=version]")) field.value = version;
  return undefined;
}

document.body.addEventListener("hc:ordered", renew);
begin({ single: true, items: () => [here()], present: here, matching: () => 1, filter: () => "" });
