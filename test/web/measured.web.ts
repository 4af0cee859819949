import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeInBrowsers, textOf, waitForText } from "./browsers.js";
import { drop } from "./page-files.js";
import { modelFile } from "./report.js";
import { type ServedPage, servedPage } from "./served-page.js";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const small = modelFile(3);

/** A sweep that the command line measured, dropped beside its checkpoint. */
describeInBrowsers((name) => {
  let { page, faults } = {} as ServedPage;
  let folder: string;
  let sweep: Uint8Array;
  const site = servedPage(name, async () => ({}));
  const tiles = (): Promise<string[]> =>
    page.$$eval("#panel-overview .facts dt", (all) => all.map(({ textContent }) => textContent ?? ""));

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "weightscope-sweep-"));
    await writeFile(path.join(folder, "m.safetensors"), small);
    // The last number of each run: one that changes with the weights, by how much the file does.
    const counting = `"${process.execPath}" -e "console.log(1000 + process.argv[1].length % 7)" {}`;
    const words = ["compress", "m.safetensors", "--sweep", "1/8,1/2", "--evaluate", counting, "--format", "json"];
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words, "--quiet"], { cwd: folder });
    sweep = new TextEncoder().encode(stdout);
    await writeFile(path.join(folder, "sweep.json"), sweep);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => {
    ({ page, faults } = site);
  });

  it("puts the bits at which the function holds among the tiles, and only then", async () => {
    await drop(page, { "m.safetensors": small });
    await waitForText(page, "#doing", /^Done/);
    expect(await tiles()).not.toContain("Function holds at");
    await drop(page, { "sweep.json": sweep });
    await waitForText(page, "#panel-overview .facts", /Function holds at/);
    expect((await tiles()).indexOf("Function holds at")).toBe(4);
    const { rows } = JSON.parse(await readFile(path.join(folder, "sweep.json"), "utf8"));
    const fewest = Math.min(
      ...rows.slice(1).map(({ bits, weights }: { bits: number; weights: number }) => bits / weights),
    );
    expect(await textOf(page, "#panel-overview .facts")).toContain(`${fewest.toFixed(2)} bits, value within 1 %`);
    await page.select("#k", "1");
    await waitForText(page, "#panel-overview .facts", /K = 4/);
    expect(await tiles()).toContain("Function holds at");
    expect(faults).toEqual([]);
  });

  it("goes with its checkpoint in one drop, says of another that it is not its own, and is none alone", async () => {
    await drop(page, { "sweep.json": sweep });
    await waitForText(page, "#start-error", /A sweep without its checkpoint/);
    await drop(page, { "m.safetensors": small, "sweep.json": sweep });
    await waitForText(page, "#panel-overview .facts", /Function holds at/);
    await drop(page, { "other.safetensors": modelFile(2) });
    await waitForText(page, "#panel-overview", /sweep\.json was measured of m\.safetensors, which is another file/);
    expect(await tiles()).not.toContain("Function holds at");
  });
});
