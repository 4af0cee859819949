/**
 * How many pairs of workers a browser starts, one pair after the other, asked by a page and asked by a worker:
 *   node scripts/nested-workers.mjs [firefox|chromium]
 * Firefox waits in `new Worker` for its main thread, in a worker, and may miss the answer: src/web/page-workers.ts.
 */
import { createServer } from "node:http";
import puppeteer from "puppeteer-core";
import { CHROMIUM_FLAGS, chromium, firefox } from "../test/support/browsers.mjs";

const PAIRS = 200;
const PATIENCE = 10_000;
const start = `const start = (told) => { let pairs = 0; const next = () => {
  if (pairs === ${PAIRS}) return;
  const two = [1, 2].map(() => new Worker("leaf.js", { type: "module" }));
  let heard = 0;
  for (const worker of two) {
    worker.onmessage = () => {
      if (++heard < 2) return;
      for (const one of two) one.terminate();
      told(++pairs);
      next();
    };
    worker.postMessage(0);
  }
}; next(); };\n`;
const files = {
  "/": `<script>${start} window.pairs = 0; const told = (n) => { window.pairs = n; };
    window.begin = (nested) => { if (!nested) return start(told);
      new Worker("nest.js", { type: "module" }).onmessage = ({ data }) => told(data); };</script>`,
  "/nest.js": `${start} start((n) => postMessage(n));`,
  "/leaf.js": "onmessage = () => postMessage(0);",
};
const server = createServer(({ url }, answer) => {
  answer.setHeader("content-type", url?.endsWith(".js") ? "text/javascript" : "text/html");
  answer.end(files[url ?? "/"] ?? "");
}).listen(0);
await new Promise((resolve) => server.once("listening", resolve));

const name = process.argv[2] ?? "firefox";
const program = name === "firefox" ? firefox : chromium;
if (program === null) throw new Error(`${name} is not installed`);
const browser = await puppeteer.launch(
  name === "firefox"
    ? { browser: "firefox", executablePath: program }
    : { executablePath: program, args: CHROMIUM_FLAGS },
);
console.log(await browser.version());
for (const nested of [false, true]) {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`);
  await page.evaluate((asked) => globalThis.begin(asked), nested);
  let pairs = 0;
  let at = performance.now();
  while (pairs < PAIRS && performance.now() - at < PATIENCE) {
    const found = await page.evaluate(() => globalThis.pairs);
    if (found > pairs) at = performance.now();
    pairs = found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const end = pairs < PAIRS ? `, then none for ${PATIENCE / 1000} s` : "";
  console.log(`asked by a ${nested ? "worker" : "page"}: ${pairs} of ${PAIRS} pairs of workers started${end}`);
}
await browser.close();
server.close();
