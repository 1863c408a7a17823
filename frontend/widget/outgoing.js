// Sends reports and keeps what could not be sent: in IndexedDB, tried again with growing pauses for a day.
const DAY_MS = 24 * 60 * 60 * 1000;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 60 * 60 * 1000;

export class Refused extends Error {
  constructor(problem) {
    super(problem.detail ?? "");
    this.errors = problem.errors ?? [];
  }
}

export class Unreachable extends Error {}

function body({ file, ...fields }) {
  if (!file) return { body: JSON.stringify(fields), headers: { "Content-Type": "application/json" } };
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  form.append("file", file, file.name || "picture.png");
  return { body: form };
}

const isLater = (status) => status >= 500 || status === 429 || status === 408;

async function post(endpoint, fields) {
  const options = { method: "POST", credentials: "omit", mode: "cors", ...body(fields) };
  const answer = await fetch(endpoint, options).catch(() => null);
  if (!answer || isLater(answer.status)) throw new Unreachable();
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(read);
  return read;
}

function request(work) {
  return new Promise((resolve, reject) => {
    work.onsuccess = () => resolve(work.result);
    work.onerror = () => reject(work.error);
  });
}

class Shelf {
  #opened;

  #open() {
    const opening = indexedDB.open("hypercare", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("reports", { keyPath: "external_id" });
    return request(opening);
  }
  async #store(mode) {
    this.#opened ??= this.#open();
    return (await this.#opened).transaction("reports", mode).objectStore("reports");
  }
  async put(entry) {
    return request((await this.#store("readwrite")).put(entry));
  }
  async remove(id) {
    return request((await this.#store("readwrite")).delete(id));
  }
  async all() {
    return request((await this.#store("readonly")).getAll());
  }
}

export class Outgoing extends EventTarget {
  #shelf = new Shelf();
  #timer;

  constructor(endpoint) {
    super();
    this.endpoint = endpoint;
    addEventListener("online", () => this.resume());
  }

  async send(fields) {
    const receipt = await post(this.endpoint, fields);
    await this.#shelf.remove(fields.external_id).catch(() => undefined); // without a shelf there is nothing to remove
    return receipt;
  }

  // True when the report is kept on this device and will be tried again.
  async keep(fields) {
    const entry = { ...fields, endpoint: this.endpoint, since: Date.now(), tries: 0 };
    const kept = await this.#shelf.put(entry).then(() => true, () => false); // private windows may have no shelf
    if (kept) this.#later(0);
    return kept;
  }

  #later(tries) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.resume(), Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS));
  }

  async resume() {
    const waiting = await this.#shelf.all().catch(() => []);
    for (const entry of waiting.filter((one) => one.endpoint === this.endpoint)) await this.#again(entry);
  }

  async #again({ endpoint, since, tries, ...fields }) {
    if (Date.now() - since > DAY_MS) {
      await this.#shelf.remove(fields.external_id);
      return;
    }
    try {
      const receipt = await this.send(fields);
      this.dispatchEvent(new CustomEvent("sent", { detail: { receipt, external_id: fields.external_id } }));
    } catch (error) {
      if (error instanceof Refused) {
        await this.#shelf.remove(fields.external_id);
        this.dispatchEvent(new CustomEvent("refused", { detail: { error, external_id: fields.external_id } }));
      } else {
        await this.#shelf.put({ ...fields, endpoint, since, tries: tries + 1 });
        this.#later(tries + 1);
      }
    }
  }
}
