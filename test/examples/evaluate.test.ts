import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { extractAdapter } from "../../src/index.js";
import { data, describeNeeding, python } from "../support/data.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bundled = path.join(root, "examples/selftrained-llama-en.bf16.safetensors");
const run = promisify(execFile);

interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

async function evaluate(...args: string[]): Promise<Ran> {
  try {
    const ran = await run(process.execPath, [path.join(root, "examples/evaluate/evaluate.mjs"), ...args]);
    return { status: 0, ...ran };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

const numbers = (text: string) => [...text.matchAll(/-?\d+(?:\.\d+)?/g)].map(Number);
const lastNumber = async (...args: string[]) => numbers((await evaluate(...args)).stdout).at(-1)!;

describe("examples/evaluate", () => {
  it("prints what its README shows, the loss of the training log's kind among it", async () => {
    const readme = readFileSync(path.join(root, "examples/evaluate/README.md"), "utf8");
    const [, command, shown] = /<!-- \$ (.+) -->\n```\n([\s\S]*?)```/.exec(readme)!;
    const { status, stdout, stderr } = await evaluate(bundled, ...command.split(" ").slice(3));
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: shown, stderr: "" });
    expect(Math.abs(numbers(stdout).at(-2)! - 1.5245)).toBeLessThan(2e-4);
  });

  it("keeps nothing of a model whose head says nothing: the loss of a uniform guess", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "weightscope-evaluate-"));
    try {
      const file = path.join(folder, "headless.safetensors");
      const bytes = readFileSync(bundled);
      const length = Number(bytes.readBigUInt64LE());
      const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<
        string,
        { data_offsets: [number, number] }
      >;
      const [first, last] = header["lm_head.weight"].data_offsets;
      bytes.fill(0, 8 + length + first, 8 + length + last);
      writeFileSync(file, bytes);
      expect(await lastNumber(file, "--every", "256", "--print", "loss")).toBeCloseTo(Math.log(288), 3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("names a checkpoint of another shape, and weights that are not finite, instead of printing a number", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "weightscope-evaluate-"));
    try {
      const file = path.join(folder, "broken.safetensors");
      const bytes = readFileSync(bundled);
      bytes.fill(255, bytes.length - 512);
      writeFileSync(file, bytes);
      const broken = await evaluate(file, "--every", "256");
      expect([broken.status, broken.stdout]).toEqual([1, ""]);
      expect(broken.stderr).toMatch(/: the loss is NaN: weights that are not finite, or too large\n$/);
      const header =
        '{"wte.weight":{"dtype":"F32","shape":[2,32],"data_offsets":[0,256]},' +
        '"wpe.weight":{"dtype":"F32","shape":[2,32],"data_offsets":[256,512]}}';
      const small = Buffer.alloc(8 + header.length + 512);
      small.writeBigUInt64LE(BigInt(header.length));
      small.write(header, 8);
      writeFileSync(file, small);
      expect((await evaluate(file)).stderr).toMatch(/: no tensor "ln_f\.weight", which the model needs\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("takes another text and a loss as the reference", async () => {
    const { stdout } = await evaluate(
      bundled,
      "--text",
      path.join(root, "README.md"),
      "--every",
      "32",
      "--reference",
      "1",
    );
    const [, , unigram, reference, loss, kept] = numbers(stdout);
    expect(reference).toBe(1);
    expect(loss).toBeGreaterThan(2);
    expect(kept).toBeCloseTo((unigram - loss) / (unigram - 1), 3);
  });

  it.each([
    [[], 2, /^evaluate: one FILE; usage: /],
    [[bundled, "--every", "0"], 2, /^evaluate: --every takes a whole number from 1, not 0; usage: /],
    [[bundled, "--print", "all", "--nothing"], 2, /^evaluate: Unknown option '--nothing'/],
    [["absent.safetensors"], 1, /^evaluate: absent\.safetensors: no such file/],
    [[path.join(root, "test/checkpoint/none.npy")], 1, /^evaluate: /],
    [
      [bundled, "--text", path.join(root, ".gitignore")],
      1,
      /^evaluate: the text is shorter than a window of 128 bytes\n$/,
    ],
  ])("%j is one clear line", async (args, status, message) => {
    const ran = await evaluate(...args);
    expect(ran.status).toBe(status);
    expect(ran.stdout).toBe("");
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

/** The losses are of a forward pass in numpy; GGUF files of the same weights lie close by. */
async function loses(file: string, loss: number, tolerance: number): Promise<void> {
  const found = await lastNumber(data(`models/selftrained-llama-en/${file}`), "--every", "16", "--print", "loss");
  expect(Math.abs(found - loss)).toBeLessThan(tolerance);
}

describe("examples/evaluate on the other files of its model", () => {
  it.each([
    ["model.safetensors", 1.52454, 2e-4],
    ["init.bf16.safetensors", 5.674, 2e-3],
  ])("%s: %f", loses);
});

describe("examples/evaluate of adapters", () => {
  const full = path.join(root, "test/fixtures/models/selftrained-llama-en-tuned/full.bf16.safetensors");
  const shakespeare = ["--text", path.join(root, "examples/evaluate/text/shakespeare.txt"), "--every", "4"];
  const shown = readFileSync(path.join(root, "docs/compare.md"), "utf8");

  it.each([
    [true, 1.9336, 0.9428],
    [false, 2.0233, 0.8604],
  ])(
    "of rank 8 from a fine-tune of all weights, with the rest %s: loss %f, %f of the function",
    async (rest, ...expected) => {
      const folder = mkdtempSync(path.join(tmpdir(), "weightscope-evaluate-"));
      try {
        const { files } = extractAdapter(bundled, full, { rank: 8, rest });
        for await (const { name, bytes } of files)
          writeFileSync(path.join(folder, name), new Uint8Array(await new Response(bytes as never).arrayBuffer()));
        // Once from the checkpoints themselves, once by the losses found there.
        const ends = rest ? ["--from", bundled, "--reference", full] : ["--from", "2.9594", "--reference", "1.8714"];
        const { stdout } = await evaluate(bundled, "--adapter", folder, ...shakespeare, ...ends);
        const found = numbers(stdout).slice(3);
        [2.9594, 1.8714, ...expected].forEach((value, i) => expect(Math.abs(found[i] - value)).toBeLessThan(2e-4));
        if (rest) expect(shown).toContain(stdout);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describeNeeding(["collection"], "examples/evaluate on the collection's files", () => {
  const replica = data("models/replica-10m/model.bf16.safetensors");

  it.each([
    ["model.Q8_0.gguf", 1.5245, 5e-4],
    ["model.Q4_0.gguf", 1.5259, 1e-2],
  ])("%s: %f", loses);

  it("replica-10m: 5.1157 on every 6th window, 6.1864 by counting words", async () => {
    const { stdout } = await evaluate(replica, "--every", "6");
    const [windows, length, unigram, loss] = numbers(stdout);
    expect([windows, length]).toEqual([32, 128]);
    expect(unigram).toBeCloseTo(6.1864, 4);
    expect(Math.abs(loss - 5.1157)).toBeLessThan(2e-4);
  });

  it("the texts are those of the training folders", async () => {
    const novel = readFileSync(data("text/Eliot_Adam_1859.txt"));
    expect(
      readFileSync(path.join(root, "examples/evaluate/text/adam-bede.txt")).equals(
        novel.subarray(novel.length - 131_073),
      ),
    ).toBe(true);
    const shakespeare = readFileSync(data("text/tinyshakespeare.txt"));
    expect(
      readFileSync(path.join(root, "examples/evaluate/text/shakespeare.txt")).equals(
        shakespeare.subarray(shakespeare.length - 32_769),
      ),
    ).toBe(true);
    const ends = shakespeare.toString("utf8").toLowerCase();
    expect(ends.endsWith(readFileSync(path.join(root, "examples/evaluate/text/tinyshakespeare.txt"), "utf8"))).toBe(
      true,
    );
  });
});

describeNeeding(["numpy", "collection"], "examples/evaluate against numpy", () => {
  it.each([
    ["llama", "models/selftrained-llama-en/init.bf16.safetensors", 64],
    ["replica", "models/replica-10m/init.bf16.safetensors", 24],
  ])("%s, %s, every %i-th window", async (model, file, every) => {
    const { stdout } = await run(python, [data("reference/forward.py"), model, data(file), String(every)]);
    expect(
      Math.abs((await lastNumber(data(file), "--every", String(every), "--print", "loss")) - Number(stdout)),
    ).toBeLessThan(2e-4);
  });
});
