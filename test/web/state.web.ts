import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { compare } from "../../src/index.js";
import { changeAnswer } from "../../src/report/compare/answer.js";
import { describeInBrowsers, textOf, waitForText } from "./browsers.js";
import { download, drop } from "./page-files.js";
import { modelFile, waves } from "./report.js";
import { type ServedPage, servedPage } from "./served-page.js";

const at = (place: string): string => fileURLToPath(new URL(`../../${place}`, import.meta.url));
const small = modelFile(3);
/** The same with one matrix changed, and one of another shape. */
const changed = modelFile(3, {
  "model.layers.1.mlp.up_proj.weight": { shape: [64, 32], values: waves(64, 32, 77) },
  "model.layers.2.mlp.up_proj.weight": { shape: [48, 32], values: waves(48, 32, 78) },
});

/** What the page keeps: the way back, options, downloads before the end; and two checkpoints beside each other. */
describeInBrowsers((name) => {
  let { page, faults, files } = {} as ServedPage;
  const site = servedPage(name, async () => {
    const example = new Uint8Array(await readFile(at("examples/selftrained-llama-en.bf16.safetensors")));
    return { "/slow.safetensors": { bytes: example, wait: 250 } };
  });
  beforeEach(() => {
    ({ page, faults, files } = site);
  });

  const press = (selector: string): Promise<void> =>
    page.$eval(selector, (element) => (element as HTMLElement).click());
  const shown = (selector: string): Promise<unknown> =>
    page.waitForFunction((where: string) => document.querySelector(where)?.checkVisibility(), {}, selector);

  it("goes back and forward, between views and to what was dropped", async () => {
    await drop(page, { "m.safetensors": small });
    await waitForText(page, "#doing", /^Done: 10 matrices/);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("model-name");
    await press("#tab-matrices");
    await shown("#panel-matrices .grid .body .row:not(.group):not([hidden])");
    await press("#panel-matrices .grid .body .row:not(.group):not([hidden])");
    await shown(".matrix");
    await page.evaluate(() => history.back());
    await page.waitForFunction(() => !document.querySelector(".matrix")!.checkVisibility());
    expect(await page.$eval("#tab-matrices", (tab) => tab.getAttribute("aria-selected"))).toBe("true");
    // The analysis stands as it was: the way back starts nothing again.
    expect(await textOf(page, "#doing")).toBe("Done: 10 matrices");
    await page.evaluate(() => history.back());
    await shown("#panel-overview");
    await page.evaluate(() => history.back());
    await shown("#drop");
    await page.evaluate(() => history.forward());
    await waitForText(page, "#doing", /^Done: 10 matrices/);
    expect(await textOf(page, "#model-name")).toBe("m.safetensors");
  });

  it("takes other options and runs again", async () => {
    await drop(page, { "m.safetensors": small });
    await waitForText(page, "#doing", /^Done: 10 matrices/);
    expect(await page.$eval("#work #options", (options) => options.checkVisibility())).toBe(true);
    await page.$eval("#gaussians", (input) => {
      (input as HTMLInputElement).value = "5";
    });
    await press("#rerun");
    await waitForText(page, "#k", /^5$/);
    await waitForText(page, "#doing", /^Done: 10 matrices/);
    await page.evaluate(() => history.back());
    await waitForText(page, "#k", /^auto/);
  });

  it("leaves the focus in a field while the work goes on", async () => {
    await page.goto(`${site.address}#src=${encodeURIComponent(`${files.address}/slow.safetensors`)}`);
    await page.reload();
    await waitForText(page, "#doing", /%/);
    await page.$eval("#options", (options) => {
      (options as HTMLDetailsElement).open = true;
    });
    await page.focus("#include");
    const before = await textOf(page, "#doing");
    await page.type("#include", "layers");
    await page.waitForFunction((text) => document.querySelector("#doing")!.textContent !== text, {}, before);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("include");
    expect(await page.$eval("#include", (field) => (field as HTMLInputElement).value)).toBe("layers");
  });

  it("offers downloads in a menu, walked by keys, and marks those that are partial", async () => {
    await page.$eval(
      "#url",
      (input, address) => {
        (input as HTMLInputElement).value = address;
      },
      `${files.address}/slow.safetensors`,
    );
    await press("#address button");
    await waitForText(page, "#doing", /[1-9]\d* of 30 done/);
    await press("#cancel");
    await waitForText(page, "#doing", /Cancelled/);
    await page.focus("#download");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("CSV");
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("download");
    const [json] = await download(page, "json");
    const report = JSON.parse(json.text);
    expect(json.name).toBe("slow.partial.json");
    expect(report.matrices.length).toBeLessThan(30);
    expect(report.source.notes[0]).toBe(`partial: all figures are of ${report.matrices.length} of 30 matrices`);
    expect(faults).toEqual([]);
  });

  it("compares two files that are dropped together, and says what changed and what does not fit", async () => {
    await drop(page, { "a.safetensors": small, "b.safetensors": changed });
    const report = await compare(small, changed);
    await waitForText(page, "#panel-compare .change .answer", /./);
    expect(await textOf(page, "#panel-compare .change .answer")).toBe(changeAnswer(report));
    expect(await textOf(page, "#panel-compare .change h1")).toBe("a.safetensors → b.safetensors");
    await waitForText(page, "#panel-compare .warning", /model\.layers\.2\.mlp\.up_proj\.weight/);
    await waitForText(page, "#panel-compare .change", /‖ΔW‖\/‖W‖ by layer and role/);
    const cells = await page.$$eval("#panel-compare .heat td", (all) =>
      all.map((cell) => [cell.textContent, getComputedStyle(cell).backgroundColor]),
    );
    expect(new Set(cells.map(([, ground]) => ground)).size).toBe(2);
    await waitForText(page, "#panel-compare .change", /rank.*90 %.*PR.*noise/);
    expect(faults).toEqual([]);
    await drop(page, { "c.npy": new Uint8Array([1, 2, 3]) });
    await waitForText(page, "#panel-compare .card", /c\.npy/);
  });
});
