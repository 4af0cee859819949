import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress, compressionPlan } from "../../src/compress/compress.js";
import type { CompressOptions } from "../../src/compress/contract.js";
import { restore } from "../../src/compress/restore.js";
import { data } from "../support/data.js";
import { headerOf, taken } from "./files.js";

const example = new URL("../../examples/selftrained-llama-en.bf16.safetensors", import.meta.url).pathname;
const reference = JSON.parse(readFileSync(data("reference/compression.json"), "utf8"))["llama bf16"] as {
  budgets: Record<string, { svd_energy: number; svd_numbers: number; gauss_energy: number; gauss_numbers: number }>;
};

describe("compress", () => {
  it("keeps the numbers and energies of numpy's full SVD, and of least squares on Gaussians", async () => {
    for (const [budget, expected] of Object.entries(reference.budgets)) {
      const keep = { budget: Number(budget) };
      const { summary: singular } = await compressionPlan(example, { keep });
      expect(singular.numbers).toBe(expected.svd_numbers);
      expect(Math.abs(singular.energy - expected.svd_energy)).toBeLessThanOrEqual(2e-6);
      const { summary: gaussian } = await compressionPlan(example, { keep, method: "gaussian" });
      expect(gaussian.numbers).toBe(expected.gauss_numbers);
      expect(Math.abs(gaussian.energy - expected.gauss_energy)).toBeLessThanOrEqual(2e-6);
    }
  });

  it("makes files within a hundredth of the sizes that were asked for", async () => {
    const half = await compressionPlan(example, { keep: { budget: 0.25 } });
    expect(Math.abs(half.summary.bytes / 1_480_096 - 1)).toBeLessThan(0.01);
    const bytes = await compressionPlan(example, { keep: { budget: 0.125 }, factors: "q8" });
    expect(Math.abs(bytes.summary.bytes / 908_472 - 1)).toBeLessThan(0.01);
  });

  it("says the size of its files, and restores its header and what it left alone to the bit", async () => {
    for (const options of VARIANTS) {
      const packed = await taken(compress(example, options));
      const { summary, tensors } = await compressionPlan(example, options);
      expect(packed.files.map(({ bytes }) => bytes.length)).toEqual([summary.bytes]);
      const { files, report } = await taken(restore(packed.files[0].bytes));
      const original = readFileSync(example);
      expect(headerOf(files[0].bytes)).toEqual(headerOf(original));
      expect(files[0].bytes.length).toBe(original.length);
      const before = await openCheckpoint(original);
      const after = await openCheckpoint(files[0].bytes);
      const through = await openCheckpoint(packed.files[0].bytes);
      expect(report).toMatchObject({ tensors: before.tensors.length, restored: tensors.length, notes: [] });
      for (const [i, tensor] of before.tensors.entries()) {
        const rows = tensor.shape.length < 2 ? 1 : tensor.shape[0];
        const [was, is] = [await before.readRows(tensor, 0, rows), await after.readRows(after.tensors[i], 0, rows)];
        // The compressed file opens as the same.
        expect(through.tensors[i]).toMatchObject({ name: tensor.name, dtype: tensor.dtype, shape: tensor.shape });
        expect(same(await through.readRows(through.tensors[i], 0, rows), is)).toBe(true);
        const packedOne = tensors.find(({ name }) => name === tensor.name);
        if (!packedOne) expect(same(is, was)).toBe(true);
        else expect(energyOf(was, is), `${tensor.name} ${JSON.stringify(options)}`).toBeCloseTo(packedOne.energy, 3);
      }
    }
  });

  it("gives the same bytes again, whatever the memory", async () => {
    const options: CompressOptions = { keep: { budget: 0.1 }, factors: "q4" };
    const once = await taken(compress(example, options));
    const again = await taken(compress(readFileSync(example), { ...options, memory: 1 << 16, threads: 3 }));
    expect(again.files[0].bytes.equals(once.files[0].bytes)).toBe(true);
  });
});

const VARIANTS: CompressOptions[] = [
  {},
  { keep: { budget: 0.25 } },
  { keep: { rank: 3 }, factors: "f32", include: /./ },
  { keep: { budget: 0.125 }, factors: "q8" },
  { keep: { energy: 0.8 }, factors: "q4", exclude: /mlp/ },
  { keep: { budget: 0.2 }, factors: "f16", allocate: "energy", transpose: /down_proj/ },
  { keep: { energy: 0.7 }, allocate: "relative-energy" },
  { method: "gaussian" },
  { method: "gaussian", keep: { budget: 0.3 }, order: "path", factors: "q8", transpose: /q_proj/ },
  { method: "gaussian", keep: { energy: 0.3 }, order: "leading", include: /layers\.0.*_proj/ },
];

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const same = (a: Float32Array, b: Float32Array): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

/** 1 - ‖was - is‖² / ‖was‖². */
function energyOf(was: Float32Array, is: Float32Array): number {
  let lost = 0;
  let whole = 0;
  was.forEach((x, i) => {
    lost += (x - is[i]) ** 2;
    whole += x * x;
  });
  return 1 - lost / whole;
}
