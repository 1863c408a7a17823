// Shows more cards of a lane in place; without scripts the link opens the list at that status.
import { toast } from "./toast.js";

const MOST_CARDS = 1000;
const frame = document.getElementById("lanes");
const lanes = () => [...frame.querySelectorAll("[data-lane]")];

// How many cards each lane shows, so that reading the lanes anew takes none away.
export const cardsShown = () => lanes().map((lane) => `${lane.dataset.lane}:${lane.children.length}`).join(" ");

const placeOf = (card) => `${card.dataset.order}:${card.dataset.priority}:${card.dataset.issue.slice(3)}`;

async function more(link, lane) {
  const query = new URLSearchParams(frame.dataset.filter);
  query.set("after", placeOf(lane.lastElementChild));
  link.setAttribute("aria-busy", "true");
  const answer = await fetch(`${link.dataset.moreOf}?${query}`, { cache: "no-store" }).catch(() => undefined);
  link.removeAttribute("aria-busy");
  if (answer?.redirected || [401, 403, 404].includes(answer?.status)) return location.reload();
  if (!answer?.ok) return toast(document.getElementById("toasts").dataset.offline, { tone: "error" });
  const pattern = document.createElement("template");
  pattern.innerHTML = await answer.text();
  const fresh = [...pattern.content.querySelectorAll(".card-i")].filter((card) => !document.getElementById(card.id));
  const rest = pattern.content.querySelector(".more");
  lane.append(...fresh);
  const old = link.closest(".more");
  if (rest) old.replaceWith(rest);
  else old.remove();
  lane.toggleAttribute("data-more", Boolean(rest));
  (fresh[0] ?? lane.lastElementChild)?.querySelector("a").focus();
  document.dispatchEvent(new CustomEvent("hc:shown"));
  document.dispatchEvent(new CustomEvent("hc:known"));
  return undefined;
}

frame.addEventListener("click", (event) => {
  const link = event.target.closest("[data-more-of]");
  const lane = link?.closest(".lane").querySelector("[data-lane]");
  if (!lane?.lastElementChild || lane.children.length >= MOST_CARDS || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!link.hasAttribute("aria-busy")) more(link, lane);
});
