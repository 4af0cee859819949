import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { startServer } from "../../src/cli/static-server.js";
import { type BrowserName, launch, newPage } from "./browsers.js";
import { type FileServer, type ServedFile, serveFiles } from "./file-server.js";

/** What a suite has in hand: from its first test on, and of each test its own `page`, with what went wrong in it. */
export interface ServedPage {
  /** Where the page is. */
  address: string;
  /** Another server, with the suite's files. */
  files: FileServer;
  page: Page;
  faults: string[];
}

/** The page in a browser, opened anew for each test of the suite that calls this. */
export function servedPage(name: BrowserName, files: () => Promise<Record<string, ServedFile>>): ServedPage {
  const held = {} as ServedPage;
  let browser: Browser | undefined;
  let close = (): void => {};
  beforeAll(async () => {
    const site = fileURLToPath(new URL("../../dist/web", import.meta.url));
    browser = await launch(name);
    const [server, served] = await Promise.all([startServer(site, 0), serveFiles(await files())]);
    [held.address, held.files] = [server.address, served];
    close = () => {
      server.server.close();
      served.close();
    };
  });
  afterAll(async () => {
    await browser?.close();
    close();
  });
  beforeEach(async () => {
    Object.assign(held, await newPage(browser as Browser));
    await held.page.goto(held.address);
  });
  afterEach(() => held.page.close());
  return held;
}
