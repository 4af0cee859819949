import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { startServer } from "../../src/cli/static-server.js";
import { describeInBrowsers, launch, newPage, textOf, waitForText } from "./browsers.js";
import { drop } from "./page-files.js";
import { modelFile } from "./report.js";

const site = fileURLToPath(new URL("../../dist/web", import.meta.url));

/** The table of matrices, the tiles above it, and the one that is open. */
describeInBrowsers((name) => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof startServer>>;
  let page: Page;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(name), startServer(site, 0)]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.server.close();
  });
  beforeEach(async () => {
    ({ page } = await newPage(browser));
    await page.goto(server.address);
    await drop(page, { "m.safetensors": modelFile(3) });
    await waitForText(page, "#doing", /^Done: 10 matrices/);
  });
  afterEach(() => page.close());

  const press = (selector: string): Promise<void> =>
    page.$eval(selector, (element) => (element as HTMLElement).click());
  const texts = (selector: string): Promise<string[]> =>
    page.$$eval(selector, (all) =>
      all.filter((one) => one.checkVisibility()).map((one) => (one.textContent ?? "").trim()),
    );
  const heads = (): Promise<string[]> => texts("#panel-matrices [role=columnheader]");

  it("says in tiles what the terminal says, and nothing that is the same of an untrained model", async () => {
    const tiles = await texts("#panel-overview .facts dt");
    expect(tiles.slice(0, 6)).toEqual([
      "Signal directions",
      "Free parameters",
      "Numbers they take",
      "Signal holds",
      "Gaussians keep, K = auto",
      "PR, the middle matrix",
    ]);
    expect(tiles.join()).not.toMatch(/Effective|the rest/);
    const [beside] = (await texts("#panel-overview .facts dd")).slice(4);
    expect(beside).toMatch(/^[\d.]+ %, chance [\d.]+ %$/);
    const heat = await texts("#panel-overview .heat tbody td");
    expect(heat).toHaveLength(9);
    expect(heat.every((cell) => /^[01]\.\d{3}$/.test(cell))).toBe(true);
    await page.select("#k", "1");
    await waitForText(page, "#panel-overview .facts", /Gaussians keep, K = 4/);
  });

  it("stands in groups by layer, with bars, and more columns where they are asked for", async () => {
    await press("#tab-matrices");
    await waitForText(page, "#panel-matrices .grid .body", /model\.layers 2/);
    expect(await heads()).toEqual(["Matrix", "Signal of", "PR / noise", "Fit · chance · equal", "Verdict"]);
    expect(await texts("#panel-matrices .grid .row.group")).toEqual([
      "outside the layers",
      "model.layers 0",
      "model.layers 1",
      "model.layers 2",
    ]);
    const widths = await page.$$eval("#panel-matrices .grid .body .row:not(.group) .bars", (all) =>
      [...all[0].children].map((bar) => bar.getBoundingClientRect().width),
    );
    const [fit, chance] = (await texts("#panel-matrices .grid .body .row:not(.group) .cell:nth-child(4)"))[0]
      .split(" · ")
      .map(Number);
    expect(widths).toHaveLength(3);
    expect(widths[0] / widths[1]).toBeCloseTo(fit / chance, 1);
    await press("#panel-matrices details.menu summary");
    await press("#panel-matrices .menu input[value=stableRank]");
    await page.waitForFunction(() => location.hash.includes("columns=stableRank"));
    await page.waitForFunction(() => document.querySelectorAll("#panel-matrices [role=columnheader]").length === 6);
    expect(await heads()).toContain("Stable rank");
    await press("#panel-matrices [role=columnheader]:nth-child(2) button");
    await page.waitForFunction(
      () => document.querySelectorAll("#panel-matrices .grid .row.group:not([hidden])").length === 0,
    );
  });

  it("says where filters leave nothing, and clears them", async () => {
    await press("#tab-matrices");
    await page.type("#panel-matrices input[type=search]", "no such name");
    await waitForText(page, "#panel-matrices", /No matrix is left by these filters/);
    await press("#panel-matrices .list > .note button");
    await waitForText(page, "#panel-matrices .fields .note", /^10 matrices/);
    expect(await page.$eval("#panel-matrices .list > .note", (note) => note.checkVisibility())).toBe(false);
  });

  it("keeps the open matrix in view at every width, under the chosen K, until Escape", async () => {
    await press("#tab-matrices");
    await waitForText(page, "#panel-matrices .grid .body", /q_proj/);
    for (const width of [1280, 390]) {
      await page.setViewport({ width, height: 800 });
      await press("#panel-matrices .grid .body .row:not(.group):not([hidden])");
      await waitForText(page, ".matrix .facts", /Fit, K = /);
      const box = await page.$eval(".matrix", (panel) => panel.getBoundingClientRect().toJSON());
      const height = await page.evaluate(() => innerHeight);
      expect(box.top, String(width)).toBeLessThan(height - 100);
      const cut = await page.$eval("#panel-matrices .grid", (grid) => grid.scrollWidth - grid.clientWidth);
      if (width === 1280) expect(cut, "columns beside the open matrix").toBe(0);
      const short = await page.$$eval("#panel-matrices .grid .body [role=gridcell]", (cells) =>
        cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
      );
      expect(short, "figures that are cut").toEqual([]);
      if (width === 390) expect(box.bottom).toBeLessThanOrEqual(height + 1);
      const asked = (await textOf(page, ".matrix .facts")).replace(/^.*Fit, K = (\d+).*$/, "$1");
      await page.select("#k", "1");
      await waitForText(page, ".matrix .facts", /Fit, K = 4/);
      expect(await page.$eval(".matrix select", (select) => (select as HTMLSelectElement).value)).toBe("4");
      await page.select("#k", "0");
      await waitForText(page, ".matrix .facts", new RegExp(`Fit, K = ${asked}`));
      await page.focus(".matrix h2");
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => !document.querySelector(".matrix")!.checkVisibility());
      expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("grid");
    }
  });

  it("shows how the weights are spread, beside a normal distribution, with the report's kurtosis", async () => {
    await press("#tab-matrices");
    await waitForText(page, "#panel-matrices .grid .body", /q_proj/);
    await press("#panel-matrices .grid .body .row:not(.group):not([hidden])");
    await waitForText(page, ".matrix figure:nth-of-type(2)", /normal of the same mean and σ/);
    const about = await textOf(page, ".matrix figure:nth-of-type(2) figcaption");
    const facts = await page.$$eval(".matrix .facts > div", (all) =>
      all.map((one) => [one.children[0].textContent, one.children[1].textContent]),
    );
    const kurtosis = new Map(facts as [string, string][]).get("Excess kurtosis");
    expect(about).toContain(`How the weights are spread`);
    expect(about).toContain(`excess kurtosis ${kurtosis} (a normal has 0)`);
    const bars = await page.$$eval(".matrix figure:nth-of-type(2) rect.bar", (all) =>
      all.map((bar) => bar.getBoundingClientRect().height),
    );
    // 64 × 32 weights in √2048 bins, and the sample in the legend.
    expect(bars).toHaveLength(46 + 1);
    expect(Math.max(...bars)).toBeGreaterThan(80);
  });
});
