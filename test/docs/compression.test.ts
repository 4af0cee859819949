import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { run } from "../cli/run.js";
import { describeNeeding, python } from "../support/data.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bundled = path.join(root, "examples/selftrained-llama-en.bf16.safetensors");
const document = readFileSync(path.join(root, "docs/compression.md"), "utf8");

describe("docs/compression.md", () => {
  it("holds what the commands print", () => {
    const given = ["scripts/paper.mjs", "docs/compression.md", "--check", "--only", "--include lm_head"];
    const { status, stderr } = spawnSync(process.execPath, given, { cwd: root, encoding: "utf8" });
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^weightscope compress .* --include lm_head /),
    ]);
    expect(status).toBe(0);
  });

  it("has a table under every command", () => {
    const places = [...document.matchAll(/<!-- weightscope [^\n]+ -->\n([\s\S]*?)<!-- end -->/g)];
    expect(places.length).toBeGreaterThan(10);
    for (const [, printed] of places) expect(printed).toMatch(/^\|.* \| as it is \||^\| as it is \|/m);
  });
});

describe("docs/paper.md", () => {
  it("holds the losses of the old answer and of the new one as the command prints them", () => {
    const given = ["scripts/paper.mjs", "docs/paper.md", "--check", "--only", "signal,energy=0.9"];
    const { status, stderr } = spawnSync(process.execPath, given, { cwd: root, encoding: "utf8" });
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(/^weightscope compress /)]);
    expect(status).toBe(0);
    const paper = readFileSync(path.join(root, "docs/paper.md"), "utf8");
    const readme = readFileSync(path.join(root, "README.md"), "utf8");
    // Of a forward pass in numpy on the same weights in f32: 1.5626 and 3.256.
    for (const [kept, loss] of [
      ["signal", "1.5625"],
      ["energy=0.9", "3.2555"],
    ]) {
      expect(paper).toMatch(new RegExp(`^\\| singular, ${kept} \\|.* ${loss} \\|$`, "m"));
      expect(readme).toContain(loss);
    }
  });
});

describeNeeding(["numpy"], "the reader of docs/compression.md", () => {
  const [, reader] = /<!-- reader -->\n```python\n([\s\S]*?)```/.exec(document)!;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "weightscope-layout-"));
    const dump = `
import sys
found = read_compressed(sys.argv[1])
names = sorted(found)
np.concatenate([found[name].astype("<f4").ravel() for name in names]).tofile(sys.argv[2])
print(json.dumps([[name, *found[name].shape] for name in names]))
`;
    writeFileSync(path.join(folder, "read.py"), reader + dump);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is thirty lines", () => {
    expect(reader.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(30);
  });

  it.each([
    ["singular, source's bits", ["--budget", "1/4"]],
    ["singular, f32", ["--rank", "3", "--factors", "f32"]],
    ["singular, f16", ["--rank", "3", "--factors", "f16"]],
    ["singular, 8 bits", ["--budget", "1/8", "--factors", "q8"]],
    ["singular, 4 bits, an odd rank", ["--rank", "7", "--factors", "q4"]],
    ["singular, some transposed", ["--rank", "5", "--transpose", "up_proj|k_proj"]],
    ["Gaussians", ["--method", "gaussian", "--gaussians", "9"]],
    ["one Gaussian", ["--method", "gaussian", "--gaussians", "1"]],
    [
      "Gaussians on a path, 8 bits",
      ["--method", "gaussian", "--gaussians", "20", "--order", "path", "--factors", "q8"],
    ],
    [
      "Gaussians by the leading direction, 4 bits",
      ["--method", "gaussian", "--gaussians", "33", "--order", "leading", "--factors", "q4"],
    ],
  ])("reads %s as the library does", async (_, options) => {
    const file = path.join(folder, "small.safetensors");
    const values = path.join(folder, "values");
    const ran = await run(["compress", bundled, "--include", "layers.1.", ...options, "--output", file, "--quiet"]);
    expect([ran.stderr, ran.status]).toEqual(["", 0]);
    const printed = execFileSync(python, [path.join(folder, "read.py"), file, values], { encoding: "utf8" });
    const shapes = JSON.parse(printed) as [name: string, rows: number, columns: number][];
    const bytes = readFileSync(values);
    const found = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const checkpoint = await openCheckpoint(file);
    let at = 0;
    expect(shapes).toHaveLength(7);
    for (const [name, rows, columns] of shapes) {
      const tensor = checkpoint.tensors.find((one) => one.name === name)!;
      expect(tensor.shape).toEqual([rows, columns]);
      const whole = await checkpoint.readRows(tensor, 0, rows);
      let worst = 0;
      for (const value of whole) worst = Math.max(worst, Math.abs(value - found[at++]) / (Math.abs(value) + 1e-4));
      // The library gives the tensor's own type: half a unit in the last place of bfloat16.
      expect(worst, name).toBeLessThan(2 ** -8);
    }
    expect(at).toBe(found.length);
    await checkpoint.close();
  });
});
