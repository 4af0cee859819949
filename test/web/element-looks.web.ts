import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonText } from "../../src/report/json.js";
import { describeInBrowsers, launch, newPage } from "./browsers.js";
import { bundles, DEFINE, html, inState, SCRIPT } from "./element-bundles.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { report } from "./report.js";

describeInBrowsers((name) => {
  let browser: Browser;
  let site: FileServer;

  beforeAll(async () => {
    site = await serveFiles({
      ...(await bundles()),
      "/report.json": { bytes: new TextEncoder().encode(jsonText(await report())), type: "application/json" },
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
});
