import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, ElementHandle, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { startServer } from "../../src/cli/static-server.js";
import { describeInBrowsers, launch, newPage, textOf, waitForText } from "./browsers.js";
import { type FileServer, serveFiles } from "./file-server.js";
import { drop, filesOnDisk, pressed, savedBytes } from "./page-files.js";
import { modelFile, waves } from "./report.js";

const at = (place: string): string => fileURLToPath(new URL(`../../${place}`, import.meta.url));
const run = promisify(execFile);
const small = modelFile(3);
const tuned = modelFile(3, {
  "model.layers.1.mlp.up_proj.weight": { shape: [64, 32], values: waves(64, 32, 77) },
});

/** llama.cpp's older imatrix: one tensor, whose columns met larger and larger activations. */
function imatrix(tensor: string, columns: number): Buffer {
  const number = (value: number): Buffer => Buffer.from(Int32Array.of(value).buffer);
  const squares = Float32Array.from({ length: columns }, (_, i) => 3 * (1 + i * i));
  return Buffer.concat([
    number(1),
    number(tensor.length),
    Buffer.from(tensor),
    number(3),
    number(columns),
    Buffer.from(squares.buffer),
  ]);
}

/** Files that the page makes: the command line's, byte for byte. */
describeInBrowsers((name) => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof startServer>>;
  let files: FileServer;
  let page: Page;
  let faults: string[];
  let folder: string;

  beforeAll(async () => {
    const example = new Uint8Array(await readFile(at("examples/selftrained-llama-en.bf16.safetensors")));
    [browser, server, files, folder] = await Promise.all([
      launch(name),
      startServer(at("dist/web"), 0),
      serveFiles({ "/slow.safetensors": { bytes: example, wait: 250 } }),
      mkdtemp(path.join(tmpdir(), "weightscope-page-")),
    ]);
    await writeFile(path.join(folder, "m.safetensors"), small);
    await writeFile(path.join(folder, "tuned.safetensors"), tuned);
  });
  afterAll(async () => {
    await browser?.close();
    server?.server.close();
    files?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    ({ page, faults } = await newPage(browser));
  });
  afterEach(() => page.close());

  const open = async (): Promise<void> => {
    await page.goto(server.address);
    await drop(page, { "m.safetensors": small });
    await waitForText(page, "#doing", /^Done: 10 matrices/);
    await pressed(page, "#tab-compress");
  };
  const select = async (label: string, value: string): Promise<void> => {
    await page.$$eval(
      "#panel-compress label",
      (labels, about, chosen) => {
        const found = labels.find((one) => one.firstElementChild?.textContent === about)!;
        const field = found.querySelector<HTMLSelectElement | HTMLInputElement>("select, input")!;
        field.value = chosen;
        field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input"));
      },
      label,
      value,
    );
  };
  const compress = async (): Promise<void> => {
    await pressed(page, "#panel-compress button[type=submit]");
    await waitForText(page, "#panel-compress .answer", /in place of|is replaced/);
  };
  /** What the command that the page shows writes and prints. */
  const commanded = async (): Promise<{ bytes: Buffer; said: string }> => {
    const [, ...words] = (await textOf(page, "#panel-compress .command code")).split(" ");
    const { stdout } = await run(process.execPath, [at("dist/cli.js"), ...words, "--quiet"], { cwd: folder });
    return { bytes: await readFile(path.join(folder, words[words.indexOf("--output") + 1])), said: stdout };
  };
  const unwrapped = (text: string): string => text.replace(/\s+/g, " ");

  it("compresses to the bytes of the command that it shows, and says its sentence", async () => {
    await open();
    const asked: Record<string, string>[] = [
      { Keep: "signal" },
      { Keep: "budget", "Share of the bits": "1/4", "Type of the factors": "q8", Allocate: "energy" },
      {
        Keep: "energy",
        "Share of the energy": "0.8",
        Allocate: "uniform",
        Method: "gaussian",
        "Order of columns": "leading",
      },
      { Keep: "gaussians", "Gaussians a row": "8", "Only names matching": "q_proj" },
    ];
    for (const fields of asked) {
      for (const [label, value] of Object.entries(fields)) await select(label, value);
      await compress();
      const { bytes, said } = await commanded();
      const sentence = await textOf(page, "#panel-compress .answer");
      expect(unwrapped(said)).toContain(unwrapped(sentence));
      const [saved] = await savedBytes(page, "#panel-compress .made button");
      expect(saved.name).toBe("m.compressed.safetensors");
      expect(saved.bytes.equals(bytes), JSON.stringify(fields)).toBe(true);
    }
    expect(faults).toEqual([]);
  });

  it("weighs columns by an imatrix, and factors transposes, to the bytes of the command", async () => {
    await open();
    await writeFile(path.join(folder, "m.dat"), imatrix("model.layers.1.mlp.up_proj.weight", 32));
    await pressed(page, "#panel-compress details summary");
    await select("Keep", "rank");
    await select("Directions", "4");
    await compress();
    const [plain] = await savedBytes(page, "#panel-compress .made button");
    const field = (await page.$("#panel-compress input[type=file]")) as ElementHandle<HTMLInputElement>;
    await field.uploadFile(path.join(folder, "m.dat"));
    await select("Factor the transpose of names matching", "q_proj");
    await waitForText(page, "#panel-compress .command", /--transpose q_proj --imatrix m\.dat/);
    await compress();
    const { bytes, said } = await commanded();
    const [saved] = await savedBytes(page, "#panel-compress .made button");
    expect(saved.bytes.equals(bytes)).toBe(true);
    expect(saved.bytes.equals(plain.bytes)).toBe(false);
    expect(unwrapped(said)).toContain(unwrapped(await textOf(page, "#panel-compress .answer")));
    await writeFile(path.join(folder, "not.dat"), "no imatrix at all");
    await field.uploadFile(path.join(folder, "not.dat"));
    await pressed(page, "#panel-compress button[type=submit]");
    await waitForText(page, "#panel-compress", /not\.dat.*imatrix/);
    expect(faults).toEqual([]);
  });

  it("saves the file through the browser's own download", async () => {
    const downloads = await mkdtemp(path.join(folder, "downloads-"));
    const context = await browser.createBrowserContext({
      downloadBehavior: { policy: "allow", downloadPath: downloads },
    });
    await page.close();
    page = await context.newPage();
    await page.bringToFront();
    await open();
    await compress();
    const { bytes } = await commanded();
    await pressed(page, "#panel-compress .made button");
    const file = path.join(downloads, "m.compressed.safetensors");
    await expect
      .poll(
        () =>
          readFile(file).then(
            (data) => data.length,
            () => -1,
          ),
        { timeout: 60_000 },
      )
      .toBe(bytes.length);
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });

  it("does so in memory where the browser gives no disk", async () => {
    await page.evaluateOnNewDocument(() => {
      Object.defineProperty(navigator, "storage", { value: undefined });
    });
    await open();
    await select("Keep", "rank");
    await select("Directions", "3");
    await compress();
    const { bytes } = await commanded();
    const [saved] = await savedBytes(page, "#panel-compress .made button");
    expect(saved.bytes.equals(bytes)).toBe(true);
  });

  it("says what is no option, and compares what it made with the original", async () => {
    await open();
    await select("Keep", "budget");
    await select("Share of the bits", "much");
    await pressed(page, "#panel-compress button[type=submit]");
    await waitForText(page, "#panel-compress .error", /^budget: a share above 0 up to 1/);
    await select("Share of the bits", "1/2");
    await select("Order of columns", "path");
    await pressed(page, "#panel-compress button[type=submit]");
    await waitForText(page, "#panel-compress .error", /order is for the method gaussian/);
    await select("Order of columns", "stored");
    await compress();
    expect(await textOf(page, "#panel-compress .error")).toBe("");
    await page.$$eval("#panel-compress .made button", (all) => (all[1] as HTMLElement).click());
    await waitForText(page, "#panel-compare .change", /of their norm/);
    expect(faults).toEqual([]);
  });

  it("is cancelled at once, and leaves nothing on the disk", async () => {
    await page.goto(`${server.address}#src=${encodeURIComponent(`${files.address}/slow.safetensors`)}&view=compress`);
    await page.reload();
    await waitForText(page, "#model-facts", /39 tensors/);
    await pressed(page, "#cancel");
    await waitForText(page, "#doing", /Cancelled/);
    const before = await filesOnDisk(page);
    await pressed(page, "#panel-compress button[type=submit]");
    await waitForText(page, "#panel-compress .working", /%/);
    await pressed(page, "#panel-compress .working button");
    await waitForText(page, "#panel-compress .working", /nothing is kept/);
    // What a browser had in its queue still comes.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const held = files.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(files.requests.length).toBe(held);
    expect(await filesOnDisk(page)).toEqual(before);
  });

  it("makes the adapter of the command line", async () => {
    await page.goto(server.address);
    await drop(page, { "m.safetensors": small, "tuned.safetensors": tuned });
    await waitForText(page, "#panel-compare .change", /of (its|their) norm/);
    await pressed(page, "#panel-compare .adapter summary");
    await pressed(page, "#panel-compare .adapter button[type=submit]");
    await waitForText(page, "#panel-compare .adapter", /The adapter of rank/);
    const made = path.join(folder, `adapter-${name}`);
    const words = ["compare", "m.safetensors", "tuned.safetensors", "--adapter", made, "--quiet"];
    const { stdout } = await run(process.execPath, [at("dist/cli.js"), ...words], { cwd: folder });
    expect(unwrapped(stdout)).toContain(unwrapped(await textOf(page, "#panel-compare .adapter .answer")));
    const saved = await savedBytes(page, "#panel-compare .adapter .made button");
    expect(saved.map((one) => one.name)).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
    for (const one of saved) expect(one.bytes.equals(await readFile(path.join(made, one.name))), one.name).toBe(true);
    expect(faults).toEqual([]);
  });
});
