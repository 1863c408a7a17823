// Shows who has the board open and which issue each looks at, and says where this person looks. Without the socket nothing is missing.
import { shownInPanel } from "./panel.js";

const place = document.getElementById("lookers");
let people = [];
let told;
let say = () => {};

const avatar = (person) => {
  const dot = Object.assign(document.createElement("span"), { className: "hc-av looker", textContent: person.initials, title: `${person.name}, ${place.dataset.looks}` });
  dot.setAttribute("role", "img");
  dot.setAttribute("aria-label", dot.title);
  return dot;
};

function paint() {
  for (const old of document.querySelectorAll(".looker")) old.remove();
  const others = people.filter((person) => person.id !== place.dataset.me);
  for (const person of others) document.getElementById(person.at)?.querySelector(".top")?.append(avatar(person));
  const names = new Map(others.map((person) => [person.id, person]));
  place.hidden = names.size === 0;
  place.textContent = names.size === 1 ? place.dataset.one : `${names.size} ${place.dataset.here}`;
  place.title = [...names.values()].map((person) => person.name).join(", ");
}

const at = () => shownInPanel() || document.activeElement?.closest?.(".card-i")?.id || "";

function tell({ again = false } = {}) {
  if (at() === told && !again) return;
  told = at();
  say({ type: "looking", at: told });
}

export function take(frame) {
  people = frame.people;
  paint();
}

// `send` puts a frame on the socket, where there is one.
export function begin(send) {
  say = send;
  tell({ again: true });
}

document.addEventListener("hc:shown", paint);
document.addEventListener("hc:panel", () => tell());
document.addEventListener("focusin", () => tell());
