/**
 * Tasks of the page's own thread above 50 ms of processor time while 10,000 matrices are analysed, looked through,
 * sorted and saved, in Chromium: `npm run build && node scripts/long-tasks.mjs`. How long a task takes by the clock
 * depends on what else the machine does; its processor time is the page's own.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { openFile, withPage } from "./browser.mjs";

const MATRICES = 10_000;
const SIDE = 8;
const LONG = 50;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A safetensors file of many small matrices of one layer each. */
function manyMatrices() {
  const bytes = SIDE * SIDE * 4;
  const entry = (i) => [
    `model.layers.${i}.self_attn.${["q", "k", "v", "o"][i % 4]}_proj.weight`,
    { dtype: "F32", shape: [SIDE, SIDE], data_offsets: [i * bytes, (i + 1) * bytes] },
  ];
  const header = Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: MATRICES }, (_, i) => entry(i)))));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const values = Float32Array.from({ length: MATRICES * SIDE * SIDE }, (_, i) => Math.sin(i * 12.9898) + Math.sin(i));
  return Buffer.concat([length, header, Buffer.from(values.buffer)]);
}

/** The thread of the page, once a first trace has shown which one is at work. */
let own = null;

/** Milliseconds of processor time that each task of the page's own thread took, by a trace of Chromium. */
function tasksOf(trace) {
  const { traceEvents } = JSON.parse(Buffer.from(trace).toString());
  const thread = ({ pid, tid }) => `${pid}:${tid}`;
  const tasks = new Map();
  for (const event of traceEvents)
    if (event.name === "thread_name" && event.args.name === "CrRendererMain") tasks.set(thread(event), []);
  for (const event of traceEvents)
    if (event.name === "ThreadControllerImpl::RunTask" && event.tdur !== undefined)
      tasks.get(thread(event))?.push(event.tdur / 1000);
  own ??= [...tasks].reduce((most, one) => (one[1].length > most[1].length ? one : most))[0];
  return tasks.get(own) ?? [];
}

const folder = mkdtempSync(path.join(os.tmpdir(), "weightscope-"));
try {
  const file = path.join(folder, "many.safetensors");
  writeFileSync(file, manyMatrices());
  await withPage(async (browser, address) => {
    console.log(
      `${await browser.version()}, ${os.cpus()[0]?.model ?? "unknown"}, ${os.availableParallelism()} cores, load ` +
        `${os.loadavg()[0].toFixed(1)}`,
    );
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 860 });
    await page.goto(address);
    const during = async (what, work) => {
      await page.tracing.start({ categories: ["-*", "toplevel"] });
      await work();
      // What was asked for is drawn in the next frames, one chart a frame.
      for (let frame = 0; frame < 8; frame++) await page.evaluate(() => new Promise(requestAnimationFrame));
      await pause(700);
      const tasks = tasksOf(await page.tracing.stop());
      const long = tasks.filter((task) => task > LONG).length;
      const longest = Math.max(0, ...tasks).toFixed(0);
      console.log(
        `${what.padEnd(44)} ${String(tasks.length).padStart(6)} tasks, ${long} above ${LONG} ms, longest ${longest} ms`,
      );
    };
    const press = (selector) => page.$eval(selector, (element) => element.click());
    await during("analysing, overview in view", () => openFile(page, file));
    await during("the table", () => press("#tab-matrices"));
    await during("sorted by verdict", () => press("#panel-matrices [role=columnheader]:last-child button"));
    await during("filtered by name", () => page.type("#panel-matrices input[type=search]", "77"));
    await during("one matrix", () => press(".grid .body .row:not(.group):not([hidden])"));
    await during("the tree of tensors", () => press("#tab-tensors"));
    await during("searched", () => page.type("#panel-tensors input[type=search]", "77"));
    await during("the paper's tables", () => press("#tab-paper"));
    await during("overview again", () => press("#tab-overview"));
    await during("another K", () => page.select("#k", "2"));
    await page.evaluate(() => {
      // Nobody answers the browser's dialogue here: the file is made whole and handed to the browser.
      delete (/** @type {any} */ (globalThis).showSaveFilePicker);
      globalThis.saved = 0;
      HTMLAnchorElement.prototype.click = () => globalThis.saved++;
    });
    for (const kind of ["json", "csv", "markdown", "html", "svg", "png"])
      await during(`saved: ${kind}`, async () => {
        await page.evaluate(() => {
          globalThis.saved = 0;
        });
        await press(`#download-list [value=${kind}]`);
        await page.waitForFunction(() => globalThis.saved > 0, { timeout: 60_000 });
      });
    await during("once more, the table in view meanwhile", async () => {
      await press("#tab-matrices");
      await press("#rerun");
      await pause(300);
      await page.waitForFunction(() => /^Done/.test(document.querySelector("#doing").textContent), {
        timeout: 180_000,
      });
    });
  });
} finally {
  rmSync(folder, { recursive: true });
}
