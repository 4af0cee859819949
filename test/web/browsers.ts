import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { describe, it } from "vitest";
import { CHROMIUM_FLAGS, chromium, firefox } from "../support/browsers.mjs";
import { isRequired } from "../support/results.mjs";

const browsers = {
  chromium: { executablePath: chromium ?? "", args: CHROMIUM_FLAGS },
  firefox: { browser: "firefox" as const, executablePath: firefox ?? "" },
};
export type BrowserName = keyof typeof browsers;

export const launch = (name: BrowserName): Promise<Browser> => puppeteer.launch(browsers[name]);

/** Runs a suite in each browser; a missing one is left out and named, or fails where it is required. */
export function describeInBrowsers(suite: (name: BrowserName) => void): void {
  for (const name of Object.keys(browsers) as BrowserName[]) {
    const present = browsers[name].executablePath !== "";
    if (present || isRequired("browsers")) describe(name, () => suite(name));
    else describe.skipIf(true)(`the page in ${name}`, () => it("needs browsers", () => {}));
  }
}

/** A page whose errors, and refusals by its policy, are kept. */
export async function newPage(
  browser: Browser,
  { width = 1280, height = 900 } = {},
): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => {
    faults.push(String(error));
  });
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.setViewport({ width, height });
  // A page in the background gets no animation frames, so it would not draw.
  await page.bringToFront();
  return { page, faults };
}

export const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (element) => element.textContent ?? "");

/** A page in which nothing has changed for so long (ms) will not come to what a test waits for. */
const STANDSTILL = 60_000;

/**
 * Waits for an element to hold text, for as long as anything on the page still changes: how long a whole analysis takes
 * depends on what else the machine does, and says nothing of the page.
 */
export async function waitForText(page: Page, selector: string, pattern: RegExp): Promise<void> {
  let seen = "";
  let changed = performance.now();
  while (performance.now() - changed < STANDSTILL) {
    const { found, all } = await page.evaluate(
      (where, what) => ({
        found: new RegExp(what).test(document.querySelector(where)?.textContent ?? ""),
        all: document.body?.textContent ?? "",
      }),
      selector,
      pattern.source,
    );
    if (found) return;
    if (all !== seen) changed = performance.now();
    seen = all;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const doing = await page.evaluate(() => `${document.visibilityState}: ${document.body.textContent?.slice(0, 500)}`);
  throw new Error(`no ${pattern} in ${selector}, and nothing changed for ${STANDSTILL / 1000} s; ${doing}`);
}
