// Notes what a developer will ask for: the page, the last errors, the last failed requests. Values in addresses stay here.
const KEPT = 20;
const LONGEST = 500;
const errors = [];
const requests = [];

function note(list, entry) {
  list.push({ at: new Date().toISOString(), ...entry });
  if (list.length > KEPT) list.shift();
}

const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

function say(value) {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value); // a ring, or a getter that throws
  }
}

export function watchConsole() {
  const original = console.error;
  console.error = (...values) => {
    note(errors, { text: cut(values.map(say).join(" ")) });
    original.apply(console, values);
  };
  addEventListener("error", (event) => {
    if (event.message) note(errors, { text: cut(event.message), line: `${bare(event.filename)}:${event.lineno}` });
  });
  addEventListener("unhandledrejection", (event) => note(errors, { text: cut(say(event.reason)) }));
}

// An address without the values behind "?", without what stands behind "#"; names in `kept` keep their value.
export function bare(address, kept = new Set()) {
  if (!URL.canParse?.(address, location.href)) return cut(String(address).split(/[?#]/)[0]);
  const url = new URL(address, location.href);
  const query = [...url.searchParams].map(([name, value]) => `${name}=${kept.has(name) ? encodeURIComponent(value) : ""}`);
  const place = url.origin === location.origin ? "" : url.origin;
  return cut(`${place}${url.pathname}${query.length ? `?${query.join("&")}` : ""}`);
}

function noteRequest(own, { method, address, status, started, header }) {
  if (String(address).startsWith(own)) return;
  const entry = { method: method.toUpperCase(), path: bare(address), status, ms: Math.round(performance.now() - started) };
  for (const name of ["traceparent", "x-request-id"]) {
    const value = header(name);
    if (value) entry[name] = cut(value);
  }
  note(requests, entry);
}

export function watchRequests(own) {
  watchFetch(own);
  watchXhr(own);
}

// A header object the page built may be malformed; then fetch itself already said so.
function asHeaders(input, options) {
  try {
    return new Headers(options?.headers ?? (input instanceof Request ? input.headers : undefined));
  } catch {
    return new Headers();
  }
}

function watchFetch(own) {
  const original = window.fetch;
  window.fetch = function fetch(input, options) {
    const started = performance.now();
    const failed = (status, answer) => {
      const sent = asHeaders(input, options);
      noteRequest(own, {
        method: options?.method ?? input?.method ?? "GET",
        address: input instanceof Request ? input.url : input,
        status,
        started,
        header: (name) => answer?.headers.get(name) ?? sent.get(name),
      });
    };
    return original.apply(this, arguments).then(
      (answer) => {
        if (answer.status >= 400) failed(answer.status, answer);
        return answer;
      },
      (reason) => {
        if (reason?.name !== "AbortError") failed(0);
        throw reason;
      },
    );
  };
}

function watchXhr(own) {
  const { open, send, setRequestHeader } = XMLHttpRequest.prototype;
  const calls = new WeakMap();
  XMLHttpRequest.prototype.open = function (method, address) {
    calls.set(this, { method: String(method), address: String(address), sent: {} });
    return open.apply(this, arguments);
  };
  XMLHttpRequest.prototype.setRequestHeader = function (name, value) {
    const call = calls.get(this);
    if (call) call.sent[String(name).toLowerCase()] = String(value);
    return setRequestHeader.apply(this, arguments);
  };
  XMLHttpRequest.prototype.send = function () {
    const call = calls.get(this);
    const started = performance.now();
    const failed = () => {
      const header = (name) => this.getResponseHeader(name) ?? call.sent[name];
      noteRequest(own, { ...call, status: this.status, started, header });
    };
    if (call) {
      this.addEventListener("load", () => this.status >= 400 && failed());
      for (const name of ["error", "timeout"]) this.addEventListener(name, failed);
    }
    return send.apply(this, arguments);
  };
}

// The technical list as it would be sent now, one entry a line; empty ones are left out.
export function collect({ release, keptQuery }) {
  const lines = {
    page: bare(location.href, keptQuery),
    title: document.title,
    viewport: `${innerWidth} × ${innerHeight}`,
    locale: navigator.language,
    release,
    errors: [...errors],
    requests: [...requests],
  };
  return Object.fromEntries(Object.entries(lines).filter(([, value]) => value.length));
}
