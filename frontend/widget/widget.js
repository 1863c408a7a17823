// Keeps the button, the dialog and the draft together: opening, moving between steps, sending, and what comes back.
import { h, icon, paths } from "./elements.js";
import { Refused } from "./outgoing.js";
import { Draft, KINDS } from "./report.js";
import sheet from "./sheet.css";
import * as steps from "./steps.js";

const MAX_PICTURE = 5 * 1024 * 1024;
const NEWS_MS = 10_000;
const VIEWS = { 1: steps.pickKind, 2: steps.write, 3: steps.show };

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
    this.dialog = h("dialog", { "aria-labelledby": "title" }, h("header", {}, this.title, this.count, cross), this.body, this.foot);
    this.news = h("p", { class: "news", role: "status" });
    this.root.append(this.button, this.dialog, this.news);
  }

  #listen() {
    this.dialog.addEventListener("close", () => this.returnTo?.focus());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.close());
    this.dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.dialog.addEventListener("paste", (event) => this.#onPaste(event));
    this.outgoing.addEventListener("sent", (event) => this.#onSentLater(event.detail));
    this.outgoing.addEventListener("refused", (event) => this.#tell(event.detail.error.message || this.t.refused));
    if (!this.settings.shortcut) return;
    addEventListener("keydown", (event) => {
      if (event.defaultPrevented || !event.altKey || !event.shiftKey || event.code !== "KeyF") return;
      event.preventDefault();
      this.open();
    });
  }

  #onKey(event) {
    event.stopPropagation(); // the page's own shortcuts rest while someone writes here
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.step > 1) this.send();
    else if (this.step === 1 && KINDS[Number(event.key) - 1]) this.choose(KINDS[Number(event.key) - 1]);
    else return;
    event.preventDefault();
  }

  #onPaste(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (!file || this.step === 1 || this.step > 3) return;
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
    this.news.textContent = "";
    this.dialog.showModal();
    this.goTo(this.step in VIEWS ? this.step : 1);
  };
  close = () => this.dialog.close();
  hide = () => (this.host.hidden = true);
  show = () => (this.host.hidden = false);

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
    this.#busy(true);
    const fields = this.draft.fields(this.t, this.settings);
    try {
      this.#finish(await this.outgoing.send(fields));
    } catch (error) {
      if (error instanceof Refused) this.#onRefused(error);
      else this.#draw(steps.unreachable(this, await this.outgoing.keep(fields)));
    } finally {
      this.#busy(false);
    }
  };

  #busy(on) {
    this.sending = on;
    const button = this.root.getElementById("send");
    if (button) button.textContent = on ? this.t.sending : this.t.send;
  }

  #finish(receipt) {
    this.draft = new Draft(this.person);
    this.step = 4;
    this.#draw(steps.receipt(this, receipt));
  }

  #onRefused(error) {
    const [first] = error.errors;
    const name = first?.pointer?.slice(1);
    this.refuse(["email", "file"].includes(name) ? name : "text", first?.detail || error.message || this.t.refused);
  }

  #onSentLater({ receipt, external_id }) {
    if (this.draft.id === external_id) {
      this.#finish(receipt);
      if (this.dialog.open) return;
    }
    this.#tell(this.t.sent_later(receipt.id));
  }

  #tell(words) {
    this.news.textContent = words;
    setTimeout(() => (this.news.textContent = ""), NEWS_MS);
  }
}
