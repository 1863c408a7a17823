// The one dialog in which an order is completed: severity, owner, reason, time. Arrows walk the choices, typing narrows them.
import { open } from "./dialog.js";

const dialog = document.getElementById("chooser");
const sections = () => [...dialog.querySelectorAll("[data-choices]")];
let answer;

const choices = (section) => [...section.querySelectorAll("ul button")].filter((button) => !button.closest("li").hidden);

function narrow(section) {
  const words = section.querySelector("[data-narrow]")?.value.split(",").at(-1).trim().toLowerCase() ?? "";
  for (const item of section.querySelectorAll("ul > li:not([data-found])")) item.hidden = !item.textContent.toLowerCase().includes(words);
}

function finish(value) {
  const resolve = answer;
  answer = undefined;
  if (dialog.open) dialog.close();
  resolve?.(value);
}

function restore(field, value) {
  if (value === undefined || field.matches("button")) return;
  if (field.type === "checkbox") field.checked = value;
  else field.value = value;
}

// Opens one section and answers what was chosen: an order, the fields of a form, true, or undefined when it was left.
// `keeps` are the fields of an answer that was refused, to stand there again. A question that comes while somebody
// answers another waits for its turn; `prepare` is done when it has come.
export async function ask(name, { about = "", lines = [], keeps = {}, prepare } = {}) {
  while (dialog.open) await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  finish(undefined);
  prepare?.();
  const section = dialog.querySelector(`[data-choices="${name}"]`);
  for (const other of sections()) other.hidden = other !== section;
  dialog.querySelector("h2").textContent = section.dataset.title;
  dialog.querySelector("[data-about]").textContent = about;
  section.querySelector("[data-lines]")?.replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })),
  );
  for (const form of section.querySelectorAll("form")) form.reset();
  for (const field of section.querySelectorAll("[data-narrow]")) field.value = "";
  for (const field of section.querySelectorAll("[name]")) restore(field, keeps[field.name]);
  narrow(section);
  open(dialog);
  (section.querySelector("[autofocus]") ?? section.querySelector("input, textarea, select, button") ?? dialog).focus();
  return new Promise((resolve) => {
    answer = resolve;
  });
}

// A form's fields by name; a tick box is true or false, and the button that sent it may say the rest.
function fieldsOf(form, button) {
  const fields = Object.fromEntries(new FormData(form));
  for (const box of form.querySelectorAll("[type=checkbox]")) fields[box.name] = box.checked;
  if (button?.name && button.value) fields[button.name] = button.value;
  return { ...JSON.parse(form.dataset.order ?? "{}"), ...fields };
}

if (dialog) {
  // The event comes late: by then the next question may be open.
  dialog.addEventListener("close", () => dialog.open || finish(undefined));
  dialog.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order]:not(form)");
    if (button) finish(JSON.parse(button.dataset.order));
    if (event.target.closest("[data-yes]")) finish(true);
    const label = event.target.closest("[data-label]:not([data-command])");
    if (label) finish({ action: "label", labels: [label.dataset.label] });
    const command = event.target.closest("[data-command]");
    if (command) finish({ command: command.dataset.command });
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    finish(fieldsOf(event.target, event.submitter));
  });
  dialog.addEventListener("input", (event) => {
    const section = event.target.closest("[data-choices]");
    if (event.target.matches("[data-narrow]")) narrow(section);
    section?.dispatchEvent(new CustomEvent("hc:typed", { detail: event.target.value }));
  });
  dialog.addEventListener("keydown", (event) => {
    const section = event.target.closest("[data-choices]");
    if (!section) return;
    const all = choices(section);
    const here = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.target.matches("select, textarea, [type=datetime-local]") || !all.length) return;
      event.preventDefault();
      all.at((here + (event.key === "ArrowDown" ? 1 : here < 0 ? 0 : -1)) % all.length).focus();
    } else if (event.key === "Enter" && event.target.matches("[data-narrow]:not([name])")) {
      event.preventDefault();
      all[0]?.click();
    }
  });
}
