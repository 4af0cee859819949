import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { type Kernels, load, type Matrix } from "../../src/index.js";
import { basisOf, fitOf, rowsOf } from "../kernels/reference.js";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await load();
});

function noise(rows: number, columns: number, seed: number, offset = 0, scale = 1): Matrix {
  const random = new Random(seed);
  return {
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => (random.normal() + offset) * scale),
  };
}

const norm = (values: Iterable<number>): number => Math.sqrt([...values].reduce((sum, x) => sum + x * x, 0));

/** Amplitudes within 1e-5 relative, energies within 1e-6 of the float64 reference: docs/method.md §1. */
function compare(matrix: Matrix, gaussians: number, width: number): void {
  const { rows, columns, data } = matrix;
  const fit = kernels.fitGaussians(matrix, { gaussians, width });
  const expected = fitOf(rowsOf(data, rows, columns), basisOf(columns, gaussians, width));
  const flat = expected.amplitudes.flat();
  expect(fit.amplitudes.length).toBe(rows * gaussians);
  expect(norm(flat.map((a, i) => a - fit.amplitudes[i]))).toBeLessThanOrEqual(1e-5 * norm(flat) + 1e-30);
  const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  const squares = total(expected.squares);
  const residual = total(expected.residuals);
  const variation = total(expected.variations);
  expect(Math.abs(fit.energy - (squares > 0 ? 1 - residual / squares : 1))).toBeLessThanOrEqual(1e-6);
  // The same residual over the variation: what the energy may be off by, as many times as the squares are the larger.
  if (variation > 1e-9 * squares)
    expect(Math.abs(fit.r2 - (1 - residual / variation))).toBeLessThanOrEqual(1e-6 * (squares / variation));
  expected.squares.forEach((s, i) => {
    expect(Math.abs(fit.rowEnergy[i] - (s > 0 ? 1 - expected.residuals[i] / s : 1))).toBeLessThanOrEqual(2e-6);
  });
}

describe("fitGaussians", () => {
  it.each([
    [1, 1, 1, 0.5],
    [3, 1, 1, 0.5],
    [1, 2, 2, 0.5],
    [5, 7, 7, 0.5],
    [4, 8, 3, 0.5],
    [7, 13, 5, 0.3],
    [9, 64, 8, 0.5],
    [33, 101, 13, 0.5],
    [6, 255, 16, 0.6],
    [6, 256, 16, 0.61],
    [5, 128, 8, 1],
    [3, 129, 128, 0.5],
    [2, 64, 64, 0.5],
    [3, 2500, 1, 0.5],
    [2, 4500, 3, 0.5],
    [4, 40, 9, 1.2],
  ])("%i rows of %i columns, K = %i, width %d", (rows, columns, gaussians, width) => {
    compare(noise(rows, columns, rows * 1000 + columns), gaussians, width);
    compare(noise(rows, columns, rows * 1000 + columns + 1, 3), gaussians, width);
  });

  it("holds for any shape (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 90 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.2, max: 1, noNaN: true }),
        fc.integer(),
        (rows, columns, part, width, seed) => {
          compare(noise(rows, columns, seed), 1 + Math.floor(part * (columns - 1)), width);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("keeps its digits where all but nothing of the rows lies along the basis", () => {
    compare(noise(1, 71, -616210316), 1, 0.2);
    // One Gaussian against a row that is odd about its centre, but for a trifle.
    for (const columns of [40, 333, 3001]) {
      const { data } = noise(1, columns, 3);
      const odd = data.map((x, i) => x - data[columns - 1 - i] + (i === 7 ? 1e-4 : 0));
      compare({ rows: 1, columns, data: odd }, 1, 0.5);
    }
  });

  it("answers for no rows", () => {
    const fit = kernels.fitGaussians({ rows: 0, columns: 9, data: new Float32Array(0) }, { gaussians: 3 });
    expect(fit).toMatchObject({ rows: 0, energy: 1, r2: 1, amplitudeParticipationRatio: 0, rank: 3, compression: 3 });
    expect(fit.amplitudes.length + fit.rowEnergy.length).toBe(0);
  });

  it("counts 0/0 as 1, and a constant row's variation as nothing", () => {
    const zero = kernels.fitGaussians({ rows: 2, columns: 16, data: new Float32Array(32) }, { gaussians: 4 });
    expect(zero).toMatchObject({ energy: 1, r2: 1 });
    expect([...zero.rowEnergy, ...zero.rowR2]).toEqual([1, 1, 1, 1]);
    const constant = kernels.fitGaussians(
      { rows: 1, columns: 16, data: new Float32Array(16).fill(2) },
      { gaussians: 4 },
    );
    expect(constant.energy).toBeGreaterThan(0.99);
    expect(constant.r2).toBe(0);
  });

  it.each([1e-30, 1e-20, 1e20, 1e30])("is the same fit at a scale of %d", (scale) => {
    const plain = noise(9, 50, 4);
    const power = 2 ** Math.round(Math.log2(scale));
    const scaled = { ...plain, data: plain.data.map((x) => x * power) };
    const a = kernels.fitGaussians(plain, { gaussians: 7 });
    const b = kernels.fitGaussians(scaled, { gaussians: 7 });
    expect(b.energy).toBeCloseTo(a.energy, 9);
    expect(b.amplitudeParticipationRatio).toBeCloseTo(a.amplitudeParticipationRatio, 5);
    b.amplitudes.forEach((value, i) => expect(Math.abs(value / power - a.amplitudes[i])).toBeLessThanOrEqual(2e-6));
  });

  it("keeps the digits of rows of very different size", () => {
    const { rows, columns, data } = noise(8, 48, 5);
    const sizes = [1, 1e-25, 1e25, 1e-12, 1e12, 1, 1e-30, 1e30];
    const mixed = data.map((x, i) => x * sizes[Math.floor(i / columns)]);
    const a = kernels.fitGaussians({ rows, columns, data }, { gaussians: 6 });
    const b = kernels.fitGaussians({ rows, columns, data: mixed }, { gaussians: 6 });
    b.rowEnergy.forEach((value, i) => expect(Math.abs(value - a.rowEnergy[i])).toBeLessThanOrEqual(2e-6));
  });

  it("keeps r2 under a large offset", () => {
    const matrix = noise(6, 256, 6, 1000);
    compare(matrix, 16, 0.5);
    compare(matrix, 16, 1);
  });

  it("depends on a row alone: any rows beside it leave its bits", () => {
    const whole = noise(11, 37, 7);
    const all = kernels.fitGaussians(whole, { gaussians: 5 });
    for (let i = 0; i < 11; i++) {
      const one = kernels.fitGaussians(
        { rows: 1, columns: 37, data: whole.data.slice(i * 37, (i + 1) * 37) },
        { gaussians: 5 },
      );
      expect([...one.amplitudes]).toEqual([...all.amplitudes.subarray(i * 5, i * 5 + 5)]);
      expect(one.rowEnergy[0]).toBe(all.rowEnergy[i]);
    }
  });

  it("gives the minimum-norm answer and its rank where the basis is numerically dependent", () => {
    const matrix = noise(5, 64, 8);
    const fit = kernels.fitGaussians(matrix, { gaussians: 24, width: 2 });
    expect(fit.rank).toBeLessThan(24);
    expect(fit.energy).toBeGreaterThan(0);
    expect(norm(fit.amplitudes)).toBeLessThan(1e7);
    const back = kernels.reconstruct(fit);
    const residual = norm(matrix.data.map((x, i) => x - back[i])) ** 2 / norm(matrix.data) ** 2;
    expect(1 - residual).toBeCloseTo(fit.energy, 4);
  });

  it("drops Gaussians that fall between the columns", () => {
    const fit = kernels.fitGaussians(noise(4, 20, 9), { gaussians: 7, width: 0.01 });
    expect(fit.rank).toBeLessThan(7);
    expect(Number.isFinite(fit.energy) && fit.amplitudes.every(Number.isFinite)).toBe(true);
  });

  it("has energy that no projection exceeds and K = d explains all", () => {
    expect(kernels.fitGaussians(noise(6, 33, 10), { gaussians: 33 }).energy).toBeGreaterThan(1 - 1e-12);
  });

  it("refuses what it cannot fit, in one line", () => {
    const matrix = noise(2, 8, 11);
    for (const gaussians of [0, -1, 9, 2.5, NaN])
      expect(() => kernels.fitGaussians(matrix, { gaussians })).toThrow(RangeError);
    for (const width of [0, -1, NaN, Infinity])
      expect(() => kernels.fitGaussians(matrix, { width })).toThrow(RangeError);
    expect(() => kernels.fitGaussians({ ...matrix, rows: 3 })).toThrow(/16 values, not rows × columns = 3 × 8/);
    for (const bad of [NaN, Infinity, -Infinity]) {
      const data = matrix.data.slice();
      data[11] = bad;
      expect(() => kernels.fitGaussians({ ...matrix, data })).toThrow(`row 1, column 3 is ${bad}`);
    }
    expect(() => kernels.fitGaussians({ rows: 1, columns: 1, data: Float64Array.of(1e300) })).toThrow(
      /finite in 32 bits/,
    );
  });

  it("neither keeps nor changes its input, and frees what it took", () => {
    const matrix = noise(300, 300, 12);
    const before = matrix.data.slice();
    const first = kernels.fitGaussians(matrix);
    for (let i = 0; i < 20; i++) kernels.fitGaussians(matrix);
    expect(matrix.data).toEqual(before);
    expect(kernels.fitGaussians(matrix).amplitudes).toEqual(first.amplitudes);
  });
});

describe("reconstruct", () => {
  it("is amplitudes times basis", () => {
    const fit = kernels.fitGaussians(noise(5, 61, 13), { gaussians: 9 });
    const back = kernels.reconstruct(fit);
    const basis = basisOf(61, 9, 0.5);
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 61; j++) {
        let expected = 0;
        for (let k = 0; k < 9; k++) expected += fit.amplitudes[i * 9 + k] * basis[k][j];
        expect(Math.abs(back[i * 61 + j] - expected)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(expected)));
      }
    }
  });

  it("returns what K = d fitted", () => {
    const matrix = noise(3, 12, 14);
    const back = kernels.reconstruct(kernels.fitGaussians(matrix, { gaussians: 12 }));
    back.forEach((value, i) => expect(Math.abs(value - matrix.data[i])).toBeLessThanOrEqual(2e-6));
  });

  it("refuses a fit whose parts do not match", () => {
    const fit = kernels.fitGaussians(noise(3, 12, 15), { gaussians: 4 });
    expect(() => kernels.reconstruct({ ...fit, rows: 4 })).toThrow(RangeError);
    expect(() => kernels.reconstruct({ ...fit, basis: { ...fit.basis, centres: new Float64Array(3) } })).toThrow(
      RangeError,
    );
  });
});
