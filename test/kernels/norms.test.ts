import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Kernels, load } from "../../src/index.js";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await load();
});

function reference(values: number[]): { norm: number; mean: number; deviation: number; kurtosis: number } {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const moment = (k: number): number => values.reduce((sum, x) => sum + (x - mean) ** k, 0) / n;
  return {
    norm: Math.sqrt(values.reduce((sum, x) => sum + x * x, 0)),
    mean,
    deviation: Math.sqrt(moment(2)),
    kurtosis: moment(4) / moment(2) ** 2 - 3,
  };
}

const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });

describe("norms", () => {
  it("are those of float64 (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(finite, { minLength: 1, maxLength: 80 }), (rows, row) => {
        const values = Array.from({ length: rows }, (_, i) => row.map((x) => Math.fround(x * (i + 1)))).flat();
        const found = kernels.norms({ rows, columns: row.length, data: Float32Array.from(values) });
        const expected = reference(values);
        expect(Math.abs(found.norm - expected.norm)).toBeLessThanOrEqual(1e-6 * expected.norm);
        expect(Math.abs(found.mean - expected.mean)).toBeLessThanOrEqual(
          1e-6 * (expected.deviation + Math.abs(expected.mean)),
        );
        expect(Math.abs(found.standardDeviation - expected.deviation)).toBeLessThanOrEqual(
          1e-5 * expected.deviation + 1e-6 * Math.abs(expected.mean),
        );
        if (expected.deviation > 1e-2 * Math.abs(expected.mean))
          expect(Math.abs(found.excessKurtosis - expected.kurtosis)).toBeLessThanOrEqual(
            1e-3 * (3 + Math.abs(expected.kurtosis)),
          );
        expect(found.minimum).toBe(Math.min(...values));
        expect(found.maximum).toBe(Math.max(...values));
        expect(found.nonFinite).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("count what is not finite and leave it out", () => {
    const data = Float32Array.of(1, NaN, 3, Infinity, -2, -Infinity, 2, 0, 0);
    expect(kernels.norms({ rows: 3, columns: 3, data })).toMatchObject({
      nonFinite: 3,
      minimum: -2,
      maximum: 3,
      norm: Math.sqrt(18),
    });
    expect(kernels.norms({ rows: 3, columns: 3, data }).mean).toBeCloseTo(4 / 6, 14);
    expect(kernels.norms({ rows: 1, columns: 2, data: Float32Array.of(NaN, NaN) })).toMatchObject({
      nonFinite: 2,
      norm: 0,
      mean: 0,
      minimum: 0,
      maximum: 0,
      excessKurtosis: 0,
    });
  });

  it("take nothing, one value, constants, and values whose squares leave f32", () => {
    expect(kernels.norms({ rows: 0, columns: 5, data: new Float32Array(0) })).toMatchObject({
      norm: 0,
      mean: 0,
      nonFinite: 0,
    });
    expect(kernels.norms({ rows: 1, columns: 1, data: Float32Array.of(-3) })).toMatchObject({
      norm: 3,
      mean: -3,
      standardDeviation: 0,
      excessKurtosis: 0,
    });
    expect(kernels.norms({ rows: 40, columns: 33, data: new Float32Array(1320).fill(0.1) }).standardDeviation).toBe(0);
    for (const size of [1e-30, 1e30, 3e38]) {
      const { norm, standardDeviation } = kernels.norms({
        rows: 2,
        columns: 2,
        data: Float32Array.of(size, -size, size, -size),
      });
      expect(norm / (2 * Math.fround(size))).toBeCloseTo(1, 12);
      expect(standardDeviation / Math.fround(size)).toBeCloseTo(1, 12);
    }
  });
});
