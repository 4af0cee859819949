import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyze, compare, extractAdapter, openCheckpoint } from "../../src/index.js";
import type { Checkpoint, CompareReport, Report } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { f32 } from "../cli/run.js";
import { models } from "./models.js";

const include = /layers\.0\./;
const folder = mkdtempSync(path.join(tmpdir(), "weightscope-added-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Base + B A of each module, in f64, rounded to f32. */
async function merged(base: Checkpoint, adapter: Checkpoint): Promise<Uint8Array> {
  const values = async (from: Checkpoint, name: string): Promise<{ data: Float32Array; shape: number[] }> => {
    const tensor = from.tensors.find((one) => one.name === name)!;
    return { data: await from.readRows(tensor, 0, tensor.shape[0]), shape: tensor.shape };
  };
  const names = adapter.tensors.map(({ name }) => name).filter((name) => name.endsWith("lora_A.weight"));
  return safetensors(
    await Promise.all(
      names.map(async (name) => {
        const weight = name.replace("base_model.model.", "").replace("lora_A.weight", "weight");
        const [w, a, b] = await Promise.all([
          values(base, weight),
          values(adapter, name),
          values(adapter, name.replace("lora_A", "lora_B")),
        ]);
        const [rank, columns] = a.shape;
        const sums = w.data.map((x, at) => {
          const [i, j] = [Math.floor(at / columns), at % columns];
          let sum = x;
          for (let k = 0; k < rank; k++) sum += b.data[i * rank + k] * a.data[k * columns + j];
          return sum;
        });
        return f32(weight, w.shape, sums);
      }),
    ),
  );
}

describe("an adapter of a fine-tune", () => {
  let alone: Report;
  let added: CompareReport;
  let whole: CompareReport;
  beforeAll(async () => {
    const { files } = extractAdapter(models.base, models.full, { rank: 8, factors: "f32", include });
    for await (const { name, bytes } of files)
      writeFileSync(path.join(folder, name), new Uint8Array(await new Response(bytes as never).arrayBuffer()));
    const [base, adapter] = await Promise.all([openCheckpoint(models.base), openCheckpoint(folder)]);
    [alone, added, whole] = await Promise.all([
      analyze(folder, { base: models.base, gaussians: [8] }),
      compare(models.base, folder),
      merged(base, adapter).then((file) => compare(models.base, file, { include })),
    ]);
    await Promise.all([base.close(), adapter.close()]);
  });

  it("analysed beside its base has the figures that comparing base and merged finds", () => {
    expect(alone.matrices).toHaveLength(7);
    alone.matrices.forEach(({ name, adapter, participation }) => {
      const other = whole.matrices.find((one) => one.name === name)!;
      expect(adapter!.relativeChange! / other.relativeChange!, name).toBeCloseTo(1, 5);
      expect(participation!.value / other.participation!.value, name).toBeCloseTo(1, 5);
      expect(participation!.spectralNorm / other.participation!.spectralNorm, name).toBeCloseTo(1, 5);
      expect([adapter!.rankUsed, other.energyRanks!["0.99"]], name).toEqual([8, 8]);
    });
  });

  it("as the tuned side is added to the base: of rank 8, and nothing that it does not name", () => {
    expect(added.matrices.map(({ rankAboveRounding }) => rankAboveRounding)).toEqual(Array(7).fill(8));
    expect([added.unmatched, added.quantisation]).toEqual([{ base: [], tuned: [] }, []]);
    expect(added.notes).toEqual([expect.stringMatching(/^the tuned side is an adapter: .* added to 7 matrices/)]);
    added.matrices.forEach(({ name, relativeChange, participation, changed }) => {
      const other = whole.matrices.find((one) => one.name === name)!;
      expect(relativeChange! / other.relativeChange!, name).toBeCloseTo(1, 5);
      expect(participation!.value / other.participation!.value, name).toBeCloseTo(1, 5);
      expect(changed, name).toBeGreaterThan(0.99);
    });
  });

  it("added to a quantised base is no error of the quantiser", async () => {
    const { quantisation, summary } = await compare(models.quantised, folder);
    expect(quantisation).toEqual([]);
    expect(summary.largestRankAboveRounding).toBe(8);
  });

  it("goes second, and two adapters are compared as they are", async () => {
    await expect(compare(folder, models.base)).rejects.toMatchObject({ code: "adapter-first" });
    expect((await compare(folder, folder)).summary).toMatchObject({ matrices: 7, unchanged: 7 });
    const { files } = extractAdapter(models.base, folder, { rank: 4, rest: true });
    await expect(files[Symbol.asyncIterator]().next()).rejects.toThrow("an adapter holds no modules whole");
  });

  it("can be made again at a lower rank", async () => {
    const { files, report } = extractAdapter(models.base, folder, { rank: 4 });
    for await (const { bytes } of files) await new Response(bytes as never).arrayBuffer();
    const { adapter } = await report;
    const of = (rank: number): number => added.adapterRanks.find((one) => one.rank === rank)!.energy;
    expect([adapter!.rank, adapter!.modules]).toEqual([4, 7]);
    expect(adapter!.energy).toBeCloseTo(of(4), 10);
  });
});
