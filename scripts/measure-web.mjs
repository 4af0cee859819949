/**
 * Sizes of the page and the element, and how the page feels in Chromium: `npm run build && node scripts/measure-web.mjs
 * [--sizes] [FILE]`; with `--sizes` no browser is started.
 */
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { example, openFile, root, withPage } from "./browser.mjs";

const file = process.argv.slice(2).find((word) => !word.startsWith("--")) ?? example;
const sizes = (title, files) => {
  const all = files.map((name) => readFileSync(`${root}dist/${name}`));
  const sum = (of) => all.reduce((total, bytes) => total + of(bytes), 0);
  console.log(
    `${title.padEnd(54)} ${String(sum((bytes) => bytes.length)).padStart(8)} bytes ` +
      `${String(sum((bytes) => gzipSync(bytes, { level: 9 }).length)).padStart(8)} gzipped`,
  );
};
/** A script and all that it imports before it runs, below `dist`. */
function withImports(entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  const code = readFileSync(`${root}dist/${entry}`, "utf8");
  for (const [, name] of code.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
    withImports(path.posix.join(path.posix.dirname(entry), name), found);
  return found;
}
const below = (folder) => readdirSync(`${root}dist/${folder}`).map((name) => `${folder}/${name}`);
const firstView = ["web/index.html", "web/page.css", ...withImports("web/page.js")];
const kernels = below("web").filter((name) => /plain-/.test(name));
const working = new Set([...firstView, ...withImports("web/session.js"), "web/worker.js", ...kernels]);
sizes("page, first view (HTML, style, script)", firstView);
sizes("page, with its workers and one set of kernels", [...working]);
sizes(
  "page, its later parts (files it makes, other kernels)",
  below("web").filter((name) => name.endsWith(".js") && !working.has(name)),
);
const atOnce = withImports("element.js");
sizes("element, with what it imports at once", [...atOnce]);
sizes(
  "element, its later parts (kernels, workers' script)",
  below("element").filter((name) => !atOnce.has(name)),
);
if (process.argv.includes("--sizes")) process.exit();

/** Milliseconds between frames while `work` runs. */
async function frames(page, work) {
  await page.evaluate(() => {
    const times = [];
    const step = (time) => {
      times.push(time);
      globalThis.framesGoOn && requestAnimationFrame(step);
    };
    Object.assign(globalThis, { frameTimes: times, framesGoOn: true });
    requestAnimationFrame(step);
  });
  await work();
  const gaps = await page.evaluate(() => {
    globalThis.framesGoOn = false;
    return globalThis.frameTimes.slice(1).map((time, i) => time - globalThis.frameTimes[i]);
  });
  const sorted = gaps.sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]?.toFixed(1);
  return `${gaps.length} frames, median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, longest ${at(1)} ms`;
}

await withPage(async (browser, address) => {
  console.log(
    `\n${await browser.version()}, ${os.cpus()[0]?.model ?? "unknown"}, ${os.availableParallelism()} cores, load ` +
      `${os.loadavg()[0].toFixed(1)}`,
  );
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 860 });
  await page.evaluateOnNewDocument(() => {
    globalThis.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of /** @type {any[]} */ (list.getEntries()))
        if (!entry.hadRecentInput) globalThis.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(address);
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  const { paint, ready } = await page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    ready: /** @type {any} */ (performance.getEntriesByType("navigation")[0]).domContentLoadedEventEnd,
  }));
  console.log(`first view ${paint.toFixed(0)} ms, ready ${ready.toFixed(0)} ms`);
  const start = performance.now();
  console.log(
    `analysing ${file.replace(/^.*\//, "")}: ${await frames(page, () => openFile(page, file))}; ` +
      `${(performance.now() - start).toFixed(0)} ms in all`,
  );
  console.log(`layout shift ${(await page.evaluate(() => globalThis.shift)).toFixed(4)}`);
});
