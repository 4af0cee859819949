import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { renderHtml } from "../../src/report/html.js";
import { jsonText } from "../../src/report/json.js";
import { describeInBrowsers, launch, newPage } from "./browsers.js";
import { bundles, DEFINE, html, inState, SCRIPT } from "./element-bundles.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { report } from "./report.js";

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

describeInBrowsers((name) => {
  let browser: Browser;
  let site: FileServer;

  beforeAll(async () => {
    const made = await report();
    site = await serveFiles({
      ...(await bundles()),
      "/report.json": { bytes: new TextEncoder().encode(jsonText(made)), type: "application/json" },
      "/favicon.ico": { bytes: new Uint8Array() },
      "/report.html": {
        bytes: new TextEncoder().encode(renderHtml(made, { command: "weightscope analyze a", date: "2031-02-03" })),
        type: "text/html",
      },
      "/done.html": html(
        `${SCRIPT}<meta name="viewport" content="width=device-width"><main><h1>a</h1><h2>b</h2>` +
          '<weight-scope report-src="/report.json" table></weight-scope></main>',
      ),
      "/plain.html": html(`${SCRIPT}<weight-scope></weight-scope>`),
      "/classes.html": html(
        `${DEFINE}<style>:root{--gap:90px;--ws-ink:red;--weightscope-accent:rgb(1, 2, 3);direction:rtl}` +
          ":root{font:30px/3 serif}" +
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
    const opened = await newPage(browser);
    await opened.page.goto(`${site.address}/${path}`);
    return opened;
  };

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

  it.each(["report.html", "done.html"])("breaks no rule of axe, light, dark and on a phone: %s", async (path) => {
    const { page } = await open(path);
    if (path === "done.html") await inState(page, "done");
    const axe = await readFile(axeFile, "utf8");
    for (const [scheme, width] of [
      ["light", 1440],
      ["dark", 360],
    ] as const) {
      await page.setViewport({ width, height: 900 });
      await page.evaluate((wanted: string) => {
        document.documentElement.style.colorScheme = wanted;
        document.body.style.background = "Canvas";
      }, scheme);
      const found = await page.evaluate(
        `${axe};axe.run(document,{resultTypes:["violations"]}).then((result)=>result.violations.map((one)=>one.id+": ` +
          `"+one.nodes.map((node)=>node.target.join(" ")).slice(0,3).join(", ")))`,
      );
      expect(found, `${scheme} ${width}`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
    await page.close();
  });
});
