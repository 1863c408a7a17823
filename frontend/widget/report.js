// Holds one report while it is written, and turns it into what is sent.
import { collect } from "./context.js";

export const KINDS = ["broken", "slow", "ai_answer", "help", "idea"];
export const QUESTIONS = ["trying", "steps", "expected", "actual"];

// crypto.randomUUID exists only on https pages; a launch's test page may be http.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return crypto.randomUUID?.() ?? [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Draft {
  id = newId();
  tried = undefined;
  kind = "";
  text = "";
  answers = {};
  file = undefined;
  off = new Set();

  constructor({ email = "", name = "" } = {}) {
    this.email = email;
    this.name = name;
  }

  words(texts) {
    const answered = QUESTIONS.filter((name) => this.answers[name]?.trim());
    return [this.text.trim(), ...answered.map((name) => `${texts.questions[name]}\n${this.answers[name].trim()}`)].join("\n\n");
  }

  // The server may have the first try though its answer was lost, and keeps what an id came with first.
  #idFor(...content) {
    if (this.tried?.some((part, index) => part !== content[index])) this.id = newId();
    this.tried = content;
    return this.id;
  }

  fields(texts, settings) {
    const text = this.words(texts);
    const shown = Object.entries(collect(settings)).filter(([name]) => !this.off.has(name));
    const fields = {
      kind: this.kind,
      text,
      context: Object.fromEntries(shown),
      language: texts.language,
      external_id: this.#idFor(text, this.kind, this.email, this.file),
    };
    for (const name of ["email", "name", "file"]) if (this[name]) fields[name] = this[name];
    return fields;
  }
}
