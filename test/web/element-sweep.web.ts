import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SweepReport } from "../../src/compress/sweep.js";
import { jsonText } from "../../src/report/json.js";
import { describeInBrowsers, launch, newPage } from "./browsers.js";
import { bundles, html, inState, SCRIPT } from "./element-bundles.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { report } from "./report.js";

/** Of the report that is served: half the bits change the value by one in a hundred and fifty. */
const row = (method: string, bits: number, value: number | null): object => {
  const part = { part: null, asked: "1/2", weights: 10, numbers: 5, bitsOfSource: 160, energy: 0.9 };
  return { ...part, method, bits, value };
};
let sweep: SweepReport;

describeInBrowsers((name) => {
  let browser: Browser;
  let site: FileServer;

  beforeAll(async () => {
    const made = await report();
    const { source } = made;
    const own = { name: source.name, format: source.format, byteLength: source.byteLength };
    const rows = [row("none", 160, 3), row("singular", 80, 3.02), row("singular", 20, 9)] as SweepReport["rows"];
    sweep = { schemaVersion: 1, source: own, options: {}, command: "evaluate {}", parts: [], rows };
    const json = (value: string) => ({ bytes: new TextEncoder().encode(value), type: "application/json" });
    site = await serveFiles({
      ...(await bundles()),
      "/report.json": json(jsonText(made)),
      "/sweep.json": json(JSON.stringify(sweep)),
      "/plain.html": html(`${SCRIPT}<weight-scope></weight-scope>`),
    });
    browser = await launch(name);
  });
  afterAll(() => browser?.close());
  afterAll(() => site?.close());

  it("says at how many bits the function holds, of a sweep that is set or lies at an address", async () => {
    const { page, faults }: { page: Page; faults: string[] } = await newPage(browser);
    await page.goto(`${site.address}/plain.html`);
    await page.evaluate(() => {
      const element = document.querySelector("weight-scope")!;
      element.sweepSrc = "/sweep.json?once=1";
      element.setAttribute("report-src", "/report.json");
    });
    await inState(page, "done");
    await page.waitForFunction(() => document.querySelector("weight-scope")!.sweep !== null);
    const seen = await page.evaluate(async () => {
      const element = document.querySelector("weight-scope")!;
      const root = element.shadowRoot!;
      const note = root.querySelector<HTMLElement>("[part=measured]")!;
      const now = (): unknown[] => {
        const tiles = [...root.querySelectorAll("dt")].map(({ textContent }) => textContent);
        const at = tiles.indexOf("Function holds at");
        return [at, at < 0 ? null : root.querySelectorAll("dd")[at].textContent, note.hidden ? null : note.textContent];
      };
      const settled = async (done: () => boolean): Promise<void> => {
        while (!done()) await new Promise((resolve) => setTimeout(resolve, 20));
      };
      const all = [now()];
      const read = element.sweep!;
      element.sweepSrc = null;
      all.push(now());
      element.sweep = { ...read, source: { ...read.source, name: "other", byteLength: 1 } };
      all.push(now());
      element.sweep = read;
      all.push(now());
      element.sweep = { rows: [] } as unknown as typeof read;
      all.push(now());
      element.sweep = null;
      element.setAttribute("sweep-src", "/report.json");
      await settled(() => !note.hidden);
      all.push(now());
      element.setAttribute("sweep-src", "/nowhere.json");
      await settled(() => /nowhere/.test(note.textContent!));
      all.push(now());
      element.removeAttribute("sweep-src");
      all.push(now());
      return { all, state: element.state, same: read };
    });
    const held = "8.00 bits, value within 1 %";
    const about = (file: string): string =>
      `evaluate {}: 3.0000 as it is, 3.0200 at 8.00 bits a weight (singular, 1/2; 0.67 % off). From ${file}.`;
    expect(seen.all).toEqual([
      [4, held, about("sweep.json")],
      [-1, null, null],
      [-1, null, "sweep was measured of other, which is another file than this one."],
      [4, held, about("sweep")],
      [-1, null, "sweep: this is not a report of a sweep"],
      [-1, null, "report.json: this is not a report of a sweep"],
      [-1, null, expect.stringMatching(/nowhere\.json: the server answered 404$/)],
      [-1, null, null],
    ]);
    expect(seen.same).toEqual(sweep);
    expect(seen.state).toBe("done");
    // The report was read once; the other time it was taken for a sweep.
    expect(site.requests.filter(({ path }) => path === "/report.json")).toHaveLength(2);
    // A failed load is the browser's to report, in its own words.
    expect(faults.filter((fault) => !/404/.test(fault))).toEqual([]);
    await page.close();
  });
});
