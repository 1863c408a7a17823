// Lists what the person ordered in the last half hour, what did not follow and why, each with its way back.
import { ask } from "./chooser.js";
import { send, undo, whyNot } from "./orders.js";
import { toast } from "./toast.js";

const section = document.querySelector('[data-choices="history"]');

function line(change) {
  const item = document.createElement("li");
  const words = Object.assign(document.createElement("p"), { textContent: change.sentence });
  item.append(words);
  for (const one of [...change.failures, ...change.not_taken_back]) {
    item.append(Object.assign(document.createElement("p"), { className: "s12 ink2 mb-0", textContent: one.detail }));
  }
  if (change.can_undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm", textContent: section.dataset.undo });
    button.addEventListener("click", () => {
      document.getElementById("chooser").close();
      undo(change.id);
    });
    item.append(button);
  }
  return item;
}

export async function showHistory() {
  const { ok, said } = await send("");
  if (!ok) return toast(whyNot({ said }), { tone: "error" });
  const list = section.querySelector("ul");
  const found = said.results ?? [];
  list.replaceChildren(...found.map(line));
  section.querySelector("[data-none]").hidden = found.length > 0;
  return ask("history");
}
