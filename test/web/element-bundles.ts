import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { newPage } from "./browsers.js";
import type { FileServer, ServedFile } from "./file-server.js";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

/** The built element and all that it loads, by their paths. */
export async function bundles(): Promise<Record<string, ServedFile>> {
  const files: Record<string, ServedFile> = {};
  for (const folder of ["", "element/", "web/"])
    for (const name of await readdir(dist + folder))
      if (folder === "element/" || /^(element|worker|plain|relaxed|quantized)\b.*\.js$/.test(name))
        files[`/${folder}${name}`] = { bytes: await readFile(dist + folder + name), type: "text/javascript" };
  return files;
}

/** A page around that body. */
export const html = (body: string): ServedFile => ({
  bytes: new TextEncoder().encode(
    `<!doctype html><html lang="en"><title>a page</title><link rel="icon" href="data:,">${body}`,
  ),
  type: "text/html",
});

/** Defines the element. */
export const SCRIPT = '<script type="module" src="/element.js"></script>';

/** Defines it when a test says so. */
export const DEFINE = '<script>globalThis.define = () => import("/element.js")</script>';

/** A new page of the site, whose requests are counted from here on, and what goes wrong on it. */
export async function openPage(
  browser: Browser,
  site: FileServer,
  path: string,
): Promise<{ page: Page; faults: string[] }> {
  site.requests.length = 0;
  const opened = await newPage(browser);
  await opened.page.goto(`${site.address}/${path}`);
  return opened;
}

/** Waits until the page's element is in a state. */
export const inState = (page: Page, state: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted: string) => document.querySelector("weight-scope")?.state === wanted,
    { polling: 30 },
    state,
  );
