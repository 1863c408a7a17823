// Puts the viewer's own time, with its zone, in the title of every <time datetime>.
const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });

function explain(root) {
  for (const time of root.querySelectorAll("time[datetime*=T]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) time.title = format.format(moment);
  }
}

explain(document);
addEventListener("htmx:load", (event) => explain(event.detail.elt.parentElement ?? document));
