import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress } from "../../src/compress/compress.js";
import type { CompressOptions, CompressReport } from "../../src/compress/contract.js";
import { safetensors } from "../checkpoint/files.js";
import { taken } from "./files.js";

const NAME = "model.layers.0.mlp.up_proj.weight";

/** Orthonormal cosines: row k of the DCT of `length`. */
function cosines(count: number, length: number): Float64Array[] {
  return Array.from({ length: count }, (_, k) =>
    Float64Array.from(
      { length },
      (__, i) => Math.sqrt((k === 0 ? 1 : 2) / length) * Math.cos((Math.PI * (2 * i + 1) * k) / (2 * length)),
    ),
  );
}

/** A matrix of these singular values, f32. */
function matrixOf(rows: number, columns: number, sigmas: readonly number[]): Float32Array {
  const [left, right] = [cosines(sigmas.length, rows), cosines(sigmas.length, columns)];
  const values = new Float64Array(rows * columns);
  sigmas.forEach((sigma, k) => {
    for (let i = 0; i < rows; i++) {
      const factor = sigma * left[k][i];
      if (factor === 0) continue;
      for (let j = 0; j < columns; j++) values[i * columns + j] += factor * right[k][j];
    }
  });
  return Float32Array.from(values);
}

const energyOf = (sigmas: readonly number[], kept = sigmas.length): number =>
  sigmas.slice(0, kept).reduce((sum, x) => sum + x * x, 0);

/** What the factors leave of a matrix, counted from the file. */
async function factored(
  [rows, columns]: [number, number],
  bytes: Float32Array,
  options: CompressOptions,
): Promise<{ report: CompressReport; file: Buffer; energy: number }> {
  const source = safetensors([{ name: NAME, dtype: "F32", shape: [rows, columns], bytes }]);
  const { files, report } = await taken(compress(Buffer.from(source), options));
  const checkpoint = await openCheckpoint(files[0].bytes);
  const back = await checkpoint.readRows(checkpoint.tensors[0], 0, rows);
  await checkpoint.close();
  let lost = 0;
  let whole = 0;
  bytes.forEach((x, i) => {
    lost += (x - back[i]) ** 2;
    whole += x * x;
  });
  return { report, file: files[0].bytes, energy: whole === 0 ? 1 : 1 - lost / whole };
}

describe("few of many directions", () => {
  const shape: [number, number] = [520, 560];
  const falling = Array.from({ length: 520 }, (_, k) => 10 * Math.exp(-k / 24) + 0.3 * Math.sqrt(1 - k / 521));
  const matrix = matrixOf(...shape, falling);
  const options: CompressOptions = { keep: { rank: 48 }, factors: "f32" };

  it("hold .997 of the best energy, and the report says what they hold", async () => {
    const { report, energy } = await factored(shape, matrix, options);
    const best = energyOf(falling, 48) / energyOf(falling);
    expect(energy / best).toBeGreaterThan(0.997);
    expect(energy).toBeLessThan(best + 1e-6);
    expect(Math.abs(report.summary.energy - energy)).toBeLessThan(1e-5);
  });

  it("are the same bytes whatever the memory, and others of another seed", async () => {
    const { file } = await factored(shape, matrix, options);
    const tight = await factored(shape, matrix, { ...options, memory: 40_000 });
    expect(tight.file.equals(file)).toBe(true);
    expect((await factored(shape, matrix, { ...options, seed: 2 })).file.equals(file)).toBe(false);
  });

  it("of one that towers over the others, of values far from 1, and of too few", async () => {
    const towering = [1000, ...Array.from({ length: 80 }, (_, k) => 1 / (1 + k / 8))];
    for (const scale of [1, 1e-18, 1e18]) {
      const values = matrixOf(...shape, towering).map((x) => x * scale);
      const { energy } = await factored(shape, values, options);
      const lost = 1 - energy;
      expect(lost).toBeLessThan((1.1 * energyOf(towering.slice(48))) / energyOf(towering) + 1e-9);
    }
    const { energy } = await factored(shape, matrixOf(...shape, [3, 2, 1]), options);
    expect(energy).toBeCloseTo(1, 6);
    const none = await factored(shape, new Float32Array(520 * 560), options);
    expect(none.report.summary.energy).toBe(1);
  });

  it("of weighed columns hold more of those that weigh much", async () => {
    const heavy = Float32Array.from({ length: 560 }, (_, j) => (j < 40 ? 10_000 : 1));
    const importance = new Map([[NAME, heavy]]);
    const source = safetensors([{ name: NAME, dtype: "F32", shape, bytes: matrix }]);
    const lost = async (given: CompressOptions): Promise<number> => {
      const { files } = await taken(compress(Buffer.from(source), { ...given, keep: { rank: 12 }, factors: "f32" }));
      const checkpoint = await openCheckpoint(files[0].bytes);
      const back = await checkpoint.readRows(checkpoint.tensors[0], 0, 520);
      let sum = 0;
      back.forEach((x, at) => {
        if (at % 560 < 40) sum += (x - matrix[at]) ** 2;
      });
      return sum;
    };
    expect(await lost({ importance })).toBeLessThan(0.5 * (await lost({})));
  });
});
