import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import { roundedFiles } from "../../src/compress/rounding.js";
import { safetensors } from "../checkpoint/files.js";
import { data } from "../support/data.js";

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-rounding-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Round to nearest, ties to even, of a block: docs/method.md §9 in scalar float64. */
function block(values: number[], bits: number): number[] {
  const limit = 2 ** (bits - 1);
  const largest = values.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  const scale = half(bits >= 6 ? Math.abs(largest) / (limit - 1) : largest / -limit);
  if (scale === 0) return values.map(() => 0);
  return values.map((x) => {
    const down = Math.floor(x / scale);
    const rest = x / scale - down;
    const code = rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
    return scale * Math.max(bits >= 6 ? 1 - limit : -limit, Math.min(limit - 1, code));
  });
}

/** The nearest IEEE half: the exponent's grid of eleven bits. */
function half(x: number): number {
  if (x === 0) return 0;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(x))));
  const step = 2 ** (exponent - 10);
  const down = Math.floor(x / step);
  const rest = x / step - down;
  return step * (rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down);
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The one file of a checkpoint with some tensors rounded, and what was kept. */
async function rounded(bytes: Uint8Array, names: string[], bits: number) {
  const checkpoint = await openRaw(bytes);
  const { files, rounded } = roundedFiles(checkpoint, new Set(names), bits);
  expect(files).toHaveLength(1);
  const written = await bytesOf(files[0].bytes);
  await checkpoint.close();
  return { written, rounded };
}

const f32 = (name: string, shape: number[], values: Float32Array) => ({ name, dtype: "F32", shape, bytes: values });

describe("roundedFiles", () => {
  it("rounds each block of 32 as method.md says, whatever the weights, the last one short", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: 1, maxLength: 150 }),
        async (bits, columns, given) => {
          const rows = Math.ceil(given.length / columns);
          const values = Float32Array.from({ length: rows * columns }, (_, i) => given[i % given.length]);
          const { written, rounded: kept } = await rounded(
            safetensors([f32("w", [rows, columns], values)]),
            ["w"],
            bits,
          );
          const checkpoint = await openRaw(written);
          const found = await checkpoint.readRows(checkpoint.tensors[0], 0, rows);
          const wanted: number[] = [];
          for (let row = 0; row < rows; row++) {
            for (let at = 0; at < columns; at += 32) {
              const from = row * columns + at;
              wanted.push(...block([...values.subarray(from, row * columns + Math.min(columns, at + 32))], bits));
            }
          }
          found.forEach((value, i) => expect(Math.abs(value - wanted[i])).toBeLessThanOrEqual(1e-6 * Math.abs(value)));
          expect(kept.bits).toBe(rows * (columns * bits + 16 * Math.ceil(columns / 32)));
          expect(kept.bitsOfSource).toBe(rows * columns * 32);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps every other byte, and says what share of the energy it kept", async () => {
    const values = Float32Array.from({ length: 96 }, (_, i) => ((i * 37) % 19) - 9);
    const bytes = safetensors([
      f32("a", [3], values.slice(0, 3)),
      f32("b", [2, 48], values),
      f32("c", [2, 2], values.slice(4, 8)),
    ]);
    const { written, rounded: kept } = await rounded(bytes, ["b"], 3);
    const start = bytes.length - 16 - 384;
    expect(written.length).toBe(bytes.length);
    expect(written.subarray(0, start)).toEqual(bytes.subarray(0, start));
    expect(written.subarray(bytes.length - 16)).toEqual(bytes.subarray(bytes.length - 16));
    expect(written.subarray(start, bytes.length - 16)).not.toEqual(bytes.subarray(start, bytes.length - 16));
    const found = new Float32Array(written.slice(start, bytes.length - 16).buffer);
    let squares = 0;
    let lost = 0;
    values.forEach((x, i) => {
      squares += x * x;
      lost += (x - found[i]) ** 2;
    });
    expect(kept.energy).toBeCloseTo(1 - lost / squares, 9);
  });

  it("zeros, nothing chosen, no columns", async () => {
    const bytes = safetensors([f32("z", [2, 40], new Float32Array(80)), f32("none", [4, 0], new Float32Array(0))]);
    const zeros = await rounded(bytes, ["z", "none"], 4);
    expect(zeros.written).toEqual(bytes);
    expect(zeros.rounded).toEqual({ weights: 80, bits: 80 * 4 + 4 * 16, bitsOfSource: 2560, energy: 1 });
    expect(await rounded(bytes, [], 4)).toEqual({
      written: bytes,
      rounded: { weights: 0, bits: 0, bitsOfSource: 0, energy: 1 },
    });
  });

  it("a slice of a stack stands for its tensor", async () => {
    const bytes = safetensors([
      f32(
        "experts",
        [2, 3, 4],
        Float32Array.from({ length: 24 }, (_, i) => i),
      ),
    ]);
    expect((await rounded(bytes, ["experts[0]", "experts[1]"], 2)).rounded.weights).toBe(24);
  });

  it.each([Number.NaN, Infinity, 1e9])("a weight of %f is one clear line", async (bad) => {
    const bytes = safetensors([f32("w", [1, 2], Float32Array.of(1, bad))]);
    await expect(rounded(bytes, ["w"], 4)).rejects.toThrow(/tensor "w": cannot be rounded: /);
  });

  it("what is quantised already, or has no place of its own, is said", async () => {
    const gguf = await openRaw(data("models/selftrained-llama-en/model.Q4_K_M.gguf"));
    const name = gguf.tensors.find(({ dtype }) => dtype === "Q4_K")!.name;
    expect(() => roundedFiles(gguf, new Set([name]), 4)).toThrow(/cannot be rounded: Q4_K is rounded already$/);
    await gguf.close();
  });

  it("two shards: two files, each with its own tensors", async () => {
    const shards = ["a", "b"].map((name) =>
      safetensors([
        f32(
          name,
          [1, 32],
          Float32Array.from({ length: 32 }, (_, i) => i),
        ),
      ]),
    );
    shards.forEach((bytes, i) => writeFileSync(path.join(folder, `model-${i}.safetensors`), bytes));
    const map = { weight_map: { a: "model-0.safetensors", b: "model-1.safetensors" } };
    writeFileSync(path.join(folder, "model.safetensors.index.json"), JSON.stringify(map));
    const checkpoint = await openRaw(folder);
    const { files } = roundedFiles(checkpoint, new Set(["b"]), 2);
    const written = await Promise.all(files.map(({ bytes }) => bytesOf(bytes)));
    await checkpoint.close();
    expect(files.map(({ name }) => name)).toEqual(["model-0.safetensors", "model-1.safetensors"]);
    expect(written[0]).toEqual(shards[0]);
    expect(written[1]).not.toEqual(shards[1]);
  });
});
