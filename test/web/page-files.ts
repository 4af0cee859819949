import type { Page } from "puppeteer-core";
import { modelFile, waves } from "./report.js";

/** Words that follow one another by a rule more often than by chance. */
export const text = Array.from(
  { length: 40_000 },
  (_, i) => `w${i % 3 === 0 ? (i * 7919) % 211 : (i * 31 + (i % 5)) % 397}`,
).join(" ");
/** A name that a page must not take for markup. */
export const HOSTILE = '<img src=x onerror="window.broken=1">';

/** A model of many small matrices. */
export function manyMatrices(length = 9999): Uint8Array {
  const values = waves(8, 8, 3);
  return modelFile(
    0,
    Object.fromEntries(
      Array.from({ length }, (_, i) => [`blocks.${i + 1}.attention.weight`, { shape: [8, 8], values }]),
    ),
  );
}

/** What choosing a form of download would save. */
export async function download(page: Page, kind: string): Promise<{ name: string; text: string }[]> {
  await page.evaluate(() => {
    const blobs = new Map<string, Blob>();
    const saved: { name: string; text: Promise<string> }[] = [];
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob: Blob) => {
      const url = make(blob);
      blobs.set(url, blob);
      return url;
    };
    HTMLAnchorElement.prototype.click = function click(): void {
      saved.push({ name: this.download, text: blobs.get(this.href)!.text() });
    };
    Object.assign(window, { saved });
  });
  await page.$eval("#download", (button) => (button as HTMLElement).click());
  await page.$eval(`#download-list [value=${kind}]`, (entry) => (entry as HTMLElement).click());
  await page.waitForFunction(() => (window as unknown as { saved: unknown[] }).saved.length > 0);
  return page.evaluate(async () =>
    Promise.all(
      (window as unknown as { saved: { name: string; text: Promise<string> }[] }).saved.map(
        async ({ name: file, text }) => ({ name: file, text: await text }),
      ),
    ),
  );
}

/** Drops files by their names on the page. */
export async function drop(page: Page, files: Record<string, Uint8Array>): Promise<void> {
  await page.evaluate(
    (given: [name: string, data: string][]) => {
      const transfer = new DataTransfer();
      for (const [name, data] of given)
        transfer.items.add(new File([Uint8Array.from(atob(data), (character) => character.charCodeAt(0))], name));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    Object.entries(files).map(([name, bytes]): [string, string] => [name, Buffer.from(bytes).toString("base64")]),
  );
}

/** Presses an element whatever lies where it is drawn. */
export const pressed = (page: Page, selector: string): Promise<void> =>
  page.$eval(selector, (element) => (element as HTMLElement).click());

/** What pressing each of these buttons would save, whole. */
export async function savedBytes(page: Page, buttons: string): Promise<{ name: string; bytes: Buffer }[]> {
  const saved = await page.$$eval(buttons, async (all) => {
    const blobs: Blob[] = [];
    const names: string[] = [];
    const [make, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
    URL.createObjectURL = (blob: Blob) => {
      blobs.push(blob);
      return make.call(URL, blob);
    };
    HTMLAnchorElement.prototype.click = function keep(): void {
      names.push(this.download);
    };
    for (const button of all) if (/^Save /.test(button.textContent ?? "")) (button as HTMLElement).click();
    [URL.createObjectURL, HTMLAnchorElement.prototype.click] = [make, click];
    const texts = blobs.map(
      (blob) =>
        new Promise<string>((resolve) => {
          const reader = new FileReader();
          reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
          reader.readAsDataURL(blob);
        }),
    );
    return (await Promise.all(texts)).map((data, i) => ({ name: names[i], data }));
  });
  return saved.map(({ name, data }) => ({ name, bytes: Buffer.from(data, "base64") }));
}

/** Names of what the page keeps on the browser's own disk. */
export const filesOnDisk = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const names: string[] = [];
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("weightscope").catch(() => null);
    if (folder)
      for await (const one of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(one);
    return names;
  });
