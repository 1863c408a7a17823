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

function showIn(place, control) {
  const button = place.querySelector("[data-edit]");
  button.textContent = control.matches("select") ? control.selectedOptions[0].textContent : control.value;
  button.dataset.value = control.value;
}

async function save(place, control) {
  const { edit: field, issue, version, value } = place.querySelector("[data-edit]").dataset;
  if (control.value === value) return leave(place);
  control.ariaBusy = "true";
  const answer = await send("", { action: "set", field, value: control.value, ids: [issue], version: Number(version) });
  control.ariaBusy = "false";
  if (answer.ok) {
    showIn(place, control);
    leave(place);
    document.body.dispatchEvent(new CustomEvent("hc:ordered", { detail: answer.said }));
    say(answer.said);
    for (const other of document.querySelectorAll(`[data-edit][data-issue="${issue}"]`)) other.dataset.version = answer.said.issue.version;
    return undefined;
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
    // While it is being saved it keeps the focus and takes no more; a field that is disabled would lose it.
    if (control.ariaBusy === "true") {
      event.stopPropagation();
      event.preventDefault();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      leave(place);
    } else if (event.key === "Enter") {
      event.preventDefault();
      save(place, control);
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
