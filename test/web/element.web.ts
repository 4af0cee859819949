import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { analyze } from "../../src/index.js";
import { answerOf } from "../../src/report/answer.js";
import type { Report } from "../../src/types.js";
import { describeInBrowsers, launch, newPage } from "./browsers.js";
import { type FileServer, type ServedFile, serveFiles } from "./file-server.js";
import { modelFile } from "./report.js";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const STRICT =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'";
const html = (body: string): string =>
  `<!doctype html><html lang="en"><title>a page</title><link rel="icon" href="data:,">${body}`;

async function filesBelow(folder: string, at: string): Promise<Record<string, ServedFile>> {
  const files: Record<string, ServedFile> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const type = { ".js": "text/javascript", ".html": "text/html; charset=utf-8", ".css": "text/css" }[
      path.extname(file)
    ];
    files[`${at}/${path.relative(folder, file)}`] = { bytes: new Uint8Array(await readFile(file)), type };
  }
  return files;
}

describeInBrowsers((name) => {
  let browser: Browser;
  let site: FileServer;
  let folder: string;
  const model = modelFile(4);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "weightscope-vite-"));
    await writeFile(
      path.join(folder, "index.html"),
      html('<weight-scope src="/model.safetensors"></weight-scope><script type="module" src="/main.js"></script>'),
    );
    await writeFile(path.join(folder, "main.js"), `import ${JSON.stringify(path.join(dist, "element.js"))};\n`);
    await build({ root: folder, logLevel: "error", build: { outDir: path.join(folder, "out"), target: "es2022" } });
    const text = (body: string): Uint8Array => new TextEncoder().encode(html(body));
    site = await serveFiles({
      ...(await filesBelow(path.join(folder, "out"), "")),
      ...Object.fromEntries(
        Object.entries(await filesBelow(dist, "/dist")).filter(([file]) =>
          /^\/dist\/(element|worker|web\/(plain|relaxed|quantized)-)/.test(file),
        ),
      ),
      "/model.safetensors": { bytes: model },
      "/broken.safetensors": { bytes: new Uint8Array(20) },
      "/strict.html": {
        bytes: text(
          '<script type="module" src="/dist/element.js"></script><weight-scope src="model.safetensors" ' +
            'worker-url="/dist/worker.js" permutations="20" svd table charts="energy norms"></weight-scope>',
        ),
        type: "text/html",
        headers: { "content-security-policy": STRICT },
      },
      "/plain.html": {
        bytes: text('<script type="module" src="/dist/element.js"></script><weight-scope></weight-scope>'),
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

  // As text: what a driver hands over loses parts that lie deep.
  const report = async (page: Page): Promise<Report> => {
    const found = await page.waitForFunction(
      () => {
        const made = document.querySelector("weight-scope")?.report;
        return made && JSON.stringify(made);
      },
      { timeout: 300_000, polling: 50 },
    );
    return JSON.parse((await found.jsonValue()) as string) as Report;
  };

  it("works under a strict policy from a plain script tag, and shows what it was asked to", async () => {
    const { page, faults } = await newPage(browser);
    await page.goto(`${site.address}/strict.html`);
    const made = await report(page);
    const same = await analyze(model, { gaussians: ["auto", 8, "d/32", "d/8"], permutations: 20, svd: true });
    expect(made.matrices).toEqual(JSON.parse(JSON.stringify(same.matrices)));
    const shown = await page.evaluate(() => {
      const root = document.querySelector("weight-scope")!.shadowRoot!;
      return {
        charts: [...root.querySelectorAll("figure:not([hidden]) figcaption h3")].map((title) => title.textContent),
        rows: root.querySelectorAll(".grid .body .row").length,
        answer: root.querySelector("[part=answer]")!.textContent,
        label: getComputedStyle(root.querySelector(".facts > div")!).borderTopStyle,
      };
    });
    expect(shown).toEqual({
      charts: ["Energy against K", "Layer norms by depth"],
      rows: made.matrices.length,
      answer: answerOf(made),
      label: "solid",
    });
    expect(faults).toEqual([]);
    await page.close();
  });

  it("takes a file by its property, tells by events, and wears the page's colours", async () => {
    const { page, faults } = await newPage(browser);
    await page.goto(`${site.address}/plain.html`);
    await page.waitForFunction(() => customElements.get("weight-scope"));
    const heard = await page.evaluate(async (address: string) => {
      const element = document.querySelector("weight-scope")!;
      const events: string[] = [];
      element.style.setProperty("--weightscope-accent", "rgb(200, 0, 100)");
      for (const type of ["opened", "progress", "report", "failed"])
        element.addEventListener(type, () => {
          if (events.at(-1) !== type) events.push(type);
        });
      const ended = (type: string): Promise<CustomEvent> =>
        new Promise((resolve) => {
          element.addEventListener(type, (event) => resolve(event as CustomEvent), { once: true });
        });
      const first = ended("report");
      element.source = new Blob([await (await fetch(`${address}/model.safetensors`)).arrayBuffer()]);
      await first;
      const titles = [...element.shadowRoot!.querySelectorAll("figure:not([hidden]) figcaption h3")];
      const spectrum = titles.map((title) => title.textContent).includes("Singular values");
      const colour = getComputedStyle(element.shadowRoot!.querySelector(".chart .line.accent")!).stroke;
      const second = ended("failed");
      element.source = new Blob([new Uint8Array(20)]);
      await second;
      return {
        events,
        spectrum,
        colour,
        error: element.shadowRoot!.querySelector(".error")!.textContent,
        report: element.report,
      };
    }, site.address);
    expect(heard.events.join(" ")).toMatch(/^opened progress report failed$/);
    expect(heard.spectrum).toBe(true);
    expect(heard.colour).toBe("rgb(200, 0, 100)");
    expect(heard.error).toMatch(/blob/);
    expect(heard.report).toBeNull();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("works in what Vite builds", async () => {
    const { page, faults } = await newPage(browser);
    await page.goto(`${site.address}/index.html`);
    expect((await report(page)).matrices).toHaveLength(13);
    expect(faults).toEqual([]);
    await page.close();
  });
});
