// Places an issue in the plot of impact and effort: by pointer, or with Space to lift, arrows to move, Space to drop.
import { onKey as bind } from "./keys.js";
import { send, whyNot } from "./orders.js";
import { toast, undoLast } from "./toast.js";

const plot = document.querySelector("[data-plot]");
const says = document.getElementById("plot-says");
const { edge, width, height, impacts, efforts } = plot ? JSON.parse(plot.dataset.plot) : {};
const IMPACTS = [0.25, 0.5, 1, 2, 3];
const [LEAST, MOST] = efforts ?? [];
const CLEAR = 6; // pixels that a pointer goes before it drags
let lifted;

const held = (value, low, high) => Math.min(Math.max(value, low), high);
const share = (value, [low, high]) => Math.log(held(value, low, high) / low) / Math.log(high / low);
const xOf = (effort) => edge + (width - 2 * edge) * share(effort, efforts);
const yOf = (impact) => height - edge - (height - 2 * edge) * share(impact, impacts);
const rounded = (effort) => held(effort < 2 ? Math.round(effort * 10) / 10 : Math.round(effort * 2) / 2, LEAST, MOST);
const effortAt = (x) => rounded(LEAST * (MOST / LEAST) ** held((x - edge) / (width - 2 * edge), 0, 1));
const impactAt = (y) => IMPACTS.reduce((best, one) => (Math.abs(yOf(one) - y) < Math.abs(yOf(best) - y) ? one : best));
const filled = (name, values) => says.dataset[name].replace(/\{(\w+)\}/g, (_all, word) => values[word]);

function words(name, dot) {
  return filled(name, { key: dot.dataset.issue, impact: dot.dataset.impact, effort: dot.dataset.effort });
}

function put(dot, impact, effort) {
  dot.dataset.impact = impact;
  dot.dataset.effort = effort;
  const circle = dot.querySelector("circle");
  const [x, y] = [xOf(effort), yOf(impact)];
  circle.setAttribute("cx", x);
  circle.setAttribute("cy", y);
  const name = dot.querySelector("text");
  name.setAttribute("x", x);
  name.setAttribute("y", y - Number(circle.getAttribute("r")) - 4);
}

function lift(dot, byKey) {
  lifted = { dot, byKey, impact: Number(dot.dataset.impact), effort: Number(dot.dataset.effort) };
  dot.classList.add("is-lifted");
  says.textContent = words("lifted", dot);
}

function putBack() {
  const { dot, impact, effort } = lifted;
  dot.classList.remove("is-lifted");
  lifted = undefined;
  put(dot, impact, effort);
  says.textContent = words("back", dot);
}

const reason = () => document.getElementById("plot-reason").value.trim() || says.dataset.reason;

// One order for each figure that changed; where the second is refused the first is taken back.
async function order(dot, before) {
  const done = [];
  const wanted = { impact: Number(dot.dataset.impact), effort: Number(dot.dataset.effort) };
  const undo = () => Promise.all(done.map((id) => send(`${id}/undo/`, {})));
  for (const [field, name] of [["rice_impact", "impact"], ["rice_effort", "effort"]]) {
    if (wanted[name] === before[name]) continue;
    const who = { ids: [dot.dataset.issue], version: Number(dot.dataset.version) };
    const answer = await send("", { ...who, action: "set", field, value: wanted[name], reason: reason() });
    if (!answer.ok) {
      await undo();
      return { error: whyNot(answer) };
    }
    dot.dataset.version = answer.said.issue.version;
    done.push(answer.said.id);
  }
  return { undo };
}

async function drop() {
  const { dot, ...before } = lifted;
  dot.classList.remove("is-lifted");
  lifted = undefined;
  if (Number(dot.dataset.impact) === before.impact && Number(dot.dataset.effort) === before.effort) {
    says.textContent = words("back", dot);
    return;
  }
  dot.setAttribute("aria-label", words("placed", dot));
  const answer = await order(dot, before);
  if (answer.error) {
    put(dot, before.impact, before.effort);
    dot.setAttribute("aria-label", words("placed", dot));
    toast(answer.error, { tone: "error" });
    return;
  }
  says.textContent = words("placed", dot);
  const takeBack = async () => {
    const answers = await answer.undo();
    const failed = answers.find((one) => !one.ok);
    if (failed) toast(whyNot(failed), { tone: "error" });
    else location.reload();
  };
  toast(words("placed", dot), { undo: takeBack, about: dot.dataset.issue });
}

function step(direction, dot) {
  const impact = Number(dot.dataset.impact);
  const effort = Number(dot.dataset.effort);
  const at = IMPACTS.indexOf(impactAt(yOf(impact)));
  if (direction === "ArrowUp") put(dot, IMPACTS[Math.min(at + 1, IMPACTS.length - 1)], effort);
  if (direction === "ArrowDown") put(dot, IMPACTS[Math.max(at - 1, 0)], effort);
  const by = (grows) => (effort < 2 || (effort === 2 && !grows) ? 0.1 : effort < 10 ? 0.5 : 1) * (grows ? 1 : -1);
  if (direction === "ArrowRight") put(dot, impact, rounded(effort + by(true)));
  if (direction === "ArrowLeft") put(dot, impact, rounded(effort + by(false)));
  says.textContent = words("over", dot);
}

function onKey(event) {
  const dot = event.target.closest("[data-issue]");
  if (!dot || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === " ") lifted ? drop() : lift(dot, true);
  else if (lifted && event.key === "Enter") drop();
  else if (lifted && event.key === "Escape") putBack();
  else if (lifted && event.key.startsWith("Arrow")) step(event.key, dot);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function placeOf(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.getScreenCTM().inverse());
  return [impactAt(at.y), effortAt(at.x)];
}

function onPointer(event) {
  const dot = event.target.closest("[data-issue]");
  if (!dot || event.button !== 0) return;
  const from = [event.clientX, event.clientY];
  let drags = false;
  const move = (moved) => {
    if (!drags && Math.hypot(moved.clientX - from[0], moved.clientY - from[1]) < CLEAR) return;
    if (!drags) lift(dot, false);
    drags = true;
    put(dot, ...placeOf(moved));
  };
  const end = (ended) => {
    for (const [name, listener] of listeners) removeEventListener(name, listener);
    if (!drags) return;
    // The click that ends a drag opens nothing.
    const stop = (click) => click.preventDefault();
    dot.addEventListener("click", stop);
    setTimeout(() => dot.removeEventListener("click", stop));
    if (ended.type === "pointerup") drop();
    else putBack();
  };
  const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
  for (const [name, listener] of listeners) addEventListener(name, listener);
}

if (plot?.dataset.mayMove !== undefined) {
  bind("z", says.dataset.undo, undoLast);
  plot.addEventListener("keydown", onKey);
  plot.addEventListener("pointerdown", onPointer);
  plot.addEventListener("dragstart", (event) => event.preventDefault());
  plot.addEventListener("focusout", () => lifted?.byKey && putBack());
}
