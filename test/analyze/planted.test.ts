import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { analyze } from "../../src/index.js";
import { type BuiltTensor, safetensors } from "../checkpoint/files.js";

const SHAPES: [rows: number, columns: number][] = [
  [256, 256],
  [512, 192],
  [160, 448],
  [320, 300],
];
const RANKS = [0, 5, 20, 64];

/** Orthonormal rows, by Gram and Schmidt. */
function orthonormal(count: number, length: number, random: Random): Float64Array[] {
  const rows: Float64Array[] = [];
  while (rows.length < count) {
    const row = Float64Array.from({ length }, () => random.normal());
    for (const other of rows) {
      const along = row.reduce((sum, x, j) => sum + x * other[j], 0);
      row.forEach((_, j) => {
        row[j] -= along * other[j];
      });
    }
    const size = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    rows.push(row.map((x) => x / size));
  }
  return rows;
}

/** White noise, and `rank` directions of twice the detection limit (nd)^¼ and more. */
function planted(rank: number, [rows, columns]: [number, number], seed: number): BuiltTensor {
  const random = new Random(seed);
  const values = Float64Array.from({ length: rows * columns }, () => random.normal());
  const left = orthonormal(rank, rows, random);
  const right = orthonormal(rank, columns, random);
  for (let r = 0; r < rank; r++) {
    const strength = (2 + (2 * r) / rank) * Math.sqrt(Math.sqrt(rows * columns));
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) values[i * columns + j] += strength * left[r][i] * right[r][j];
  }
  const bytes = Float32Array.from(values, (x) => 0.02 * x);
  return { name: `rank ${rank} in ${rows} × ${columns}`, dtype: "F32", shape: [rows, columns], bytes };
}

describe("directions planted in white noise", () => {
  it.each(RANKS)("%i, at twice the detection limit and more, are counted exactly at four shapes", async (rank) => {
    const tensors = SHAPES.flatMap((shape, i) => [1, 2].map((seed) => planted(rank, shape, 100 * seed + i)));
    const named = tensors.map((tensor, i) => ({ ...tensor, name: `${tensor.name} ${i}` }));
    const { matrices } = await analyze(safetensors(named), { gaussians: [8] });
    for (const { name, spectrum } of matrices) {
      expect(spectrum!.signal, name).toMatchObject({ directions: rank, verdict: "ok" });
      expect(Math.abs(spectrum!.signal.noiseVariance / 0.02 ** 2 - 1), name).toBeLessThan(0.1);
    }
  });
});
