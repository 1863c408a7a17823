// Makes elements without markup strings, so that any page's content policy allows it.
const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || (name in node && typeof value !== "string")) node[name] = value;
    else if (value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== false));
  return node;
}

export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const paths = {
  speech: "M4 4h12v9h-6l-4 3.5v-3.5h-2z",
  cross: "M5 5l10 10M15 5L5 15",
  broken: "M6 9a4 4 0 0 1 5.5-5L9 6.5l.5 2.5 2.5.5L14.5 7a4 4 0 0 1-5 5.5L5.5 16.5a1.8 1.8 0 0 1-2.5-2.5L7 10",
  slow: "M5.5 3h9M5.5 17h9M6.5 3v3.5L10 10l3.5-3.5V3M6.5 17v-3.5L10 10l3.5 3.5V17",
  ai_answer: "M4 4h12v9h-6l-4 3.5v-3.5h-2zM8 6.5l4 4M12 6.5l-4 4",
  help: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM8 8a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1.1M10 13.7v.1",
  idea: "M8 13.5a4.5 4.5 0 1 1 4 0V15H8zM8.5 17.5h3M10 1v1M2.5 8h1M16.5 8h1",
  check: "M4 10.5l4 4 8-9",
};
