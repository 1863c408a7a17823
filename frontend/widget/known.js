// Shows under the text, while someone writes, what the launch says is known already; silent when the server is not reached.
import { h } from "./elements.js";

const PAUSE_MS = 600;
const FEWEST = 8;
const MOST = 500; // more the server does not look at

async function ask(endpoint, text, signal) {
  const options = { method: "POST", credentials: "omit", mode: "cors", signal, body: JSON.stringify({ text: text.slice(0, MOST) }), headers: { "Content-Type": "application/json" } };
  const answer = await fetch(endpoint, options).catch(() => null);
  if (!answer?.ok) return [];
  return (await answer.json().catch(() => ({}))).results ?? [];
}

export function knownList({ t, settings }) {
  const box = h("div", { class: "known", role: "status" });
  let timer;
  let asking;
  async function show(text) {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const found = text.trim().length < FEWEST ? [] : await ask(settings.known, text, signal);
    if (signal.aborted) return;
    const lines = found.map((one) => h("li", {}, h("b", {}, one.title), one.workaround && h("span", {}, ` ${one.workaround}`)));
    box.replaceChildren(...(lines.length ? [h("p", { class: "why" }, t.known), h("ul", {}, ...lines)] : []));
  }
  return {
    box,
    look(text, pause = PAUSE_MS) {
      clearTimeout(timer);
      timer = setTimeout(() => show(text), pause);
    },
  };
}
