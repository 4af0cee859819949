import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answerOf } from "../../src/report/answer.js";
import { jsonText } from "../../src/report/json.js";
import { describeInBrowsers, launch } from "./browsers.js";
import { bundles, html, inState, openPage, SCRIPT } from "./element-bundles.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { modelFile, report } from "./report.js";

const idle = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describeInBrowsers((name) => {
  let browser: Browser;
  let site: FileServer;
  let answer: string;

  beforeAll(async () => {
    const made = await report();
    answer = answerOf(made);
    site = await serveFiles({
      ...(await bundles()),
      "/model.safetensors": { bytes: modelFile(2), wait: 20 },
      "/slow.safetensors": { bytes: modelFile(2), wait: 5000 },
      "/report.json": { bytes: new TextEncoder().encode(jsonText(made)), type: "application/json" },
      "/old.json": { bytes: new TextEncoder().encode('{"schemaVersion":1}'), type: "application/json" },
      "/plain.html": html(`${SCRIPT}<weight-scope></weight-scope>`),
      "/early.html": html(
        '<weight-scope></weight-scope><script type="module">const it = document.querySelector("weight-scope");' +
          'it.table = true; it.charts = "norms"; it.reportSrc = "/report.json"; await import("/element.js");</script>',
      ),
      "/lazy.html": html(
        `${SCRIPT}<div id="far"></div><weight-scope loading="lazy" report-src="/report.json"></weight-scope>` +
          "<script>document.querySelector('#far').style.height = '9000px';</script>",
      ),
      "/styled.html": html(
        `<style>*{letter-spacing:9px;text-transform:uppercase;font-style:italic}p,dl,figure{display:none}</style>` +
          `${SCRIPT}<h3>outside</h3><weight-scope report-src="/report.json"></weight-scope>`,
      ),
      "/slots.html": html(
        `${SCRIPT}<weight-scope><b slot="empty">nothing</b><b slot="loading">soon</b>` +
          '<b slot="error">broken</b></weight-scope>',
      ),
    });
    browser = await launch(name);
  });
  afterAll(() => browser?.close());
  afterAll(() => site?.close());

  const open = (path: string): Promise<{ page: Page; faults: string[] }> => openPage(browser, site, path);
  const part = (page: Page, which: string): Promise<string | null> =>
    page.evaluate(
      (wanted: string) =>
        document.querySelector("weight-scope")!.shadowRoot!.querySelector(`[part=${wanted}]`)!.textContent,
      which,
    );

  it("shows a saved report without reading weights, set before it was defined, and says what is none", async () => {
    const { page, faults } = await open("early.html");
    await inState(page, "done");
    expect(await part(page, "answer")).toBe(answer);
    expect(site.requests.map(({ path }) => path).filter((path) => /safetensors|worker|plain/.test(path))).toEqual([]);
    const shown = await page.evaluate(() => {
      const element = document.querySelector("weight-scope")!;
      const root = element.shadowRoot!;
      const visible = [...root.querySelectorAll<HTMLElement>("figure")].filter((figure) => !figure.hidden);
      return {
        attributes: element.getAttributeNames().sort(),
        charts: visible.map((figure) => figure.querySelector("h3")!.textContent),
        rows: root.querySelectorAll(".grid .body .row").length > 3,
      };
    });
    expect(shown).toEqual({
      attributes: ["charts", "report-src", "table"],
      charts: ["Layer norms by depth"],
      rows: true,
    });
    await page.evaluate(() => {
      document.querySelector("weight-scope")!.reportSrc = "/old.json";
    });
    await inState(page, "failed");
    expect(await part(page, "error")).toMatch(/old\.json: this is a report of version 1, not 2$/);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("with loading=lazy begins when it comes near", async () => {
    const { page } = await open("lazy.html");
    await inState(page, "waiting");
    await idle(300);
    expect(site.requests.some(({ path }) => path === "/report.json")).toBe(false);
    await page.evaluate(() => scrollTo(0, 9000));
    await inState(page, "done");
    await page.close();
  });

  it("takes its room from the start, goes on when it is moved, and says charts that it does not know", async () => {
    const { page } = await open("plain.html");
    await inState(page, "empty");
    const told = await page.evaluate(async () => {
      const element = document.querySelector("weight-scope")!;
      const events: string[] = [];
      for (const type of ["opened", "report", "failed"]) element.addEventListener(type, () => events.push(type));
      element.charts = "energy norms <b>pie";
      element.src = "/model.safetensors";
      await new Promise((resolve) => element.addEventListener("opened", resolve, { once: true }));
      const before = element.offsetHeight;
      const into = document.createElement("section");
      document.body.append(into);
      into.append(element);
      await new Promise((resolve) => element.addEventListener("report", resolve, { once: true }));
      into.before(element);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { events, before, after: element.offsetHeight, state: element.state };
    });
    expect(told.events).toEqual(["opened", "report"]);
    expect(told.state).toBe("done");
    // An answer of two lines where one was kept.
    expect(Math.abs(told.after - told.before)).toBeLessThan(60);
    expect(told.before).toBeGreaterThan(400);
    expect(await part(page, "warning")).toMatch(/^charts: “<b>pie” unknown; there are energy, /);
    await page.close();
  });

  it("pauses, goes on, is cancelled, and starts again", async () => {
    const { page } = await open("plain.html");
    await inState(page, "empty");
    await page.evaluate(() => {
      const element = document.querySelector("weight-scope")!;
      element.addEventListener("opened", () => element.pause(), { once: true });
      element.src = "/model.safetensors";
    });
    await inState(page, "paused");
    await idle(800);
    expect(await page.evaluate(() => document.querySelector("weight-scope")!.state)).toBe("paused");
    await page.evaluate(() => document.querySelector("weight-scope")!.resume());
    await inState(page, "done");
    await page.evaluate(() => {
      const element = document.querySelector("weight-scope")!;
      element.addEventListener("opened", () => element.cancel(), { once: true });
      element.seed = 5;
    });
    await inState(page, "cancelled");
    expect(await page.evaluate(() => document.querySelector("weight-scope")!.report)).toBeNull();
    await page.evaluate(() => {
      document.querySelector("weight-scope")!.seed = null;
    });
    await inState(page, "done");
    await page.close();
  });

  it("lets no style in or out but colours", async () => {
    const { page } = await open("styled.html");
    await inState(page, "done");
    const styles = await page.evaluate(() => {
      const root = document.querySelector("weight-scope")!.shadowRoot!;
      const of = (element: Element): string => {
        const { letterSpacing, textTransform, fontStyle, display } = getComputedStyle(element);
        return [letterSpacing, textTransform, fontStyle, display].join(" ");
      };
      return { inside: of(root.querySelector("[part=answer]")!), outside: of(document.querySelector("h3")!) };
    });
    expect(styles).toEqual({ inside: "normal none normal block", outside: "9px uppercase italic block" });
    await page.close();
  });

  it("shows what a page slots in while it is empty, loads and has failed", async () => {
    const { page } = await open("slots.html");
    const visible = (): Promise<string[]> =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("weight-scope b")]
          .filter((part) => part.getClientRects().length > 0)
          .map((part) => part.textContent!),
      );
    await inState(page, "empty");
    expect(await visible()).toEqual(["nothing"]);
    await page.evaluate(() => {
      document.querySelector("weight-scope")!.src = "/slow.safetensors";
    });
    await inState(page, "loading");
    expect(await visible()).toEqual(["soon"]);
    await page.evaluate(() => {
      document.querySelector("weight-scope")!.src = "/none.safetensors";
    });
    await inState(page, "failed");
    expect(await visible()).toEqual(["broken"]);
    await page.close();
  });

  it("gives its report and its charts as files", async () => {
    const { page, faults } = await open("early.html");
    await inState(page, "done");
    const files = await page.evaluate(async () => {
      const element = document.querySelector("weight-scope")!;
      element.style.setProperty("--weightscope-accent", "rgb(200, 0, 100)");
      const picture = await createImageBitmap(await element.toBlob("png", "norms"));
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext("2d")!;
      context.drawImage(picture, 0, 0);
      const { data } = context.getImageData(0, 0, picture.width, picture.height);
      let own = 0;
      for (let i = 0; i < data.length; i += 4)
        if (Math.abs(data[i] - 200) + data[i + 1] + Math.abs(data[i + 2] - 100) < 30) own++;
      return {
        own,
        size: [picture.width, picture.height],
        svg: await (await element.toBlob("svg", "norms")).text(),
        json:
          JSON.parse(await (await element.toBlob("json")).text()).matrices.length === element.report!.matrices.length,
        html: (await (await element.toBlob()).text()).startsWith("<!doctype html>"),
        refused: await element.toBlob("svg", "pie").catch((error: Error) => error.message),
      };
    });
    expect(files).toMatchObject({ size: [1520, 840], json: true, html: true });
    // Three points of radius 3, two dots a unit, and the line between them.
    expect(files.own).toBeGreaterThan(3 * Math.PI * 36);
    expect(files.svg).not.toMatch(/var\(|--ws/);
    expect(files.svg).toContain("rgb(200, 0, 100)");
    expect(files.refused).toMatch(/^pie: no chart of this name/);
    expect(faults).toEqual([]);
    await page.close();
  });
});
