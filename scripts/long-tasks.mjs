/**
 * Tasks of the page's own thread above 50 ms while 10,000 matrices are analysed, looked through and sorted, in
 * Chromium: `npm run build && node scripts/long-tasks.mjs`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { openFile, withPage } from "./browser.mjs";

const MATRICES = 10_000;
const SIDE = 8;
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
    await page.evaluate(() => {
      globalThis.tasks = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) globalThis.tasks.push(Math.round(duration));
      }).observe({ type: "longtask" });
    });
    const during = async (what, work) => {
      await work();
      await pause(700);
      const tasks = await page.evaluate(() => globalThis.tasks.splice(0));
      const most = tasks.length > 0 ? `, longest ${Math.max(...tasks)} ms` : "";
      console.log(`${what.padEnd(44)} ${String(tasks.length).padStart(3)} above 50 ms${most}`);
    };
    const press = (selector) => page.$eval(selector, (element) => element.click());
    await during("analysing, overview in view", () => openFile(page, file));
    await during("the table", () => press("#tab-matrices"));
    await during("sorted by verdict", () => press("#panel-matrices [role=columnheader]:last-child button"));
    await during("filtered by name", () => page.type("#panel-matrices input[type=search]", "77"));
    await during("one matrix", () => press(".grid .body .row:not(.group):not([hidden])"));
    await during("overview again", () => press("#tab-overview"));
    await during("another K", () => page.select("#k", "2"));
    await during("header", () => press("#header summary"));
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
