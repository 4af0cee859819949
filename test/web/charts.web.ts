import fc from "fast-check";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { draw } from "../../src/report/html/chart.js";
import { markupText } from "../../src/report/html/markup.js";
import { pageStyle } from "../../src/report/html/style.js";
import { jsonText } from "../../src/report/json.js";
import { anyChart } from "./any-chart.js";
import { describeInBrowsers, launch, newPage } from "./browsers.js";
import { bundles } from "./element-bundles.js";
import { type FileServer, type ServedFile, serveFiles } from "./file-server.js";
import { report } from "./report.js";

const html = (body: string): ServedFile => ({
  bytes: new TextEncoder().encode(`<!doctype html><html lang="en"><meta charset="utf-8"><title>charts</title>${body}`),
  type: "text/html",
});

describeInBrowsers((name) => {
  let browser: Browser;
  let site: FileServer;

  beforeAll(async () => {
    const drawn = fc
      .sample(anyChart, { seed: 20, numRuns: 120 })
      .map(({ chart, width, height, titled }) =>
        markupText(draw(chart, { width, height, ...(titled ? { style: "" } : {}) }).svg),
      );
    site = await serveFiles({
      ...(await bundles()),
      "/favicon.ico": { bytes: new Uint8Array() },
      "/report.json": { bytes: new TextEncoder().encode(jsonText(await report())), type: "application/json" },
      "/charts.html": html(`<style>${pageStyle}svg{display:block}</style>${drawn.join("")}`),
      "/element.html": html(
        '<script type="module" src="/element.js"></script>' +
          '<weight-scope report-src="/report.json" charts="participation"></weight-scope>',
      ),
    });
    browser = await launch(name);
  });
  afterAll(() => browser?.close());
  afterAll(() => site?.close());

  it("draws labels that neither overlap nor leave the view, in the font that it has", async () => {
    const { page } = await newPage(browser);
    await page.goto(`${site.address}/charts.html`);
    const { labels, wrong } = await page.evaluate(() => {
      const found: string[] = [];
      let seen = 0;
      for (const svg of document.querySelectorAll("svg")) {
        const view = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll("text")].filter(
          ({ textContent }) => !/^(nothing.*|\s*)$/.test(textContent!),
        );
        const boxes = texts.map((text) => text.getBoundingClientRect());
        seen += boxes.length;
        for (const [i, a] of boxes.entries()) {
          if (a.left < view.left - 1 || a.right > view.right + 1 || a.top < view.top - 1 || a.bottom > view.bottom + 1)
            found.push(`outside: ${texts[i].textContent}`);
          for (const [j, b] of boxes.entries())
            if (j < i && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
              found.push(`${texts[i].textContent} on ${texts[j].textContent}`);
        }
      }
      return { labels: seen, wrong: found };
    });
    expect(labels).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
    await page.close();
  });

  const ringed = (page: Page): Promise<{ rings: number; on: boolean; tip: string; inside: boolean; cut: boolean }> =>
    page.evaluate(() => {
      const stage = document
        .querySelector("weight-scope")!
        .shadowRoot!.querySelector<HTMLElement>("figure:not([hidden]) .stage")!;
      const rings = [...stage.querySelectorAll(".ring")];
      const at = (of: Element): string => `${of.getAttribute("cx")} ${of.getAttribute("cy")}`;
      const marks = [...stage.querySelectorAll("circle.dots")].map(at);
      const tip = stage.querySelector<HTMLElement>(".tip")!;
      const [box, room] = [tip.getBoundingClientRect(), stage.getBoundingClientRect()];
      return {
        rings: rings.length,
        on: rings.every((ring) => marks.includes(at(ring))),
        tip: tip.hidden ? "" : tip.textContent!,
        inside: box.top >= room.top && box.bottom <= room.bottom && box.left >= room.left && box.right <= room.right,
        cut: tip.scrollWidth > tip.clientWidth,
      };
    });

  it("rings the point that is read, and says what its whiskers are", async () => {
    const { page, faults } = await newPage(browser, { width: 420 });
    await page.goto(`${site.address}/element.html`);
    await page.waitForFunction(() => document.querySelector("weight-scope")?.state === "done");
    await page.evaluate(() => {
      const root = document.querySelector("weight-scope")!.shadowRoot!;
      root.querySelector<HTMLElement>("figure:not([hidden]) .stage")!.focus();
    });
    expect(await ringed(page)).toMatchObject({ rings: 0, tip: "" });
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press("ArrowRight");
      const read = await ringed(page);
      expect(read).toMatchObject({ rings: 1, on: true, inside: true, cut: false });
      expect(read.tip).toMatch(/participation ratio [\d.]+.*certified bounds: [\d.]+ to [\d.]+/);
    }
    await page.keyboard.press("Escape");
    expect(await ringed(page)).toMatchObject({ rings: 0, tip: "" });
    expect(faults).toEqual([]);
    await page.close();
  });

  it("saves the element's plots from its menu by keys, and says what was skipped", async () => {
    const { page, faults } = await newPage(browser);
    await page.goto(`${site.address}/element.html`);
    await page.waitForFunction(() => document.querySelector("weight-scope")?.state === "done");
    const saved = await page.evaluate(async () => {
      const names: string[] = [];
      HTMLAnchorElement.prototype.click = function click(): void {
        names.push(this.download);
      };
      const root = document.querySelector("weight-scope")!.shadowRoot!;
      const press = (key: string): boolean =>
        root.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      root.querySelector<HTMLElement>("#download")!.focus();
      for (const key of ["ArrowDown", "ArrowDown", "End"]) press(key);
      (root.activeElement as HTMLElement).click();
      for (let i = 0; i < 200 && names.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
      return names;
    });
    expect(saved).toEqual(["bytes-participation-ratio-by-layer.png"]);
    const notes = await page.evaluate(
      () => document.querySelector("weight-scope")!.shadowRoot!.querySelector("[part=notes]")!.textContent,
    );
    expect(notes).toMatch(/^3 other tensors skipped \(vector\)$/);
    expect(faults).toEqual([]);
    await page.close();
  });
});
