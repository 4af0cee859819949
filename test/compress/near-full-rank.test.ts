import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress } from "../../src/compress/compress.js";
import { safetensors } from "../checkpoint/files.js";
import { eigenvalues64, gram64 } from "../support/reference.js";
import { taken } from "./files.js";

const NAME = "layers.0.weight";

/** Rows times (1 - 2 vvᵀ) a few times, from either side: singular values stay. */
function reflected(values: Float64Array, rows: number, columns: number, random: Random): void {
  for (let turn = 0; turn < 3; turn++) {
    for (const [length, other, step, stride] of [
      [columns, rows, 1, columns],
      [rows, columns, columns, 1],
    ]) {
      const v = Float64Array.from({ length }, () => random.normal());
      const square = v.reduce((sum, x) => sum + x * x, 0);
      for (let i = 0; i < other; i++) {
        let along = 0;
        for (let j = 0; j < length; j++) along += values[i * stride + j * step] * v[j];
        for (let j = 0; j < length; j++) values[i * stride + j * step] -= ((2 * along) / square) * v[j];
      }
    }
  }
}

/** Spectra that fall to `least` of the largest. */
const spectra: Record<string, (k: number, count: number, least: number) => number> = {
  geometric: (k, count, least) => least ** (k / Math.max(1, count - 1)),
  cliff: (k, count, least) => (2 * k < count ? 1 : least),
  stairs: (k, count, least) => least ** (Math.floor((4 * k) / count) / 3),
  one: (k, _, least) => (k === 0 ? 1 : least),
};

interface Drawn {
  rows: number;
  columns: number;
  kind: string;
  exponent: number;
  rank: number;
  seed: number;
}

function matrixOf({ rows, columns, kind, exponent, seed }: Drawn): Float32Array {
  const values = new Float64Array(rows * columns);
  const count = Math.min(rows, columns);
  for (let k = 0; k < count; k++) values[k * (columns + 1)] = spectra[kind](k, count, 10 ** -exponent);
  reflected(values, rows, columns, new Random(seed));
  return Float32Array.from(values);
}

interface Vectors {
  values: Float32Array;
  count: number;
  length: number;
  /** From entry to entry, and from vector to vector. */
  step: number;
  stride: number;
}

/** The largest |cosine| between two vectors of those that are not zero. */
function worstCosine({ values, count, length: size, step, stride }: Vectors): number {
  const vectors = Array.from({ length: count }, (_, k) =>
    Float64Array.from({ length: size }, (__, j) => values[k * stride + j * step]),
  ).map((v) => {
    const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    return length > 0 ? v.map((x) => x / length) : v;
  });
  let worst = 0;
  vectors.forEach((a, i) => {
    for (const b of vectors.slice(i + 1)) worst = Math.max(worst, Math.abs(a.reduce((sum, x, j) => sum + x * b[j], 0)));
  });
  return worst;
}

/** What is lost beside what the best factors of the rank lose, and how far unit vectors are from right angles. */
async function outcome(drawn: Drawn): Promise<{ lost: number; least: number; total: number; cosine: number }> {
  const { rows, columns, rank } = drawn;
  const values = matrixOf(drawn);
  // As F64, so that factors in f32 take no more bits up to the full rank.
  const bytes = Float64Array.from(values);
  const source = safetensors([{ name: NAME, dtype: "F64", shape: [rows, columns], bytes }]);
  const { files } = await taken(compress(Buffer.from(source), { keep: { rank }, factors: "f32", include: /./ }));
  const stored = await openCheckpoint(files[0].bytes, { asStored: true });
  const side = (name: string): Promise<Float32Array> => {
    const tensor = stored.tensors.find((one) => one.name === `${NAME}.${name}`)!;
    return stored.readRows(tensor, 0, tensor.shape[0]);
  };
  const [left, right] = [await side("left"), await side("right")];
  let lost = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += left[i * rank + k] * right[k * columns + j];
      lost += (values[i * columns + j] - sum) ** 2;
    }
  }
  const squares = squaresOf(drawn, values);
  const tall = rows >= columns || Math.min(rows, columns) > 512;
  return {
    lost,
    least: squares.slice(rank).reduce((sum, x) => sum + Math.max(0, x), 0),
    total: squares.reduce((sum, x) => sum + x, 0),
    cosine: tall
      ? worstCosine({ values: right, count: rank, length: columns, step: 1, stride: columns })
      : worstCosine({ values: left, count: rank, length: rows, step: rank, stride: 1 }),
  };
}

/** σ², as they come out in f32; of large matrices as they were meant to be. */
function squaresOf({ rows, columns, kind, exponent }: Drawn, data: Float32Array): Float64Array {
  const count = Math.min(rows, columns);
  if (count > 64) return Float64Array.from({ length: count }, (_, k) => spectra[kind](k, count, 10 ** -exponent) ** 2);
  const { gram, side } = gram64({ rows, columns, data });
  return eigenvalues64(gram, side);
}

describe("directions near the full rank of steep spectra", () => {
  const cases = fc
    .record({
      rows: fc.integer({ min: 2, max: 64 }),
      columns: fc.integer({ min: 2, max: 64 }),
      kind: fc.constantFrom(...Object.keys(spectra)),
      exponent: fc.integer({ min: 0, max: 8 }),
      short: fc.integer({ min: 0, max: 32 }),
      seed: fc.integer({ min: 0, max: 1e6 }),
    })
    .map(({ short, ...drawn }): Drawn => {
      const full = Math.min(drawn.rows, drawn.columns);
      return { ...drawn, rank: Math.max(1, Math.ceil(full / 2), full - short) };
    });

  it("stand at right angles and lose no more than the best ones and f32's rounding", () =>
    fc.assert(
      fc.asyncProperty(cases, async (drawn) => {
        const { lost, least, total, cosine } = await outcome(drawn);
        expect(lost).toBeLessThan(1.0001 * least + 1e-13 * total);
        expect(cosine).toBeLessThan(1e-6);
      }),
      { numRuns: Number(process.env.RUNS ?? 60), seed: 20 },
    ));

  it.each(Object.keys(spectra))("from a Krylov space, whose vectors they exhaust: %s", async (kind) => {
    for (const exponent of [1, 8]) {
      const drawn = { rows: 516, columns: 520, kind, exponent, rank: 128, seed: exponent };
      const { lost, least, total, cosine } = await outcome(drawn);
      // A quarter of all directions alike is more than a space of a few blocks tells apart.
      const share = kind === "stairs" && exponent === 1 ? 0.95 : 0.9999;
      expect((total - lost) / (total - least), `${kind}, 1e-${exponent}`).toBeGreaterThan(share);
      expect(cosine).toBeLessThan(2e-6);
    }
  });
});
