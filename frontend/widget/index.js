// Starts the feedback widget: one script tag, one key, nothing left behind in the page but one element.
import { watchConsole, watchRequests } from "./context.js";
import { Outgoing } from "./outgoing.js";
import { textsFor } from "./texts.js";
import { Widget } from "./widget.js";

const script = document.currentScript;

function start() {
  const texts = textsFor(document.documentElement.lang || navigator.language);
  const endpoint = new URL("reports", script.src).href; // .../w/<key>/widget.js -> .../w/<key>/reports
  const settings = {
    known: new URL("known", script.src).href,
    release: script.dataset.release ?? "",
    shortcut: script.dataset.shortcut !== "off",
    keptQuery: new Set((script.dataset.query ?? "").split(/[\s,]+/).filter(Boolean)),
  };
  const outgoing = new Outgoing(endpoint);
  const widget = new Widget({ texts, settings, outgoing });
  document.body.append(widget.host);
  outgoing.resume();
  window.Hypercare = {
    open: () => widget.open(),
    hide: () => widget.hide(),
    show: () => widget.show(),
    identify: (person) => widget.identify(person),
  };
}

if (!window.Hypercare && script) {
  window.Hypercare = {};
  watchConsole();
  watchRequests(new URL(".", script.src).href);
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
}
