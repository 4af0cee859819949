import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import type { FreeGaussianOptions, Matrix } from "../../src/types.js";
import { oracle } from "../support/data.js";
import { kernels, noise, scipyScript } from "./free-check.js";

describe("against scipy's curve_fit from the same even start", () => {
  const smooth = (): Matrix => {
    const random = new Random(12);
    const data = new Float32Array(12 * 48);
    for (let row = 0; row < 12; row++) {
      const [p, q, r] = [random.float(), random.float(), random.float()];
      for (let j = 0; j < 48; j++)
        data[row * 48 + j] = Math.sin((p * j) / 4) + q * Math.cos(j / 9 + r) + random.normal() / 20;
    }
    return { rows: 12, columns: 48, data };
  };
  it.each([
    ["noise", noise(24, 64, 11), 4],
    ["smooth rows", smooth(), 5],
  ] as const)("%s", (_, matrix, gaussians) => {
    const input = JSON.stringify({ columns: matrix.columns, gaussians, data: Array.from(matrix.data) });
    const theirs = JSON.parse(oracle("curve-fit", ["-c", scipyScript], input)) as number[];
    const even = kernels.fitFreeGaussians(matrix, { gaussians, start: "even" });
    const pursuit = kernels.fitFreeGaussians(matrix, { gaussians });
    const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
    // The two wander into different minima row by row; on the whole ours are as good.
    expect(mean(even.rowR2)).toBeGreaterThan(mean(theirs) - 0.03);
    expect(mean(pursuit.rowR2)).toBeGreaterThan(mean(theirs));
    expect(theirs.filter((r2, row) => even.rowR2[row] > r2 - 0.02).length).toBeGreaterThan(0.5 * theirs.length);
  });
});

describe("white noise", () => {
  /** Mean R² of a prototype on 50 rows at K = 4 and 8: the standard error of a mean of 50 is some 2 % of it. */
  const expected: [sigma: number, columns: number, four: number, eight: number][] = [
    [0.3, 64, 0.377, 0.594],
    [0.3, 128, 0.231, 0.385],
    [0.3, 256, 0.139, 0.24],
    [0.3, 512, 0.08, 0.141],
    [0.3, 1024, 0.047, 0.083],
    [2, 64, 0.215, 0.326],
    [2, 128, 0.142, 0.217],
    [2, 256, 0.095, 0.149],
    [2, 512, 0.058, 0.096],
    [2, 1024, 0.036, 0.061],
  ];
  it.each(expected)("σ ≥ %d, %d columns", (minimumSigma, columns, four, eight) => {
    const matrix = noise(200, columns, columns);
    [
      [4, four],
      [8, eight],
    ].forEach(([gaussians, r2]) => {
      const fit = kernels.fitFreeGaussians(matrix, { gaussians, minimumSigma });
      const mean = fit.rowR2.reduce((a, b) => a + b, 0) / 200;
      expect(mean).toBeGreaterThan(0.93 * r2);
      expect(mean).toBeLessThan(1.07 * r2);
      expect(fit.status.every((status) => status === "converged")).toBe(true);
    });
  });
});

describe("edges", () => {
  const one = (...values: number[]): Matrix => ({ rows: 1, columns: values.length, data: Float32Array.from(values) });

  it("no rows", () => {
    const fit = kernels.fitFreeGaussians({ rows: 0, columns: 5, data: new Float32Array(0) }, { gaussians: 2 });
    expect(fit).toMatchObject({ rows: 0, energy: 1, r2: 1, status: [] });
    expect(fit.amplitudes.length).toBe(0);
  });

  it.each(["pursuit", "even"] as const)("one column, zeros, constants (%s)", (start) => {
    const single = kernels.fitFreeGaussians(one(-7), { gaussians: 1, start });
    expect(single.energy).toBe(1);
    expect(single.rowR2[0]).toBe(1);
    const zero = kernels.fitFreeGaussians(one(0, 0, 0), { gaussians: 3, start });
    expect(zero).toMatchObject({
      energy: 1,
      r2: 1,
      status: ["degenerate"],
      iterations: new Uint16Array(1),
      amplitudes: new Float32Array(3),
    });
    const constant = kernels.fitFreeGaussians(one(...new Array<number>(12).fill(0.1)), { gaussians: 3, start });
    expect(constant.energy).toBeGreaterThan(0.999);
    expect([0, 1]).toContain(constant.rowR2[0]); // no variance: 0 with a residual, 1 without
  });

  it("more parameters than weights, K = columns", () => {
    const fit = kernels.fitFreeGaussians(noise(5, 16), { gaussians: 16 });
    expect(fit.energy).toBeGreaterThan(0.9999);
  });

  it("f32 below its normal range and at its end", () => {
    for (const value of [1e-40, 3.4e38]) {
      const fit = kernels.fitFreeGaussians(one(value, -value, 0, value), { gaussians: 4 });
      expect(fit.energy).toBeGreaterThan(0.5);
      expect(fit.amplitudes.every(Number.isFinite)).toBe(true);
    }
  });

  it("extreme bounds of σ", () => {
    for (const options of [
      { minimumSigma: 1e-30, maximumSigma: 1e-30 },
      { minimumSigma: 1e30 },
      { minimumSigma: 1e-30, maximumSigma: 1e30 },
      { minimumSigma: 0.7, maximumSigma: 0.7 },
    ]) {
      for (const start of ["pursuit", "even"] as const) {
        const fit = kernels.fitFreeGaussians(noise(2, 9), { gaussians: 4, start, ...options });
        expect(fit.energy).toBeGreaterThanOrEqual(0);
        expect(fit.energy).toBeLessThanOrEqual(1);
        for (const sigma of fit.sigmas) expect(sigma).toBeGreaterThanOrEqual(options.minimumSigma);
      }
    }
  });

  it("iterations are counted and limited", () => {
    const matrix = noise(3, 64);
    const fit = kernels.fitFreeGaussians(matrix, { gaussians: 8, maxIterations: 5 });
    expect([...fit.iterations]).toEqual([5, 5, 5]);
    expect(fit.status).toEqual(["iteration-limit", "iteration-limit", "iteration-limit"]);
    const free = kernels.fitFreeGaussians(matrix, { gaussians: 8 });
    expect(kernels.fitFreeGaussians(matrix, { gaussians: 8, maxIterations: 1e9 })).toEqual(free);
    expect(free.status).toEqual(["converged", "converged", "converged"]);
    expect(Math.min(...free.iterations)).toBeGreaterThan(5);
    expect(free.energy).toBeGreaterThan(fit.energy);
  });

  it("refuses what it cannot fit", () => {
    const matrix = noise(2, 8);
    const fitting = (options: Partial<FreeGaussianOptions>) => () =>
      kernels.fitFreeGaussians(matrix, { gaussians: 2, ...options });
    expect(fitting({ gaussians: 0 })).toThrow(RangeError);
    expect(fitting({ gaussians: 9 })).toThrow(/1 to the 8 columns, not 9/);
    expect(fitting({ gaussians: 1.5 })).toThrow(RangeError);
    expect(fitting({ minimumSigma: 0 })).toThrow(/minimumSigma/);
    expect(fitting({ minimumSigma: NaN })).toThrow(/minimumSigma/);
    expect(fitting({ maximumSigma: 0.1 })).toThrow(/maximumSigma/);
    expect(fitting({ tolerance: -1 })).toThrow(/tolerance/);
    expect(fitting({ maxIterations: 0 })).toThrow(/maxIterations/);
    expect(fitting({ start: "random" as "even" })).toThrow(/start/);
    for (const bad of [NaN, Infinity, 1e39]) {
      const data = Float64Array.from(matrix.data);
      data[11] = bad;
      expect(() => kernels.fitFreeGaussians({ ...matrix, data }, { gaussians: 2 })).toThrow(/row 1, column 3 is/);
    }
    expect(() =>
      kernels.fitFreeGaussians({ rows: 2, columns: 8, data: new Float32Array(15) }, { gaussians: 2 }),
    ).toThrow(/15 values/);
    expect(() =>
      kernels.fitFreeGaussians({ rows: 2, columns: 0, data: new Float32Array(0) }, { gaussians: 1 }),
    ).toThrow(RangeError);
  });
});
