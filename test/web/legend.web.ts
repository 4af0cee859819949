import { beforeEach, expect, it } from "vitest";
import { describeInBrowsers, waitForText } from "./browsers.js";
import { drop } from "./page-files.js";
import { modelFile } from "./report.js";
import { type ServedPage, servedPage } from "./served-page.js";

/** Entries of a chart's legend are buttons, which turn their series off and on. */
describeInBrowsers((name) => {
  let { page, faults } = {} as ServedPage;
  const site = servedPage(name, async () => ({}));
  const first = "#panel-overview .figures figure:first-child";
  const series = (): Promise<string[]> =>
    page.$$eval(`${first} [data-series]`, (all) =>
      all.map((one) => `${one.getAttribute("data-series")}: ${one.getAttribute("aria-pressed")}`),
    );
  const lines = (): Promise<number> => page.$$eval(`${first} svg > g:not(.legend) path.line`, (all) => all.length);
  const focus = (text: string): Promise<void> => page.$eval(entry(text), (one) => (one as SVGElement).focus());
  const entry = (text: string): string => `${first} [data-series="${text}"]`;

  beforeEach(async () => {
    ({ page, faults } = site);
    await drop(page, { "m.safetensors": modelFile(3) });
    await waitForText(page, "#doing", /^Done/);
    await page.waitForSelector(entry("white noise"));
  });

  it("by click and by key, and stay so when the chart is drawn again", async () => {
    const all = await series();
    expect(all.length).toBeGreaterThan(2);
    expect(all.every((one) => one.endsWith(": true"))).toBe(true);
    const before = await lines();
    await page.$eval(entry("white noise"), (one) => one.dispatchEvent(new MouseEvent("click", { bubbles: true })));
    expect(await lines()).toBe(before - 1);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-series"))).toBe("white noise");
    expect(await series()).toContain("white noise: false");
    await focus("Gaussians");
    await page.keyboard.press("Enter");
    expect(await series()).toContain("Gaussians: false");
    await page.setViewport({ width: 700, height: 800 });
    await page.waitForFunction(
      (where) => document.querySelector(where)!.getBoundingClientRect().width < 690,
      {},
      `${first} svg`,
    );
    await page.select("#k", "1");
    await waitForText(page, "#panel-overview .facts", /Gaussians keep, K = 4/);
    expect((await series()).filter((one) => one.endsWith("false"))).toHaveLength(2);
    expect(await lines()).toBe(before - 2);
    await focus("Gaussians");
    await page.keyboard.press(" ");
    await page.keyboard.press(" ");
    await page.keyboard.press(" ");
    expect(await series()).toContain("Gaussians: true");
    expect(await lines()).toBe(before - 1);
    expect(faults).toEqual([]);
  });

  it("are of a finger's height, none over another, and what is off is not in the file", async () => {
    const boxes = await page.$$eval(`${first} .hit`, (all) => all.map((one) => one.getBoundingClientRect().toJSON()));
    for (const [i, box] of boxes.entries()) {
      expect(box.height).toBeGreaterThanOrEqual(24);
      expect(box.width).toBeGreaterThanOrEqual(24);
      for (const other of boxes.slice(i + 1))
        expect(
          box.left < other.right - 1 &&
            other.left < box.right - 1 &&
            box.top < other.bottom - 1 &&
            other.top < box.bottom - 1,
        ).toBe(false);
    }
    await page.$eval(entry("white noise"), (one) => one.dispatchEvent(new MouseEvent("click", { bubbles: true })));
    const file = await page.$eval(`${first} .tools > button`, async (button) => {
      const make = URL.createObjectURL;
      const made: Blob[] = [];
      URL.createObjectURL = (blob: Blob) => {
        made.push(blob);
        return make.call(URL, blob);
      };
      const { click } = HTMLAnchorElement.prototype;
      HTMLAnchorElement.prototype.click = () => {};
      (button as HTMLElement).click();
      while (made.length === 0) await new Promise((later) => setTimeout(later));
      [URL.createObjectURL, HTMLAnchorElement.prototype.click] = [make, click];
      return made[0].text();
    });
    expect(file).toContain(">Gaussians</text>");
    expect(file).not.toContain("white noise");
  });
});
