import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonText } from "../../src/report/json.js";
import { ATTRIBUTES } from "../../src/web/element-attributes.js";
import { describeInBrowsers, launch } from "./browsers.js";
import { bundles, DEFINE, html, inState, openPage, SCRIPT } from "./element-bundles.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { modelFile, report } from "./report.js";

describeInBrowsers((name) => {
  let browser: Browser;
  let site: FileServer;

  beforeAll(async () => {
    site = await serveFiles({
      ...(await bundles()),
      "/model.safetensors": { bytes: modelFile(2), wait: 20 },
      "/report.json": {
        bytes: new TextEncoder().encode(jsonText(await report({ singularValues: true }))),
        type: "application/json",
      },
      "/plain.html": html(`${SCRIPT}<weight-scope></weight-scope>`),
      "/bare.html": html(`${DEFINE}<main></main>`),
      "/lazy.html": html(
        `${SCRIPT}<div id="far"></div><weight-scope loading="lazy" report-src="/report.json"></weight-scope>` +
          "<script>document.querySelector('#far').style.height = '9000px';</script>",
      ),
    });
    browser = await launch(name);
  });
  afterAll(() => browser?.close());
  afterAll(() => site?.close());

  const open = (path: string): Promise<{ page: Page; faults: string[] }> => openPage(browser, site, path);
  it("reflects each property in its attribute, and each attribute in its property", async () => {
    const { page, faults } = await open("plain.html");
    await inState(page, "empty");
    const told = await page.evaluate((attributes: typeof ATTRIBUTES) => {
      // Out of the page nothing starts.
      const element = document.createElement("weight-scope");
      type Any = Record<string, unknown>;
      const of = element as unknown as Any;
      return Object.entries(attributes).map(([property, { name: attribute, kind }]) => {
        const seen: unknown[] = [of[property]];
        const set = (value: unknown): void => {
          of[property] = value;
          seen.push(element.getAttribute(attribute), of[property]);
        };
        for (const value of kind === "present" ? [true, false] : kind === "number" ? [7, null] : ["a,b", null])
          set(value);
        element.setAttribute(attribute, "12");
        seen.push(of[property]);
        set(undefined);
        return { property, seen };
      });
    }, ATTRIBUTES);
    const expected = Object.entries(ATTRIBUTES).map(([property, { kind }]) => ({
      property,
      seen: {
        present: [false, "", true, null, false, true, null, false],
        number: [null, "7", 7, null, null, 12, null, null],
        text: [null, "a,b", "a,b", null, null, "12", null, null],
      }[kind],
    }));
    expect(told).toEqual(expected);
    expect(told).toHaveLength(16);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows at run time what its properties and attributes are set to", async () => {
    const { page, faults } = await open("plain.html");
    await page.evaluate(() => document.querySelector("weight-scope")!.setAttribute("report-src", "/report.json"));
    await inState(page, "done");
    const seen = await page.evaluate(() => {
      const element = document.querySelector("weight-scope")!;
      const root = element.shadowRoot!;
      const now = (): unknown[] => [
        root.querySelectorAll("figure:not([hidden])").length,
        root.querySelector<HTMLElement>("div.grid")!.hidden,
        [...root.querySelectorAll("dt")].find((term) => /^Gaussians keep/.test(term.textContent!))!.textContent,
      ];
      const all = [now()];
      element.charts = "norms spectrum";
      element.table = true;
      element.k = "d/4";
      all.push(now());
      element.removeAttribute("table");
      element.setAttribute("charts", "energy");
      element.setAttribute("k", "4");
      all.push(now());
      return all;
    });
    expect(seen).toEqual([
      [6, true, "Gaussians keep, K = auto"],
      [2, false, "Gaussians keep, K = d/4"],
      [1, true, "Gaussians keep, K = 4"],
    ]);
    // Nothing was read again for it.
    expect(site.requests.filter(({ path }) => path === "/report.json")).toHaveLength(1);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("takes files, reports and choices that were set before it was defined, and once only", async () => {
    const { page, faults } = await open("bare.html");
    const told = await page.evaluate(async () => {
      const main = document.querySelector("main")!;
      const given = await (await fetch("/report.json")).json();
      const file = new Blob([await (await fetch("/model.safetensors")).arrayBuffer()]);
      const make = (properties: object): HTMLElement =>
        Object.assign(document.createElement("weight-scope") as HTMLElement, properties);
      const reported = make({ report: given, charts: "norms", table: true, svd: false, sweep: { rows: [] } });
      const filed = make({ source: file, gaussians: "4", charts: "energy" });
      const later = make({ report: given });
      main.append(reported, filed);
      let opened = 0;
      filed.addEventListener("opened", () => opened++);
      await (globalThis as unknown as { define(): Promise<unknown> }).define();
      main.append(later);
      const all = [reported, filed, later] as HTMLElementTagNameMap["weight-scope"][];
      while (all.some(({ state }) => state !== "done")) await new Promise((resolve) => setTimeout(resolve, 30));
      return {
        same: reported.outerHTML,
        own: all.flatMap((one) =>
          Object.keys(one).filter((key) => ["report", "source", "charts", "sweep"].includes(key)),
        ),
        reports: all.map(({ report: made }) => made!.matrices.length > 0),
        measured: /sweep: this is not a report of a sweep/.test(reported.shadowRoot!.textContent!),
        asked: all[1].report!.options.gaussians,
        opened,
      };
    });
    expect(told).toEqual({
      same: '<weight-scope charts="norms" table=""></weight-scope>',
      own: [],
      reports: [true, true, true],
      measured: true,
      asked: ["4"],
      opened: 1,
    });
    expect(faults).toEqual([]);
    await page.close();
  });

  it("goes on while moveBefore and append move it", async () => {
    const { page, faults } = await open("plain.html");
    await inState(page, "empty");
    const told = await page.evaluate(async () => {
      const element = document.querySelector("weight-scope")!;
      const events: string[] = [];
      for (const type of ["opened", "report", "failed", "cancelled"])
        element.addEventListener(type, () => events.push(type));
      const once = (type: string): Promise<unknown> =>
        new Promise((resolve) => element.addEventListener(type, resolve, { once: true }));
      const into = document.body.appendChild(document.createElement("section"));
      const move = (parent: Element, before: Element | null): boolean => {
        const able = parent as Element & { moveBefore?(node: Element, before: Element | null): void };
        if (able.moveBefore) able.moveBefore(element, before);
        else parent.insertBefore(element, before);
        return able.moveBefore !== undefined;
      };
      element.src = "/model.safetensors";
      await once("opened");
      const moved = move(into, null);
      await once("progress");
      const during = element.state;
      into.before(element);
      await once("report");
      const made = element.report;
      move(into, null);
      document.body.append(element);
      await new Promise((resolve) => setTimeout(resolve, 200));
      // Out of the page and back later: what is done stays.
      element.remove();
      await new Promise((resolve) => setTimeout(resolve, 50));
      document.body.append(element);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { moved, during, events, state: element.state, same: element.report === made };
    });
    expect(told).toEqual({ moved: true, during: "loading", events: ["opened", "report"], state: "done", same: true });
    expect(faults).toEqual([]);
    await page.close();
  });

  it("begins where loading stops to be lazy, far from the window", async () => {
    const { page } = await open("lazy.html");
    await inState(page, "waiting");
    await page.evaluate(() => {
      document.querySelector("weight-scope")!.loading = "eager";
    });
    await inState(page, "done");
    await page.close();
  });
});
