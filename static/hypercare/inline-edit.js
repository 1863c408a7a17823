// Changes a field where it stands: click it or press F2. Enter saves, Escape leaves; a conflict says who changed what and keeps the value.
import { say, send, whyNot } from "./orders.js";
import { toast } from "./toast.js";

const controlOf = (field) => document.getElementById(`edit-${field}`).content.firstElementChild.cloneNode(true);

function leave(place) {
  const control = place.querySelector("[data-editing]");
  const isHere = document.activeElement === control || document.activeElement === document.body;
  control?.remove();
  const button = place.querySelector("[data-edit]");
  button.hidden = false;
  if (isHere) button.focus();
}

function showIn(place, control, value) {
  const button = place.querySelector("[data-edit]");
  const option = [...(control.options ?? [])].find((one) => one.value === value);
  button.textContent = option?.textContent ?? value;
  button.dataset.value = value;
}

// While it is being saved it keeps the focus, which a disabled field would lose; a text takes no more.
function rest(control, isBusy) {
  control.ariaBusy = String(isBusy);
  control.readOnly = isBusy;
}

async function save(place, control) {
  const { edit: field, issue, version, value } = place.querySelector("[data-edit]").dataset;
  const wanted = control.value;
  if (wanted === value) return leave(place);
  rest(control, true);
  const answer = await send("", { action: "set", field, value: wanted, ids: [issue], version: Number(version) });
  rest(control, false);
  if (answer.ok) {
    showIn(place, control, wanted);
    if (control.value === wanted) leave(place);
    document.body.dispatchEvent(new CustomEvent("hc:ordered", { detail: answer.said }));
    say(answer.said);
    for (const other of document.querySelectorAll(`[data-edit][data-issue="${issue}"]`)) other.dataset.version = answer.said.issue.version;
    // Another choice made meanwhile is saved too.
    return control.value === wanted ? undefined : save(place, control);
  }
  // What they typed stays; saving once more is their decision, now that they know.
  if (answer.said.version) place.querySelector("[data-edit]").dataset.version = answer.said.version;
  toast(whyNot(answer), { tone: "error", about: issue });
  return undefined;
}

function begin(button) {
  const place = button.parentElement;
  const control = controlOf(button.dataset.edit);
  control.dataset.editing = "";
  control.value = button.dataset.value;
  control.setAttribute("aria-label", button.getAttribute("aria-label") ?? button.title);
  button.hidden = true;
  place.append(control);
  control.focus();
  control.select?.();
  control.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      leave(place);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (control.ariaBusy !== "true") save(place, control);
    }
  });
  if (control.matches("select")) control.addEventListener("change", () => control.ariaBusy === "true" || save(place, control));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-edit]");
  if (button) begin(button);
});
document.addEventListener("keydown", (event) => {
  const button = event.key === "F2" && (event.target.closest?.("[data-edit]") ?? document.querySelector("[data-edit=title]"));
  if (!button || button.hidden) return;
  event.preventDefault();
  begin(button);
});
