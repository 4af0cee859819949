import { beforeEach, expect, it } from "vitest";
import { describeInBrowsers, textOf, waitForText } from "./browsers.js";
import { download, drop, manyMatrices, pressed } from "./page-files.js";
import { modelFile } from "./report.js";
import { type ServedPage, servedPage } from "./served-page.js";

const many = manyMatrices(2100);

describeInBrowsers((name) => {
  let { page, faults } = {} as ServedPage;
  const site = servedPage(name, async () => ({}));
  beforeEach(() => {
    ({ page, faults } = site);
  });

  /** The browser's dialogue, answered with a file of its own disk: its name, and what lies in it. */
  const answered = (file: string | null, refusal = "AbortError"): Promise<void> =>
    page.evaluate(
      (chosen, why) => {
        const asked: string[] = [];
        const picker = async ({ suggestedName }: { suggestedName: string }): Promise<FileSystemFileHandle> => {
          asked.push(suggestedName);
          if (chosen === null) throw new DOMException("no", why);
          return (await navigator.storage.getDirectory()).getFileHandle(chosen, { create: true });
        };
        Object.assign(window, { asked, showSaveFilePicker: picker });
      },
      file,
      refusal,
    );
  const asked = (): Promise<string[]> => page.evaluate(() => (window as unknown as { asked: string[] }).asked);
  const written = (file: string): Promise<string> =>
    page.evaluate(async (chosen) => {
      const root = await navigator.storage.getDirectory();
      return (await (await root.getFileHandle(chosen)).getFile()).text();
    }, file);

  it("writes what is long where the visitor wants it, byte for byte what is saved without a dialogue", async () => {
    await page.$eval("#gaussians", (input) => ((input as HTMLInputElement).value = "2"));
    await page.$eval("#permutations", (input) => ((input as HTMLInputElement).value = "0"));
    await drop(page, { "many.safetensors": many });
    await waitForText(page, "#doing", /^Done/);
    for (const [kind, ending] of [
      ["json", "json"],
      ["csv", "csv"],
    ]) {
      await answered(`chosen.${ending}`);
      await pressed(page, `#download-list [value=${kind}]`);
      await waitForText(page, "#saving", /^Saved: 2,101 matrices, /);
      expect(await asked()).toEqual([`many.${ending}`]);
      const streamed = await written(`chosen.${ending}`);
      await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
      const [plain] = await download(page, kind);
      expect(plain.name).toBe(`many.${ending}`);
      expect(plain.text.length).toBeGreaterThan(1_000_000);
      // Not by `toBe`, whose message would be the whole of both.
      expect(streamed === plain.text).toBe(true);
      await page.waitForFunction(() => document.querySelector("#saving")!.textContent === "");
    }
    await answered("nowhere");
    const [short] = await download(page, "markdown");
    expect(short.name).toBe("many.md");
    expect(await asked()).toEqual([]);
    await answered(null);
    await pressed(page, "#download-list [value=json]");
    await page.waitForFunction(() => (window as unknown as { asked: string[] }).asked.length === 1);
    // A dialogue that is closed is no fault.
    expect(await textOf(page, "#saving")).toBe("");
    // One that may not be opened here is none.
    await answered(null, "SecurityError");
    const [csv] = await download(page, "csv");
    expect(csv.name).toBe("many.csv");
    expect(await asked()).toEqual(["many.csv"]);
    expect(faults).toEqual([]);
  });

  it("asks nothing for a small report", async () => {
    await drop(page, { "small.safetensors": modelFile(2) });
    await waitForText(page, "#doing", /^Done/);
    await answered("nowhere");
    const [json] = await download(page, "json");
    expect(JSON.parse(json.text).matrices.length).toBeGreaterThan(0);
    expect(await asked()).toEqual([]);
    expect(faults).toEqual([]);
  });
});
