import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonText } from "../../src/report/json.js";
import { ATTRIBUTES } from "../../src/web/element-attributes.js";
import { describeInBrowsers, launch, newPage } from "./browsers.js";
import { bundles } from "./element-bundles.js";
import { type FileServer, type ServedFile, serveFiles } from "./file-server.js";
import { modelFile, report } from "./report.js";

const html = (body: string): ServedFile => ({
  bytes: new TextEncoder().encode(
    `<!doctype html><html lang="en"><title>a page</title><link rel="icon" href="data:,">${body}`,
  ),
  type: "text/html",
});
const SCRIPT = '<script type="module" src="/element.js"></script>';
/** Defines the element when a test says so. */
const DEFINE = '<script>globalThis.define = () => import("/element.js")</script>';

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
      "/classes.html": html(
        `${DEFINE}<style>:root{--gap:90px;--ws-ink:red;--weightscope-accent:rgb(1, 2, 3);direction:rtl;font:30px/3 serif}` +
          '</style><h1>a</h1><h3>b</h3><p class="answer">c</p><p class="note">d</p>' +
          '<dl class="facts"><div><dt>e</dt></div></dl>' +
          '<figure>f</figure><table><caption>g</caption><tr><th scope="row">h</th><td>i</td></tr></table>' +
          '<button>j</button><progress></progress><div class="figures root grid status scroll heat">k</div>' +
          "<ul><li hidden>l</li></ul>",
      ),
    });
    browser = await launch(name);
  });
  afterAll(() => browser?.close());
  afterAll(() => site?.close());

  const open = async (path: string): Promise<{ page: Page; faults: string[] }> => {
    site.requests.length = 0;
    const opened = await newPage(browser);
    await opened.page.goto(`${site.address}/${path}`);
    return opened;
  };
  const inState = (page: Page, state: string): Promise<unknown> =>
    page.waitForFunction(
      (wanted: string) => document.querySelector("weight-scope")?.state === wanted,
      { timeout: 40_000, polling: 30 },
      state,
    );

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
    expect(told).toHaveLength(15);
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
      const reported = make({ report: given, charts: "norms", table: true, svd: false });
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
          Object.keys(one).filter((key) => key === "report" || key === "source" || key === "charts"),
        ),
        reports: all.map(({ report: made }) => made!.matrices.length > 0),
        asked: all[1].report!.options.gaussians,
        opened,
      };
    });
    expect(told).toEqual({
      same: '<weight-scope charts="norms" table=""></weight-scope>',
      own: [],
      reports: [true, true, true],
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

  it("leaves the page's look as it was, and has its own among rules and properties of the same names", async () => {
    const { page, faults } = await open("classes.html");
    const told = await page.evaluate(async () => {
      const looks = (): string[] =>
        [...document.querySelectorAll("body :not(weight-scope)")].map((one) => {
          const style = getComputedStyle(one);
          return [...style].map((property) => style.getPropertyValue(property)).join(" ");
        });
      const before = looks();
      const element = document.createElement("weight-scope");
      document.body.append(element);
      element.reportSrc = "/report.json";
      await (globalThis as unknown as { define(): Promise<unknown> }).define();
      while (element.state !== "done") await new Promise((resolve) => setTimeout(resolve, 30));
      element.table = true;
      const after = looks();
      const inside = (selector: string): CSSStyleDeclaration =>
        getComputedStyle(element.shadowRoot!.querySelector(selector)!);
      return {
        sheets: [document.adoptedStyleSheets.length, document.querySelectorAll("style, link[rel=stylesheet]").length],
        changed: before.filter((look, i) => look !== after[i]).length,
        looked: before.length,
        font: inside("[part=answer]").fontSize,
        direction: inside("[part=answer]").direction,
        gap: inside("[part=charts]").columnGap,
        ink: inside("[part=answer]").color,
        accent: inside(".chart .line.accent").stroke,
      };
    });
    expect(told).toMatchObject({ sheets: [0, 1], changed: 0, direction: "ltr", gap: "16px", font: "18.4px" });
    expect(told.looked).toBeGreaterThan(15);
    // A page's own --ws-ink is none of the element's; --weightscope-accent is meant for it.
    expect(told.ink).not.toBe("rgb(255, 0, 0)");
    expect(told.accent).toBe("rgb(1, 2, 3)");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("gives every kind of file, and refuses before there is a report", async () => {
    const { page } = await open("plain.html");
    await inState(page, "empty");
    const files = await page.evaluate(async () => {
      const element = document.querySelector("weight-scope")!;
      const early = await element.toBlob("json").catch((error: DOMException) => error.name);
      element.reportSrc = "/report.json";
      await new Promise((resolve) => element.addEventListener("report", resolve, { once: true }));
      const kinds = ["json", "csv", "markdown", "html"] as const;
      const blobs = await Promise.all(kinds.map((kind) => element.toBlob(kind)));
      return {
        early,
        types: blobs.map(({ type }) => type),
        heads: (await Promise.all(blobs.map((blob) => blob.text()))).map((text) => text.slice(0, 11)),
      };
    });
    expect(files.early).toBe("InvalidStateError");
    expect(files.types).toEqual(["application/json", "text/csv", "text/markdown", "text/html"]);
    expect(files.heads).toEqual(['{\n  "schema', "source,name", expect.stringMatching(/^\d+ of/), "<!doctype h"]);
    await page.close();
  });
});
