// Keeps the button, the dialog and the draft together: opening, moving between steps, sending, and what comes back.
import { h, icon, paths } from "./elements.js";
import { Refused } from "./outgoing.js";
import { Draft, KINDS } from "./report.js";
import sheet from "./sheet.css";
import * as steps from "./steps.js";

const MAX_PICTURE = 5 * 1024 * 1024;
const NEWS_MS = 10_000;
const VIEWS = { 1: steps.pickKind, 2: steps.write, 3: steps.show };
const WRITING = new Set([2, 3]);
const SENDABLE = new Set([...WRITING, "unsent"]);

export class Widget {
  person = {};
  step = 1;

  constructor({ texts, settings, outgoing }) {
    Object.assign(this, { t: texts, settings, outgoing });
    this.draft = new Draft();
    this.host = h("hypercare-widget", { lang: texts.language });
    this.root = this.host.attachShadow({ mode: "open" });
    const rules = new CSSStyleSheet();
    rules.replaceSync(sheet);
    this.root.adoptedStyleSheets = [rules];
    this.#build();
    this.#listen();
  }

  #build() {
    const { t } = this;
    this.button = h("button", { type: "button", class: "open", "aria-haspopup": "dialog", onclick: this.open }, icon(paths.speech), h("span", {}, t.button));
    if (this.settings.shortcut) this.button.setAttribute("aria-keyshortcuts", "Alt+Shift+F");
    this.title = h("h2", { id: "title", tabIndex: -1 });
    this.count = h("p", { class: "count" });
    const cross = h("button", { type: "button", class: "cross", "aria-label": t.close, onclick: this.close }, icon(paths.cross));
    this.body = h("div", { class: "body" });
    this.foot = h("div", { class: "foot" });
    this.newsInside = h("div", { class: "told", role: "status" });
    this.dialog = h("dialog", { "aria-labelledby": "title" }, h("header", {}, this.title, this.count, cross), this.newsInside, this.body, this.foot);
    this.news = h("div", { class: "news", role: "status" });
    this.root.append(this.button, this.dialog, this.news);
  }

  #listen() {
    this.dialog.addEventListener("close", () => this.returnTo?.focus());
    this.#closeBeside();
    this.dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.dialog.addEventListener("paste", (event) => this.#onPaste(event));
    this.outgoing.addEventListener("sent", (event) => this.#onSentLater(event.detail));
    this.outgoing.addEventListener("refused", (event) => this.#onRefusedLater(event.detail));
    if (!this.settings.shortcut) return;
    addEventListener("keydown", (event) => {
      if (event.defaultPrevented || !event.altKey || !event.shiftKey || event.code !== "KeyF") return;
      event.preventDefault();
      this.open();
    });
  }

  // A click is also what a drag ends with: text selected beyond the dialog's edge must not close it.
  #closeBeside() {
    const ends = {};
    for (const name of ["mousedown", "mouseup"]) this.dialog.addEventListener(name, (event) => (ends[name] = event.target));
    this.dialog.addEventListener("click", (event) => {
      const beside = [event.target, ends.mousedown, ends.mouseup].every((target) => target === this.dialog);
      if (beside) this.close();
    });
  }

  #onKey(event) {
    event.stopPropagation(); // the page's own shortcuts rest while someone writes here
    if (this.sending) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.step !== 1) this.#sendByKey();
    else if (this.step === 1 && KINDS[Number(event.key) - 1]) this.choose(KINDS[Number(event.key) - 1]);
    else return;
    event.preventDefault();
  }

  // On a receipt a second press is a slip, and neither sends nor closes.
  #sendByKey() {
    if (SENDABLE.has(this.step)) this.send();
  }

  #onPaste(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (!file || this.sending || !WRITING.has(this.step)) return;
    event.preventDefault();
    this.attach(file);
  }

  #draw(view) {
    this.title.textContent = view.title;
    this.count.textContent = view.step ? this.t.step(view.step) : "";
    this.body.replaceChildren(...view.body.filter(Boolean));
    this.foot.replaceChildren(...(view.foot ?? []).filter(Boolean));
    this.foot.hidden = !view.foot;
    (view.focus ?? this.title).focus();
  }

  open = () => {
    if (this.dialog.open) return;
    this.returnTo = this.root.activeElement ?? document.activeElement;
    this.dialog.showModal();
    const show = this.unseen ?? (() => this.goTo(this.step in VIEWS ? this.step : this.#beginning()));
    this.unseen = undefined;
    show();
  };
  close = () => this.dialog.close();
  hide = () => (this.host.hidden = true);
  show = () => (this.host.hidden = false);

  #beginning() {
    return this.draft.kind ? 2 : 1;
  }

  identify({ email = "", name = "" } = {}) {
    this.person = { email, name };
    Object.assign(this.draft, this.person);
  }

  goTo = (step) => {
    this.step = step;
    this.#draw(VIEWS[step](this));
  };

  choose = (kind) => {
    this.draft.kind = kind;
    this.goTo(2);
  };

  startOver = () => {
    this.draft = new Draft(this.person);
    this.goTo(1);
  };

  attach = (file) => {
    if (file && file.size > MAX_PICTURE) {
      this.refuse("file", this.t.big_picture);
      return;
    }
    this.draft.file = file;
    this.goTo(3);
  };

  detach = () => {
    this.draft.file = undefined;
    this.goTo(3);
  };

  // Says what is wrong beside the field it is about, and goes to that field.
  refuse = (name, words) => {
    if (name === "file" ? this.step !== 3 : this.step !== 2) this.goTo(name === "file" ? 3 : 2);
    const control = this.root.getElementById(name);
    control?.setAttribute("aria-invalid", "true");
    control?.focus();
    const place = this.root.getElementById(`${name}-error`) ?? this.root.getElementById("text-error");
    place.textContent = words;
  };

  #isReady() {
    if (!this.draft.text.trim()) this.refuse("text", this.t.need_text);
    else if (this.draft.email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(this.draft.email)) this.refuse("email", this.t.bad_email);
    else return true;
    return false;
  }

  send = async () => {
    if (this.sending || !this.#isReady()) return;
    const fields = this.draft.fields(this.t, this.settings);
    this.#busy(true);
    const act = await this.#answerTo(fields).finally(() => this.#busy(false));
    act();
  };

  // Gives what is to be done once the form is at rest again.
  async #answerTo(fields) {
    try {
      const receipt = await this.outgoing.send(fields);
      return () => this.#finish(receipt);
    } catch (error) {
      if (error instanceof Refused) return () => this.#onRefused(error);
      const kept = await this.outgoing.keep(fields);
      return () => this.#onUnreachable(kept);
    }
  }

  // What is on its way cannot be written on: the answer takes the place of the form.
  #busy(on) {
    this.sending = on;
    const button = this.root.getElementById("send");
    if (button) button.textContent = on ? this.t.sending : this.t.send;
    this.body.inert = this.foot.inert = on;
    if (on) this.title.focus();
  }

  // Shown at once while the dialog is open; else told now, and shown when it is opened next.
  #bring(show, words) {
    if (this.dialog.open) {
      show();
      return;
    }
    const takeBack = this.#tell(words);
    this.unseen = () => {
      takeBack();
      show();
    };
  }

  #finish(receipt) {
    this.draft = new Draft(this.person);
    this.step = "receipt";
    this.#bring(() => this.#draw(steps.receipt(this, receipt)), this.t.was_sent(receipt.id));
  }

  // A kept report is out of the writer's hands: what is written next is another one.
  #onUnreachable(kept) {
    const { t, draft } = this;
    this.step = kept ? "kept" : "unsent";
    if (kept) {
      this.kept = draft;
      this.draft = new Draft(this.person);
    }
    const words = draft.words(t);
    this.#bring(() => this.#draw(steps.unreachable(this, words, kept)), `${t.offline} ${kept ? t.kept : t.not_kept}`);
  }

  #onRefused(error) {
    const [first] = error.errors;
    const name = first?.pointer?.slice(1);
    const words = first?.detail || error.message || this.t.refused;
    this.#bring(() => this.refuse(["email", "file"].includes(name) ? name : "text", words), words);
  }

  // Whether nothing was begun since this report was kept; then its outcome may take the dialog.
  #isLastKept(id) {
    return this.step === "kept" && this.kept.id === id;
  }

  #onSentLater({ receipt, external_id }) {
    if (this.#isLastKept(external_id)) this.#finish(receipt);
    else this.#tell(this.t.was_sent(receipt.id));
  }

  #onRefusedLater({ error, external_id }) {
    if (!this.#isLastKept(external_id)) {
      this.#tell(error.message || this.t.refused);
      return;
    }
    this.draft = this.kept; // its words are kept nowhere else now
    this.#onRefused(error);
  }

  // In both places, as an open dialog covers the page's corner and a closed one hides its own line.
  #tell(words) {
    const lines = [this.news, this.newsInside].map((place) => place.appendChild(h("p", {}, words)));
    const takeBack = () => lines.forEach((line) => line.remove());
    setTimeout(takeBack, NEWS_MS);
    return takeBack;
  }
}
