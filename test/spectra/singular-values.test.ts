import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce, eigenvalues } from "../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { load } from "../../src/load.js";
import { floorOf } from "../../src/spectra/all-values.js";
import { runPasses } from "../../src/spectra/pass.js";
import { topEnergy } from "../../src/spectra/top-energy.js";
import type { Matrix } from "../../src/types.js";
import { gram64, noiseMatrix, randomMatrix, singularValues64 } from "../support/reference.js";

const kernels = await load();
const machine = await loadMachine();

const energiesOf = (values: Float64Array, counts: number[]): number[] =>
  counts.map((count) => values.subarray(0, count).reduce((sum, x) => sum + Math.max(0, x), 0));

describe("singular values", () => {
  it("agree with float64 for any small shape, scale and count, with residuals that hold", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.constantFrom(0, 0.5, 2),
        fc.constantFrom(1e-30, 1, 1e30),
        fc.integer({ min: 1, max: 40 }),
        (rows, columns, seed, power, scale, most) => {
          const matrix = noiseMatrix(rows, columns, seed, (i) => scale / (1 + i) ** power);
          const count = Math.min(most, rows, columns);
          const { values, residuals, converged } = kernels.singularValues(matrix, { count, seed });
          const expected = singularValues64(matrix);
          const squares = expected.reduce((sum, x) => sum + x * x, 0);
          const floor = floorOf(squares, Math.min(rows, columns), Math.max(rows, columns));
          // A value is settled to 1e-5 of itself where floor²/value is below that: smaller ones must not claim so.
          if (expected[count - 1] > 320 * floor) expect(converged).toBe(true);
          if (expected[count - 1] < floor) expect(converged).toBe(false);
          expect(values.length).toBe(count);
          for (let i = 0; i < count; i++) {
            expect(Math.abs(values[i] ** 2 - expected[i] ** 2)).toBeLessThan(1e-5 * expected[0] ** 2);
            const nearest = Math.min(...expected.map((x) => Math.abs(x - values[i])));
            expect(nearest).toBeLessThanOrEqual(residuals[i] + 1e-6 * expected[0]);
            expect(residuals[i]).toBeLessThanOrEqual(1e-3 * expected[0]);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("finds every copy of a repeated one, and zeros", () => {
    const n = 60;
    const data = new Float32Array(n * n);
    for (let i = 0; i < n; i++) data[i * (n + 1)] = i < 20 ? 2 : i < 40 ? 1 : 0;
    const { values } = kernels.singularValues({ rows: n, columns: n, data }, { count: n });
    for (let i = 0; i < n; i++) expect(values[i]).toBeCloseTo(i < 20 ? 2 : i < 40 ? 1 : 0, 3);
    const zeros = kernels.singularValues({ rows: 3, columns: 4, data: new Float32Array(12) }, { count: 2 });
    expect(zeros).toMatchObject({ converged: true, values: Float64Array.of(0, 0), residuals: Float64Array.of(0, 0) });
  });

  it("converge in a large matrix, and say so where they may not", () => {
    const matrix = noiseMatrix(300, 260, 4);
    const { gram, side } = gram64(matrix);
    const count = 12;
    const expected = machine.scope(() => eigenvalues(machine, machine.copyFloat64(gram), side)).map(Math.sqrt);
    const spectrum = kernels.singularValues(matrix, { count });
    expect(spectrum.converged).toBe(true);
    for (let i = 0; i < count; i++) expect(Math.abs(spectrum.values[i] / expected[i] - 1)).toBeLessThan(1e-6);
    const short = kernels.singularValues(matrix, { count, maxIterations: 2 });
    expect(short).toMatchObject({ converged: false, iterations: 2 });
    for (let i = 0; i < count; i++)
      expect(Math.min(...expected.map((x) => Math.abs(x - short.values[i])))).toBeLessThanOrEqual(short.residuals[i]);
  });

  it("refuse options out of range and bad weights", () => {
    const matrix = noiseMatrix(4, 6, 1);
    const refused = (options: object, of: Matrix = matrix) =>
      expect(() => kernels.singularValues(of, { count: 1, ...options })).toThrow(RangeError);
    for (const count of [0, 5, 1.5, NaN]) refused({ count });
    refused({ tolerance: 0 });
    refused({ maxIterations: 0 });
    refused({ seed: Infinity });
    refused({}, { rows: 1, columns: 2, data: Float32Array.of(1, NaN) });
    refused({}, { rows: 0, columns: 2, data: new Float32Array(0) });
  });
});

describe("energy of the top singular values", () => {
  const check = (matrix: Matrix, counts: number[], accuracy: number): void => {
    const { gram, side } = gram64(matrix);
    machine.scope(() => {
      const exact = energiesOf(eigenvalues(machine, machine.copyFloat64(gram), side), counts);
      const pointer = machine.copyFloat32(matrix.data);
      const squares = Float64Array.from(matrix.data).reduce((sum, x) => sum + x * x, 0);
      const shape = { ...matrix, stride: matrix.columns };
      const { energies, converged } = atOnce(
        runPasses(machine, shape, pointer, topEnergy(machine, shape, squares, counts)),
      );
      expect(converged).toBe(true);
      counts.forEach((count, i) => {
        expect(energies[i], `top ${count}`).toBeLessThan(exact[i] * (1 + 1e-6));
        expect(energies[i], `top ${count}`).toBeGreaterThan(exact[i] * (1 - accuracy));
      });
    });
  };

  it("is right to 1e-3 on flat and falling spectra", () => {
    check(noiseMatrix(400, 300, 1), [8, 18, 40], 1e-3);
    check(noiseMatrix(200, 500, 2), [1, 8, 31], 1e-3);
    check(
      noiseMatrix(400, 400, 3, (i) => (1 + i) ** -0.5),
      [8, 25],
      1e-3,
    );
    check(
      randomMatrix(300, 300, 4, (i) => 9 - i, 5, 0.01),
      [3, 8, 60],
      1e-3,
    );
  });

  it("is everything where K reaches the rank", () => {
    check(noiseMatrix(40, 90, 5), [40, 90], 1e-6);
    check(
      randomMatrix(50, 60, 6, () => 1, 3),
      [3, 10],
      1e-6,
    );
  });
});
