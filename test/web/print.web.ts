import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { renderHtml } from "../../src/report/html.js";
import { canRasterise, pixelsOf, rasterise } from "../support/raster.js";
import { isRequired } from "../support/results.mjs";
import { describeInBrowsers, launch, newPage } from "./browsers.js";
import { report } from "./report.js";

/** A4 within its margins of 12 mm, CSS px. */
const PAPER = Math.floor(((210 - 24) / 25.4) * 96);
const DOTS = 96;

describeInBrowsers((name) => {
  let browser: Browser;
  let folder: string;
  let address: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "weightscope-print-"));
    const file = path.join(folder, "report.html");
    await writeFile(file, renderHtml(await report()));
    address = pathToFileURL(file).href;
    browser = await launch(name);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(name === "firefox")("has its verdicts on the paper, and everything else that is printed", async () => {
    const { page } = await newPage(browser, { width: PAPER });
    await page.emulateMediaType("print");
    await page.goto(address);
    const { verdicts, widest } = await page.evaluate(() => {
      const cells = [...document.querySelectorAll("th, td")].filter((cell) => cell.getClientRects().length > 0);
      const ends = cells.map((cell) => cell.getBoundingClientRect().right);
      const heads = [...document.querySelectorAll("th[scope=col]")].filter((head) => head.textContent === "Verdict");
      return {
        verdicts: heads.filter((head) => head.getClientRects().length > 0).length,
        widest: Math.max(...ends, document.documentElement.scrollWidth),
      };
    });
    // Of the most notable matrices, and of each of three K.
    expect(verdicts).toBe(4);
    expect(widest).toBeLessThanOrEqual(PAPER + 1);
    await page.close();
  });

  const drawn = name === "chromium" && (canRasterise || isRequired("rasters"));
  it.runIf(drawn)("has circles and squares on its paper", async () => {
    const { page } = await newPage(browser);
    await page.goto(address);
    const marks = await page.evaluate(() => ({
      squares: document.querySelectorAll("rect.dots.c7").length,
      circles: document.querySelectorAll("circle.dots.c1").length,
    }));
    const pdf = await page.pdf({ format: "A4", printBackground: true });
    const sheets = [1, 2].map((sheet) => rasterise("pdf", pdf, DOTS, sheet));
    const found = (colour: string): number => sheets.reduce((sum, pixels) => sum + pixelsOf(pixels, colour), 0);
    // A chart of 620 units is some 310 px wide on paper: a mark is a few pixels, and the inner ones keep its colour.
    expect(marks.squares).toBeGreaterThan(5);
    expect(found("#6a51a3")).toBeGreaterThan(2 * marks.squares);
    expect(found("#b26a00")).toBeGreaterThan(2 * marks.circles);
    await page.close();
  });
});
