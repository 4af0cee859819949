import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { load } from "../../src/load.js";
import type { Matrix } from "../../src/types.js";
import { noiseMatrix, singularValues64 } from "../support/reference.js";

const kernels = await load();

/** Noise of deviation about 1 around `offset`, in units of `scale`. */
function offsetNoise(rows: number, columns: number, seed: number, offset: number, scale: number): Matrix {
  const { data } = noiseMatrix(rows, columns, seed);
  return { rows, columns, data: Float32Array.from(data, (x) => (x + offset) * scale) };
}

const scales = fc.constantFrom(1e-12, 1e-6, 1, 1e6, 1e12);
const offsets = fc.constantFrom(0, 1, -30, 1e3, 1e6);

describe("success means accuracy, whatever the scale and the offset", () => {
  it("singular values: each lies within its residual, and converged ones are right", () => {
    const shapes = fc.record({
      rows: fc.integer({ min: 1, max: 150 }),
      columns: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(shapes, scales, offsets, fc.boolean(), ({ rows, columns, seed }, scale, offset, iterated) => {
        const matrix = offsetNoise(rows, columns, seed, offset, scale);
        const count = Math.min(3, rows, columns);
        const expected = singularValues64(matrix);
        const spectrum = kernels.singularValues(matrix, { count, ...(iterated ? { maxIterations: 60 } : {}) });
        spectrum.values.forEach((value, i) => {
          const nearest = Math.min(...expected.map((s) => Math.abs(s - value)));
          expect(nearest).toBeLessThanOrEqual(spectrum.residuals[i] + 1e-14 * expected[0]);
          if (spectrum.converged) expect(Math.abs(value / expected[i] - 1)).toBeLessThan(3e-5);
        });
      }),
      { numRuns: 100 },
    );
  });

  it("a constant's one singular value is within its residual of √(rows · columns)", () => {
    for (const [rows, columns, value] of [
      [700, 600, 3.25],
      [513, 2049, -1.1e-9],
      [64, 3000, 7e11],
    ]) {
      const matrix = { rows, columns, data: new Float32Array(rows * columns).fill(value) };
      const { values, residuals, converged } = kernels.singularValues(matrix, { count: 1 });
      const exact = Math.abs(Math.fround(value)) * Math.sqrt(rows * columns);
      expect(converged).toBe(true);
      expect(Math.abs(values[0] - exact)).toBeLessThanOrEqual(residuals[0]);
      expect(residuals[0]).toBeLessThan(1e-4 * exact);
    }
  });

  it("noise that an offset hides is not called converged, and one entry far above the others hides nothing", () => {
    const hidden = kernels.singularValues(offsetNoise(400, 300, 3, 1e6, 1e-3), { count: 3 });
    expect(hidden.converged).toBe(false);
    for (const i of [1, 2]) expect(hidden.residuals[i]).toBeGreaterThan(0.1 * hidden.values[i]);
    const spiked = noiseMatrix(300, 200, 5);
    const { values } = kernels.singularValues(spiked, { count: 1 });
    spiked.data[5] = 1e5;
    const beside = kernels.singularValues(spiked, { count: 2 });
    expect(Math.abs(beside.values[1] / values[0] - 1)).toBeLessThan(0.02);
  });

  it("iterations that f32 keeps from settling small values say so", () => {
    const { converged, values, residuals } = kernels.singularValues(offsetNoise(400, 300, 3, 1e4, 1), {
      count: 3,
      maxIterations: 40,
    });
    expect(converged).toBe(false);
    expect(residuals[1]).toBeGreaterThan(Math.abs(values[1] - 37));
  });
});

describe("the power method on matrices with one long side", () => {
  const long = fc.record({
    short: fc.integer({ min: 1, max: 24 }),
    long: fc.integer({ min: 500, max: 5000 }),
    turned: fc.boolean(),
    seed: fc.nat(),
    maxIterations: fc.constantFrom(1, 2, 3, 100),
    blockSize: fc.constantFrom(1, 8),
    tolerance: fc.constantFrom(1e-3, 1e-2, 0.5),
  });

  it("has a stable rank of at least 1 and at most the rank, and a norm that is never above the right one", () => {
    fc.assert(
      fc.property(long, offsets, scales, ({ short, long, turned, seed, ...options }, offset, scale) => {
        const [rows, columns] = turned ? [long, short] : [short, long];
        const matrix = offsetNoise(rows, columns, seed, offset, scale);
        const exact = kernels.participationRatio(matrix, { method: "exact" });
        const power = kernels.participationRatio(matrix, { method: "power", ...options });
        expect(power.stableRank).toBeGreaterThanOrEqual(1);
        expect(power.stableRank).toBeLessThanOrEqual(short * (1 + 1e-12));
        expect(power.spectralNorm).toBeLessThanOrEqual(exact.spectralNorm * (1 + 1e-4));
        const nearest = Math.min(...singularValues64(matrix).map((s) => Math.abs(s - power.spectralNorm)));
        expect(nearest).toBeLessThanOrEqual(power.spectralNormResidual + 1e-4 * exact.spectralNorm);
        expect(power.lower).toBeLessThanOrEqual(exact.value * (1 + 1e-4));
        expect(power.upper).toBeGreaterThanOrEqual(exact.value * (1 - 1e-4));
        // Two passes see a matrix whose rank is below the block's width whole.
        if (short < 8 && options.blockSize === 8 && options.maxIterations > 1)
          expect(Math.abs(power.spectralNorm / exact.spectralNorm - 1)).toBeLessThan(1e-4);
      }),
      { numRuns: 60 },
    );
  });
});
