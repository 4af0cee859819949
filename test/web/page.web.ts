import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { ElementHandle } from "puppeteer-core";
import { beforeEach, expect, it } from "vitest";
import { analyze, analyzeTransitions } from "../../src/index.js";
import { answerOf } from "../../src/report/answer.js";
import { figure } from "../../src/report/html/numbers.js";
import { jsonText } from "../../src/report/json.js";
import { DEFAULT_SETTINGS } from "../../src/web/settings.js";
import { describeInBrowsers, textOf, waitForText } from "./browsers.js";
import { download, HOSTILE, manyMatrices, text } from "./page-files.js";
import { modelFile, waves } from "./report.js";
import { type ServedPage, servedPage } from "./served-page.js";
import { watched, watchWorkers } from "./watch-workers.js";

const at = (place: string): string => fileURLToPath(new URL(`../../${place}`, import.meta.url));
const example = at("examples/selftrained-llama-en.bf16.safetensors");
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
describeInBrowsers((name) => {
  let { page, faults, files } = {} as ServedPage;
  const bytes = {
    example: new Uint8Array(),
    small: modelFile(3, { [HOSTILE]: { shape: [40, 40], values: waves(40, 40, 5) } }),
    many: manyMatrices(),
  };
  const site = servedPage(name, async () => {
    bytes.example = new Uint8Array(await readFile(example));
    return {
      "/model.safetensors": { bytes: bytes.example },
      "/slow.safetensors": { bytes: bytes.example, wait: 400 },
      "/small.safetensors": { bytes: bytes.small },
    };
  });
  beforeEach(() => {
    ({ page, faults, files } = site);
  });

  const choose = async (selector: string, ...paths: string[]): Promise<void> => {
    await ((await page.$(selector)) as ElementHandle<HTMLInputElement>).uploadFile(...paths);
  };
  /** By the element, not its place: a busy machine may draw between finding a place and pressing there. */
  const press = (selector: string): Promise<void> =>
    page.$eval(selector, (element) => (element as HTMLElement).click());
  const done = (): Promise<void> => waitForText(page, "#doing", /^Done/);
  const go = (url: string): Promise<void> => page.type("#url", url).then(() => press("#address button"));

  it("opens what is dropped, and shows names as text", async () => {
    await page.evaluate((data: string) => {
      const transfer = new DataTransfer();
      const decoded = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      transfer.items.add(new File([decoded], "small.safetensors"));
      for (const type of ["dragenter", "dragover", "drop"])
        document
          .querySelector("#drop")!
          .dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, Buffer.from(bytes.small).toString("base64"));
    await done();
    expect(await textOf(page, "#model-name")).toBe("small.safetensors");
    expect(await textOf(page, "#model-facts")).toContain("14 tensors");
    await press("#tab-matrices");
    await waitForText(page, ".grid .body", /onerror/);
    expect(await page.evaluate(() => "broken" in window)).toBe(false);
    expect(faults).toEqual([]);
  });

  it("reads an address by ranges, and makes the same report as Node", async () => {
    await go(`${files.address}/model.safetensors`);
    await done();
    const ranged = files.requests.filter((request) => request.path === "/model.safetensors" && request.status === 206);
    expect(ranged.length).toBeGreaterThan(1);
    const saved = await download(page, "json");
    expect(await textOf(page, "#answer")).toBe(answerOf(JSON.parse(saved[0].text)));
    expect(await page.$eval("#work > :first-child", (first) => first.id)).toBe("answer");
    expect(saved).toHaveLength(1);
    const { gaussians, permutations, svd, seed, width } = DEFAULT_SETTINGS;
    expect(saved[0].text).toBe(
      jsonText({
        ...(await analyze(bytes.example, { gaussians, permutations, svd, seed, width })),
        source: { ...JSON.parse(saved[0].text).source },
      }),
    );
    expect(faults).toEqual([]);
  });

  it("gives the report in six forms", async () => {
    await choose("#files", example);
    await done();
    const [csv] = await download(page, "csv");
    const [markdown] = await download(page, "markdown");
    const [html] = await download(page, "html");
    const plots = await download(page, "svg");
    expect(csv.text.split("\r\n")[0]).toContain("energy");
    expect(markdown.text).toMatch(/\| ---/);
    expect(html.text).toMatch(/^<!doctype html>/);
    expect(plots.map((plot) => plot.text.slice(0, 5))).toEqual(["<svg ", "<svg ", "<svg ", "<svg ", "<svg "]);
    const pictures = await download(page, "png");
    expect(pictures.map((picture) => picture.text.slice(1, 4))).toEqual(["PNG", "PNG", "PNG", "PNG", "PNG"]);
    expect(pictures[0].name).toBe("selftrained-llama-en.bf16-energy-against-k.png");
    expect(await textOf(page, "#notes")).toMatch(/^\d+ other tensors skipped \(/);
    expect(csv.name).toBe("selftrained-llama-en.bf16.csv");
  });

  it("pauses, goes on, and cancels", async () => {
    await go(`${files.address}/slow.safetensors`);
    await waitForText(page, "#model-facts", /39 tensors/);
    await press("#pause");
    await waitForText(page, "#pause", /Go on/);
    // What the server was asked before still comes; what Chromium had not asked it for yet does not.
    let held = 0;
    do {
      held = files.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    } while (files.requests.length > held);
    const answer = await textOf(page, "#answer");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(files.requests.length).toBe(held);
    expect(await textOf(page, "#doing")).toBe("Paused");
    expect(await textOf(page, "#answer")).toBe(answer);
    await press("#pause");
    await waitForText(page, "#pause", /Pause/);
    await press("#cancel");
    await waitForText(page, "#doing", /Cancelled/);
    expect(await textOf(page, "#answer")).toMatch(/^(Of the \d+ of 30 matrices that were finished: |$)/);
    expect(await textOf(page, "#notes")).toMatch(/cancelled: all figures are of a part only/);
    expect(await textOf(page, "#panel-overview .facts")).toContain("Signal directions…");
  });

  it("compares two checkpoints", async () => {
    await choose("#files", example);
    await done();
    await press("#tab-compare");
    await choose("#second-files", example);
    await waitForText(page, "#panel-compare", /30 pairs of [^;]*; 0 and 0 matrices have no partner\./);
    await waitForText(page, "#panel-compare .grid .body", /\+0\.00 %/);
    expect(faults).toEqual([]);
  });

  it("shows the transitions of a text beside its shuffles", async () => {
    await page.evaluate((words: string) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([words], "a text.txt", { type: "text/plain" }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, text);
    await waitForText(page, "#text", /Done: 40,000 words/);
    const [same] = await analyzeTransitions(text, { vocabulary: 250, shuffles: 5, seed: 1 });
    const row = await page.$$eval("#text tr.own", (rows) => [...rows[0].children].map((cell) => cell.textContent));
    expect(row.slice(0, 2)).toEqual([`${same.vocabulary} (a text.txt)`, figure(same.antisymmetric!.value)]);
    expect(await textOf(page, "#text-name")).toBe("a text.txt");
    expect(faults).toEqual([]);
  });

  it("restores the view of a link", async () => {
    await page.goto(
      `${site.address}#src=${encodeURIComponent(`${files.address}/small.safetensors`)}&view=matrices` +
        "&matrix=model.layers.1.mlp.up_proj.weight&permutations=0&sort=energy&order=down&k=1",
    );
    await page.reload();
    await done();
    await waitForText(page, ".matrix h2", /model\.layers\.1\.mlp\.up_proj\.weight/);
    await waitForText(page, ".matrix", /Best row: \d+/);
    await waitForText(page, ".matrix", /edge of the noise/);
    expect(await page.$eval("#k", (select) => (select as HTMLSelectElement).value)).toBe("1");
    expect(await page.$$eval(".grid [aria-sort=descending]", (all) => all.map((one) => one.textContent))).toEqual([
      "Fit · chance · equal",
    ]);
    expect(faults).toEqual([]);
  });

  it("holds 10,000 matrices in a table of few elements, walked by keys", async () => {
    await watchWorkers(page);
    await page.goto(site.address);
    await page.evaluate((data: string) => {
      const transfer = new DataTransfer();
      const decoded = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      transfer.items.add(new File([decoded], "many.safetensors"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, Buffer.from(bytes.many).toString("base64"));
    await press("#tab-matrices");
    await waitForText(page, "#doing", /^Done: 10,000/);
    await waitForText(page, "#panel-matrices .note", /10000 matrices/);
    const { matrices, points, messages } = await watched(page);
    expect(messages).toBeGreaterThan(200);
    expect(matrices).toBeLessThanOrEqual(50);
    expect(points).toBeGreaterThan(0);
    expect(points).toBeLessThan(4000);
    expect((await page.$$("#panel-matrices .grid .body .row")).length).toBeLessThan(80);
    await page.focus("#panel-matrices .grid");
    await page.keyboard.press("End");
    await waitForText(page, "#panel-matrices .grid .body", /blocks\.9999\./);
    expect((await page.$$("#panel-matrices .grid .body .row")).length).toBeLessThan(80);
    await page.keyboard.press("Enter");
    await waitForText(page, ".matrix h2", /blocks\.9999\./);
    await page.click("#panel-matrices input[type=search]");
    await page.keyboard.type("blocks.77.");
    await waitForText(page, "#panel-matrices .note", /^1 of 10000 matrices/);
  });

  it("fits a phone, and breaks no rule that axe knows, light and dark", async () => {
    const broken = async (view: string): Promise<void> => {
      const found = await page.evaluate(
        `${axe};axe.run(document,{resultTypes:["violations"]}).then((result)=>result.violations.map((one)=>one.id+": ` +
          `"+one.nodes.map((node)=>node.target.join(" ")).slice(0,3).join(", ")))`,
      );
      expect(found, view).toEqual([]);
    };
    const axe = await readFile(axeFile, "utf8");
    await broken("start");
    await choose("#files", example);
    await done();
    for (const theme of ["light", "dark"]) {
      await page.select("#theme", theme);
      for (const view of ["overview", "matrices", "paper", "compare"]) {
        await press(`#tab-${view}`);
        if (view === "matrices") {
          await page.waitForSelector(".grid .body .row:not(.group):not([hidden])");
          await page.click(".grid .body .row:not(.group):not([hidden])");
          await waitForText(page, ".matrix", /Best row: \d+/);
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
        await broken(`${theme} ${view}`);
      }
    }
    await page.setViewport({ width: 360, height: 740 });
    for (const view of ["overview", "matrices", "paper", "compare"]) {
      await press(`#tab-${view}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBeLessThanOrEqual(360);
    }
  });
});
