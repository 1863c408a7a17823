// Builds everything the browser loads from packages, plus the feedback widget, into static/vendor/.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const packages = join(root, "node_modules");
const vendor = join(root, "static", "vendor");
const WIDGET_LIMIT = 25 * 1000; // bytes, gzip: what a host page is asked to load at most

const fromPackages = {
  "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
  "sortable.min.js": "sortablejs/Sortable.min.js",
  "axe.min.js": "axe-core/axe.min.js", // tests only; no page refers to it
};
const licences = ["@tabler/icons", "@fontsource-variable/inter", "htmx.org", "sortablejs"]; // Tabler's stylesheet carries its own notice

// Beside each text file stands its compressed twin; whitenoise sends the one the browser accepts.
async function put(name, content) {
  const bytes = Buffer.from(content);
  await mkdir(dirname(join(vendor, name)), { recursive: true });
  await writeFile(join(vendor, name), bytes);
  await writeFile(join(vendor, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  await writeFile(join(vendor, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  return bytes;
}

async function copyLibraries() {
  for (const [name, source] of Object.entries(fromPackages)) {
    const text = await readFile(join(packages, source), "utf8");
    await put(name, text.replace(/\n?(\/\*|\/\/)# sourceMappingURL=.*$/m, ""));
  }
}

async function copyFont() {
  const inter = join(packages, "@fontsource-variable", "inter");
  const css = await readFile(join(inter, "wght.css"), "utf8");
  await put("inter/inter.css", css);
  for (const [, file] of css.matchAll(/url\(\.\/(files\/[\w.-]+)\)/g)) {
    await cp(join(inter, file), join(vendor, "inter", file));
  }
}

async function drawSprite() {
  const names = JSON.parse(await readFile(join(root, "frontend", "icons.json"), "utf8"));
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(join(packages, "@tabler", "icons", "icons", "outline", `${name}.svg`), "utf8");
      const paths = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>")).replace(/<path stroke="none"[^>]*\/>/, "");
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${paths.replace(/\s*\n\s*/g, "")}</symbol>`;
    }),
  );
  await put("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
}

async function bundleWidget() {
  const result = await build({
    entryPoints: [join(root, "frontend", "widget", "index.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["chrome109", "firefox115", "safari16.4"],
    loader: { ".css": "text" },
  });
  const bytes = await put("widget.js", result.outputFiles[0].contents);
  const gzip = gzipSync(bytes, { level: 9 }).length;
  if (gzip > WIDGET_LIMIT) throw new Error(`The widget is ${gzip} bytes gzipped; ${WIDGET_LIMIT} is the limit.`);
  const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
  await writeFile(join(vendor, "widget.json"), `${JSON.stringify({ integrity, bytes: bytes.length, gzip }, null, 2)}\n`);
  return gzip;
}

async function collectLicences() {
  const texts = await Promise.all(
    licences.map(async (name) => `${name}\n\n${await readFile(join(packages, name, "LICENSE"), "utf8")}`),
  );
  await writeFile(join(vendor, "LICENSES.txt"), texts.join(`\n${"-".repeat(72)}\n\n`));
}

await rm(vendor, { recursive: true, force: true });
await mkdir(vendor, { recursive: true });
const [gzip] = await Promise.all([bundleWidget(), copyLibraries(), copyFont(), drawSprite(), collectLicences()]);
console.log(`static/vendor is ready; the widget is ${(gzip / 1000).toFixed(1)} kB gzipped.`);
