// Gives orders for one or many issues, follows those a worker does, and takes them back. Whoever shows issues hears "hc:ordered".
import { ask } from "./chooser.js";
import { toast } from "./toast.js";

const FOLLOW_MS = 500;
const TOLD = 3;
const root = document.querySelector("[data-orders]");
const words = root?.dataset ?? {};
const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const address = (rest = "") => `/api/v1/launches/${words.orders}/changes/${rest}`;

export async function send(path, body) {
  const answer = await fetch(address(path), {
    method: body === undefined ? "GET" : "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => undefined);
  const said = await answer?.json().catch(() => undefined);
  return { ok: Boolean(answer?.ok), said: said ?? {} };
}

export function whyNot({ said }) {
  const { refused, offline } = document.getElementById("toasts").dataset;
  return said.detail ?? (said.status ? refused : offline);
}

const tellOthers = (change) => document.body.dispatchEvent(new CustomEvent("hc:ordered", { detail: change }));
const few = (rows) => rows.slice(0, TOLD).map((row) => row.detail).join(" ");

// Asks again while nobody answers; undefined where the answer is that this person is not to know any more.
async function followed(change) {
  let now = change;
  let box;
  let answer;
  const isRefused = () => answer?.said.status < 500;
  while (!isRefused() && (now.state === "running" || now.state === "undoing")) {
    const done = now.state === "running" ? now.changed + now.failed : now.taken_back;
    box ??= toast("", { lasts: true });
    box.querySelector("span").textContent = `${words.working} ${done} / ${now.total}`;
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    answer = await send(`${now.id}/`);
    if (answer.ok) now = answer.said;
  }
  box?.remove();
  if (!isRefused()) return now;
  toast(whyNot(answer), { tone: "error" });
  return undefined;
}

export async function undo(id, { onDone } = {}) {
  const answer = await send(`${id}/undo/`, {});
  if (!answer.ok) {
    toast(whyNot(answer), { tone: "error" });
    return undefined;
  }
  const change = await followed(answer.said);
  if (!change) return undefined;
  const kept = change.not_taken_back ?? [];
  if (kept.length) toast(few(kept), { tone: "error" });
  if (!onDone || change.total > 1) toast(change.sentence);
  onDone?.(change);
  tellOthers(change);
  return change;
}

// Undoes the newest order of the last half hour that can still be undone.
export async function undoNewest() {
  const { ok, said } = await send("");
  if (!ok) return toast(whyNot({ said }), { tone: "error" });
  const newest = said.results.find((change) => change.can_undo);
  return newest && undo(newest.id);
}

export function say(change, onUndone) {
  const told = (how) => onUndone && { onDone: (done) => onUndone(done, how) };
  const offer = change.can_undo ? (how) => undo(change.id, told(how)) : undefined;
  const tone = change.failed ? "error" : "";
  toast([change.sentence, few(change.failures)].filter(Boolean).join(". "), { undo: offer, tone, about: change.issue?.id ?? "" });
}

// Gives the order as it is; asks for the reason where a column is at its limit. Answers the change, or undefined.
export async function give(chosen, order, { onUndone } = {}) {
  const answer = await send("", { ...chosen, ...order });
  if (answer.ok) {
    const change = await followed(answer.said);
    if (change) say(change, onUndone);
    tellOthers(change ?? { issue: null });
    return change;
  }
  if (answer.said.limit && !order.reason) {
    const given = await ask("limit", { about: answer.said.detail });
    if (given?.reason) return give(chosen, { ...order, reason: given.reason }, { onUndone });
    return undefined;
  }
  toast(whyNot(answer), { tone: "error", about: chosen.ids?.length === 1 ? chosen.ids[0] : "" });
  tellOthers({ issue: null });
  return undefined;
}

const stays = (told) => told.will_stay.map((one) => `${one.count} ${one.why}`).join(", ");

// Shows what an order for many would do, and gives it when the person says so.
export async function giveMany(chosen, order) {
  const { ok, said } = await send("", { ...chosen, ...order, preview: true });
  if (!ok) {
    toast(whyNot({ said }), { tone: "error" });
    return undefined;
  }
  const lines = [`${said.words}. ${words.change} ${said.will_change} / ${said.matching}`];
  if (said.will_stay.length) lines.push(`${words.stay} ${stays(said)}`);
  if (said.rooms) lines.push(said.rooms);
  if (said.mails) lines.push(`${words.mails} ${said.mails}`);
  if (said.receipts) lines.push(`${words.receipts} ${said.receipts}`);
  if (said.unreached?.length) lines.push(`${words.unreached} ${said.unreached.join(", ")}`);
  if (!said.can_undo) lines.push(words.forGood);
  return (await ask("confirm", { lines })) ? give(chosen, order) : undefined;
}
