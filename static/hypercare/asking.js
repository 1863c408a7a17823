// Orders that need more than a choice: a reply says first whom it reaches, an issue is opened by hand, a room is gone into.
import { ask } from "./chooser.js";
import { whyNot } from "./orders.js";
import { openPanel } from "./panel.js";
import { toast } from "./toast.js";

const words = document.querySelector("[data-orders]").dataset;
const section = (name) => document.querySelector(`[data-choices="${name}"]`);

async function post(path, body) {
  const headers = { "Content-Type": "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => undefined);
  const said = await answer?.json().catch(() => undefined);
  return { ok: Boolean(answer?.ok), said: said ?? {} };
}

// What the dialog says of whom it reaches, and the choice of one of them; undefined where it reaches nobody.
async function readersOf({ many, key }) {
  if (many) return { lines: [], people: [] };
  const answer = await fetch(`/api/v1/issues/${key}/reporters/`).catch(() => undefined);
  const said = await answer?.json().catch(() => undefined);
  if (!answer?.ok) {
    toast(whyNot({ said: said ?? {} }), { tone: "error" });
    return undefined;
  }
  if (!said.count) {
    toast([words.nobody, said.unreached.join(", ")].filter(Boolean).join(" "), { tone: "error" });
    return undefined;
  }
  const unreached = said.unreached.length ? [`${words.unreached} ${said.unreached.join(", ")}`] : [];
  return { lines: [`${words.reaches} ${said.reached}`, ...unreached], people: said.results };
}

let isPrepared = false;

// `send` gives the order; where it is refused, what was typed stands in the dialog again.
export async function reply(whom, about, send) {
  if (isPrepared) return;
  isPrepared = true;
  const readers = await readersOf(whom).finally(() => {
    isPrepared = false;
  });
  if (!readers) return;
  const { lines, people } = readers;
  const options = () => [new Option(words.all, ""), ...people.map((one) => new Option(`${one.name}, ${one.report}`, one.report))];
  const prepare = () => section("reply").querySelector("select").replaceChildren(...options());
  let said = await ask("reply", { about, lines, prepare });
  while (said && !(await send(said, whom)) && !whom.many) said = await ask("reply", { about, lines, prepare, keeps: said });
}

export async function create() {
  let said = await ask("create");
  while (said) {
    const answer = await post("/api/v1/issues/", { launch: words.orders, ...said });
    if (answer.ok) {
      toast(`${answer.said.id} ${words.opened}`);
      document.body.dispatchEvent(new CustomEvent("hc:ordered", { detail: { issue: answer.said } }));
      openPanel(answer.said.id);
      return;
    }
    toast(whyNot(answer), { tone: "error" });
    said = await ask("create", { keeps: said });
  }
}

export async function escalate({ many, key }) {
  if (many) {
    toast(words.oneOnly, { tone: "error" });
    return;
  }
  const said = await ask("escalate", { about: key });
  if (!said) return;
  const answer = await post("/api/v1/rooms/", { issue: key, reason: said.reason });
  if (answer.ok) location.assign(`/launches/${words.orders}/rooms/${answer.said.id}/`);
  else toast(whyNot(answer), { tone: "error" });
}
