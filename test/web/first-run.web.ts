import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { startServer } from "../../src/cli/static-server.js";
import { describeInBrowsers, launch, newPage, textOf, waitForText } from "./browsers.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { drop } from "./page-files.js";
import { modelFile } from "./report.js";

const site = fileURLToPath(new URL("../../dist/web", import.meta.url));

/** What a visitor meets first: the zone to drop on, what may be written, and what is said when it goes wrong. */
describeInBrowsers((name) => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof startServer>>;
  let closed: Awaited<ReturnType<typeof startServer>>;
  let files: FileServer;
  let page: Page;

  beforeAll(async () => {
    [browser, server, closed, files] = await Promise.all([
      launch(name),
      startServer(site, 0),
      startServer(site, 0),
      serveFiles({ "/bad.safetensors": { bytes: new TextEncoder().encode("<!doctype html><p>log in") } }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.server.close();
    closed?.server.close();
    files?.close();
  });
  beforeEach(async () => {
    ({ page } = await newPage(browser));
    await page.goto(server.address);
  });
  afterEach(() => page.close());

  const go = async (address: string): Promise<void> => {
    await page.$eval(
      "#url",
      (input, value) => {
        (input as HTMLInputElement).value = value;
      },
      address,
    );
    await page.$eval("#address button", (button) => (button as HTMLButtonElement).click());
  };
  const isShown = (selector: string): Promise<boolean> =>
    page.$eval(selector, (element) => (element as HTMLElement).checkVisibility());

  it("says what is wrong, what to do and how, and keeps the zone to drop on", async () => {
    await go(`${files.address}/bad.safetensors`);
    await waitForText(page, "#start-error", /Not a checkpoint.*web page, not a checkpoint/);
    expect(await isShown("#drop")).toBe(true);
    await go(`${files.address}/none.safetensors`);
    await waitForText(page, "#start-error", /Nothing is there.*404/);
    await go("not an address");
    await waitForText(page, "#start-error", /No address.*not an address/);
    await page.$eval("#include", (input) => {
      (input as HTMLInputElement).value = "(";
    });
    await drop(page, { "m.safetensors": modelFile(1) });
    await waitForText(page, "#start-error", /An option cannot be used.*include/);
    expect(await page.$eval("#options", (details) => (details as HTMLDetailsElement).open)).toBe(true);
  });

  it("names CORS at the first failure, with a command that reads the address all the same", async () => {
    const started = performance.now();
    await go(`${closed.address}page.js`);
    await waitForText(page, "#start-error", /closed to pages.*CORS/);
    // Before the second of five tries, which wait half a second, one, two, four and eight.
    expect(performance.now() - started).toBeLessThan(8000);
    expect(await textOf(page, "#start-error code")).toBe(`weightscope analyze ${closed.address}page.js --null`);
    await page.$eval("#start-error .command button", (button) => (button as HTMLButtonElement).click());
    await page.waitForFunction(
      () =>
        document.querySelector("#start-error .command button")!.textContent === "Copied" ||
        /^weightscope analyze/.test(String(getSelection())),
    );
    await page.evaluate(() => Object.defineProperty(navigator, "onLine", { value: false }));
    await go(`${closed.address}page.js`);
    await waitForText(page, "#start-error", /Offline.*this browser is offline.*need no network/);
  });

  it("understands owner/repo, and tells files by their bytes", async () => {
    await go("some-owner/some-repo");
    await page.waitForFunction(() => location.hash.includes("src=hf%3A%2F%2Fsome-owner%2Fsome-repo"));
    await drop(page, { "a text without an ending": new TextEncoder().encode("one two three one two three") });
    await waitForText(page, "#text", /Done: 6 words/);
    await drop(page, { "weights.txt": modelFile(1) });
    await waitForText(page, "#doing", /^Done: 4 matrices/);
    await drop(page, { "model.pt": new Uint8Array([0x80, 2, 0x7d, 0x71, 0, 0x2e]) });
    await waitForText(page, "#start-error code", /^python -c .* model\.pt model\.safetensors$/);
  });

  it("tries the example that comes with the page, by a button or a link", async () => {
    await page.$eval("#example", (button) => (button as HTMLButtonElement).click());
    await waitForText(page, "#doing", /^Done: 30 matrices/);
    expect(await textOf(page, "#answer")).toMatch(/^[\d,]+ of 6,656 directions stand above noise/);
    expect(await textOf(page, "#model-name")).toBe("example.Q4_K_M.gguf");
    expect(await page.evaluate(() => location.hash)).toBe("#src=example");
    await page.reload();
    await waitForText(page, "#doing", /^Done: 30 matrices/);
  });
});
