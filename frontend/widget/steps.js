// Draws what stands in the dialog: three steps, the receipt, and what to do when the server cannot be reached.
import { collect } from "./context.js";
import { h, icon, paths } from "./elements.js";
import { knownList } from "./known.js";
import { KINDS, QUESTIONS } from "./report.js";

const KIND_KEYS = Object.fromEntries(KINDS.map((kind, index) => [kind, String(index + 1)]));
const PREVIEW_WIDTH = 960;

const go = (words, act, rest = {}) => h("button", { type: "button", class: "btn go", onclick: act, ...rest }, words);
const plain = (words, act) => h("button", { type: "button", class: "btn", onclick: act }, words);
const sendButton = ({ t, send, sending }) =>
  go(sending ? t.sending : t.send, send, { "aria-keyshortcuts": "Control+Enter", id: "send" });

const errorLine = (name) => h("p", { class: "error", id: `${name}-error`, role: "alert" });

export function pickKind(widget) {
  const { t, draft, choose } = widget;
  const buttons = KINDS.map((kind) =>
    h(
      "button",
      { type: "button", class: "kind", "aria-pressed": String(draft.kind === kind), "aria-keyshortcuts": KIND_KEYS[kind], onclick: () => choose(kind) },
      icon(paths[kind]),
      h("span", {}, t.kinds[kind]),
      h("kbd", { "aria-hidden": "true" }, KIND_KEYS[kind]),
    ),
  );
  const chosen = buttons[Math.max(KINDS.indexOf(draft.kind), 0)];
  return { title: t.tell, step: 1, body: [h("div", { class: "kinds", role: "group", "aria-label": t.pick }, ...buttons)], focus: chosen };
}

const area = (value, rows, rest) => h("textarea", { rows, value, ...rest });

function field(name, words, control, help) {
  return h("div", { class: "field" }, h("label", { for: name }, words), control, help, errorLine(name));
}

function questions({ t, draft }) {
  const fields = QUESTIONS.map((name) => {
    const control = area(draft.answers[name] ?? "", 2, { id: name, oninput: (event) => (draft.answers[name] = event.target.value) });
    return h("div", { class: "field" }, h("label", { for: name }, t.questions[name]), control);
  });
  const open = QUESTIONS.some((name) => draft.answers[name]);
  return h("details", { open }, h("summary", {}, t.more), ...fields);
}

export function write(widget) {
  const { t, draft, person, goTo } = widget;
  const known = knownList(widget);
  const text = area(draft.text, 4, {
    id: "text", required: true, maxLength: 60000, "aria-describedby": "text-error",
    oninput: (event) => known.look((draft.text = event.target.value)),
  });
  known.look(draft.text, 0); // who comes back to this step finds again what was known
  const email = h("input", {
    id: "email", type: "email", autocomplete: "email", value: draft.email, "aria-describedby": "email-why email-error",
    oninput: (event) => (draft.email = event.target.value),
  });
  const why = h("p", { class: "why", id: "email-why" }, t.why_email);
  const see = h("button", { type: "button", class: "link", onclick: () => goTo(3) }, t.see);
  return {
    title: t.kinds[draft.kind],
    step: 2,
    body: [
      field("text", t.what, text),
      known.box,
      questions(widget),
      person.email ? false : field("email", t.email, email, why),
      h("div", { class: "along" }, h("p", { class: "why" }, t.goes_along), see),
    ],
    foot: [plain(t.back, () => goTo(1)), sendButton(widget)],
    focus: text,
  };
}

async function paint(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, PREVIEW_WIDTH / picture.width);
  const canvas = h("canvas", { class: "shot", width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", file.name);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function picture(widget) {
  const { t, draft, attach, detach } = widget;
  const box = h("div", { class: "picture" });
  if (draft.file) {
    const note = h("p", { class: "note" }, `${t.this_picture} `, h("button", { type: "button", class: "link", onclick: detach }, t.remove));
    box.append(note);
    paint(draft.file).then((canvas) => box.prepend(canvas), () => {
      detach();
      widget.refuse("file", t.not_picture);
    });
  } else {
    const input = h("input", { id: "file", type: "file", accept: "image/*", class: "sr", onchange: (event) => attach(event.target.files[0]) });
    box.append(
      h("p", { class: "label" }, t.picture),
      h("label", { class: "btn choose", for: "file" }, input, t.choose), h("span", { class: "why" }, ` ${t.paste}`), errorLine("file"),
    );
  }
  return box;
}

function valueOf(t, name, value) {
  if (name === "errors") return t.count_errors(value.length);
  if (name !== "requests") return value;
  const last = value.at(-1);
  return t.count_requests(value.length, `${last.method} ${last.path} ${last.status || "–"}, ${last.ms} ms`);
}

const lineOf = (entry) => entry.text ?? `${entry.method} ${entry.path} ${entry.status || "–"} ${entry.ms} ms`;

function line({ t, draft }, name, value) {
  const box = h("input", {
    type: "checkbox", role: "switch", checked: !draft.off.has(name),
    onchange: (event) => (event.target.checked ? draft.off.delete(name) : draft.off.add(name)),
  });
  const row = h("label", { class: "line" }, h("b", {}, t.lines[name]), h("span", {}, valueOf(t, name, value)), box);
  if (typeof value === "string") return row;
  const all = h("pre", { tabIndex: 0 }, value.map(lineOf).join("\n"));
  return h("div", {}, row, h("details", { class: "all" }, h("summary", {}, t.look), all));
}

export function show(widget) {
  const { t, draft, settings, goTo } = widget;
  const lines = Object.entries(collect(settings)).map(([name, value]) => line(widget, name, value));
  const box = picture(widget);
  return {
    title: t.kinds[draft.kind],
    step: 3,
    body: [box, h("fieldset", { class: "sent" }, h("legend", {}, t.sent_with), ...lines)],
    foot: [plain(t.back, () => goTo(2)), sendButton(widget)],
    focus: box.querySelector("input, button"),
  };
}

// Only an address a browser may safely follow becomes a link.
function followLink(t, address, endpoint) {
  const url = new URL(address ?? "", endpoint);
  if (!address || !/^https?:$/.test(url.protocol)) return false;
  return h("a", { class: "link", href: url.href, target: "_blank", rel: "noopener" }, t.follow);
}

export function receipt({ t, close, startOver, outgoing }, { id, status_url }) {
  const done = go(t.done, close);
  return {
    title: t.thanks,
    body: [h("p", { class: "receipt", role: "status" }, `${t.number} `, h("b", {}, id)), followLink(t, status_url, outgoing.endpoint)],
    foot: [plain(t.another, startOver), done],
    focus: done,
  };
}

// Pages on http have no clipboard, and a browser may refuse one; then the text is selected for the person to copy.
async function copyFrom(box) {
  try {
    await navigator.clipboard.writeText(box.value);
    return true;
  } catch {
    box.focus();
    box.select();
    return false;
  }
}

export function unreachable({ t, send, close }, words, kept) {
  const text = area(words, 4, { readOnly: true, "aria-label": t.what });
  const copy = plain(t.copy, async () => (copy.textContent = (await copyFrom(text)) ? t.copied : t.selected));
  return {
    title: t.offline,
    body: [h("p", { role: "status" }, kept ? t.kept : t.not_kept), text],
    foot: [copy, kept ? go(t.done, close) : go(t.again, send)],
    focus: copy,
  };
}
