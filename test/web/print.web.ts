import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer } from "../../src/cli/static-server.js";
import { answerOf } from "../../src/report/answer.js";
import { renderHtml } from "../../src/report/html.js";
import { jsonText } from "../../src/report/json.js";
import type { MatrixReport, Report } from "../../src/types.js";
import { canRasterise, linesOf, pixelsOf, rasterise, sheetsOf, wordsOf } from "../support/raster.js";
import { isRequired } from "../support/results.mjs";
import { describeInBrowsers, launch, newPage, waitForText } from "./browsers.js";
import { bundles } from "./element-bundles.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { modelFile, report } from "./report.js";

/** A4 within its margins of 12 mm, CSS px. */
const PAPER = Math.floor(((210 - 24) / 25.4) * 96);
const DOTS = 96;

describeInBrowsers((name) => {
  let browser: Browser;
  let folder: string;
  let address: string;
  let model: string;
  let made: Report;
  let site: FileServer;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "weightscope-print-"));
    made = await report();
    const file = path.join(folder, "report.html");
    await writeFile(file, renderHtml(made));
    model = path.join(folder, "model.safetensors");
    await writeFile(model, modelFile());
    address = pathToFileURL(file).href;
    site = await serveFiles({
      ...(await bundles()),
      "/report.json": { bytes: new TextEncoder().encode(jsonText(made)), type: "application/json" },
      "/element.html": {
        bytes: new TextEncoder().encode(
          '<!doctype html><html lang="en" style="color-scheme:dark"><title>a page</title><style>@page{margin:12mm}' +
            'body{margin:0}</style><script type="module" src="/element.js"></script>' +
            '<weight-scope report-src="/report.json" table></weight-scope>',
        ),
        type: "text/html",
      },
    });
    browser = await launch(name);
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
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
    // Of the most notable matrices, and of each of two K.
    expect(verdicts).toBe(3);
    expect(widest).toBeLessThanOrEqual(PAPER + 1);
    await page.close();
  });

  const drawn = name === "chromium" && (canRasterise || isRequired("rasters"));
  /** No grounds, as browsers print unless they are asked to. */
  const printed = async (page: Page): Promise<Uint8Array> => {
    const pdf = await page.pdf({ format: "A4", printBackground: false, preferCSSPageSize: true });
    const words = wordsOf(pdf);
    for (const { text, left, right, height, width } of words) {
      // Letters of 6.5 points, be they in a chart; some words stand upright.
      expect(Math.max(height, right - left), text).toBeGreaterThan(7.5);
      expect(left, text).toBeGreaterThan(30);
      expect(right, text).toBeLessThan(width - 30);
    }
    // No sheet is empty.
    expect(new Set(words.map(({ sheet }) => sheet)).size).toBe(sheetsOf(pdf));
    return pdf;
  };
  const withVerdicts = (pdf: Uint8Array, matrices: readonly MatrixReport[]): number => {
    const lines = linesOf(pdf);
    return matrices.filter(({ name, gaussian: [{ verdict }] }) =>
      lines.some((line) => line.trim().startsWith(name) && line.trimEnd().endsWith(verdict!)),
    ).length;
  };
  const pixels = (pdf: Uint8Array, colour: string): number =>
    Array.from({ length: sheetsOf(pdf) }, (_, i) => pixelsOf(rasterise("pdf", pdf, DOTS, i + 1), colour)).reduce(
      (sum, found) => sum + found,
      0,
    );

  it.runIf(drawn)("has the report's verdicts, circles and squares on its paper", async () => {
    const { page } = await newPage(browser);
    await page.goto(address);
    const marks = await page.evaluate(() => ({
      squares: document.querySelectorAll("rect.dots.c7").length,
      circles: document.querySelectorAll("circle.dots.c1").length,
    }));
    const pdf = await printed(page);
    expect(withVerdicts(pdf, made.matrices)).toBe(made.matrices.length);
    // A chart of 520 units is some 310 px wide on paper: a mark is a few pixels, and the inner ones keep its colour.
    expect(marks.squares).toBeGreaterThan(5);
    expect(pixels(pdf, "#6a51a3")).toBeGreaterThan(2 * marks.squares);
    expect(pixels(pdf, "#b26a00")).toBeGreaterThan(2 * marks.circles);
    await page.close();
  });

  it.runIf(drawn)("has the element's answer, charts and whole table on its paper", async () => {
    const { page } = await newPage(browser);
    await page.goto(`${site.address}/element.html`);
    await page.waitForFunction(() => document.querySelector("weight-scope")?.state === "done");
    const pdf = await printed(page);
    expect(withVerdicts(pdf, made.matrices)).toBe(made.matrices.length);
    expect(linesOf(pdf).join(" ").replace(/\s+/g, " ")).toContain(answerOf(made));
    expect(pixels(pdf, "#6a51a3")).toBeGreaterThan(10);
    // The screen's text is light there; paper is not.
    expect(pixels(pdf, "#1a2029")).toBeGreaterThan(500);
    await page.close();
  });

  it.runIf(drawn)("has the page's answer, charts and filtered table on its paper", async () => {
    const { page } = await newPage(browser);
    const server = await startServer(fileURLToPath(new URL("../../dist/web", import.meta.url)), 0);
    try {
      await page.goto(server.address);
      await page.select("#theme", "dark");
      await ((await page.$("#files")) as ElementHandle<HTMLInputElement>).uploadFile(model);
      await waitForText(page, "#doing", /^Done/);
      await page.waitForFunction(() => document.querySelectorAll("#panel-overview .stage svg").length === 5);
      const overview = await printed(page);
      expect(linesOf(overview).join(" ")).toMatch(/stand above noise/);
      expect(linesOf(overview).join(" ")).not.toMatch(/Download|Pause|Header|system/);
      expect(pixels(overview, "#6a51a3")).toBeGreaterThan(10);
      expect(pixels(overview, "#1a2029")).toBeGreaterThan(500);
      await page.$eval("#tab-matrices", (tab) => (tab as HTMLElement).click());
      const headings = await page.evaluate(() => {
        dispatchEvent(new Event("beforeprint"));
        const rows = [...document.querySelectorAll<HTMLTableRowElement>("#panel-matrices .sheet tr")];
        const widths = rows.map(({ cells }) => [...cells].reduce((sum, { colSpan }) => sum + colSpan, 0));
        dispatchEvent(new Event("afterprint"));
        return { widths, alone: rows.filter(({ cells }) => cells.length === 1).length };
      });
      // Every row is as wide as the others, those that say what stands below them too.
      expect(new Set(headings.widths).size).toBe(1);
      expect(headings.alone).toBeGreaterThan(1);
      await page.type("#panel-matrices input[type=search]", "q_proj");
      await page.waitForFunction(() =>
        /^\d+ of /.test(document.querySelector("#panel-matrices [role=status]")!.textContent!),
      );
      const table = linesOf(await printed(page)).filter((line) => /layers\.\d+\.\S+\.weight/.test(line));
      expect(table.map((line) => /(\w+_proj)/.exec(line)![1])).toEqual(["q_proj", "q_proj", "q_proj"]);
      for (const line of table) expect(line).toMatch(/(structure|as noise|below noise)\s*$/);
      // After printing, the document has the rows in sight alone.
      expect(await page.$$eval(".sheet *", (all) => all.length)).toBe(0);
    } finally {
      server.server.close();
      await page.close();
    }
  });
});
