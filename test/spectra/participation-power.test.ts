import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAtChunks } from "../../src/base/chunks.js";
import { Random } from "../../src/base/random.js";
import { atOnce } from "../../src/kernels/eigenvalues.js";
import { powerMethod } from "../../src/spectra/participation.js";
import { addToTotals, GramSums } from "../../src/spectra/pass.js";
import type { Matrix, ParticipationRatio } from "../../src/types.js";
import { noiseMatrix, participation64, randomMatrix, singularValues64 } from "../support/reference.js";
import { checkPower, kernels, machine, matrixOf, shapes } from "./participation-check.js";

describe("participation ratio, power method", () => {
  it("keeps its promises for any small shape, scale, block and limit", () => {
    fc.assert(
      fc.property(
        shapes,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0.1, 1e-2, 1e-4),
        (shape, blockSize, maxIterations, tolerance) => {
          const matrix = matrixOf(shape);
          checkPower(matrix, participation64(matrix), { blockSize, maxIterations, tolerance, seed: shape.seed });
        },
      ),
      { numRuns: 300 },
    );
  });

  const spectra: Record<string, (rows: number, columns: number, seed: number) => Matrix> = {
    "white noise": (rows, columns, seed) => noiseMatrix(rows, columns, seed),
    "noise, rows falling like i^-0.25": (rows, columns, seed) =>
      noiseMatrix(rows, columns, seed, (i) => (1 + i) ** -0.25),
    "noise, rows falling like i^-0.5": (rows, columns, seed) =>
      noiseMatrix(rows, columns, seed, (i) => (1 + i) ** -0.5),
    "noise, rows falling like i^-1": (rows, columns, seed) => noiseMatrix(rows, columns, seed, (i) => 1 / (1 + i)),
    "rank 3": (rows, columns, seed) => randomMatrix(rows, columns, seed, (i) => 3 - i, 3),
    "three outliers in noise": (rows, columns, seed) => randomMatrix(rows, columns, seed, (i) => 60 * (3 - i), 3, 1),
    "30 outliers in noise": (rows, columns, seed) => randomMatrix(rows, columns, seed, () => 60, 30, 0.5),
    "a constant and noise": (rows, columns, seed) => {
      const { data } = noiseMatrix(rows, columns, seed);
      return { rows, columns, data: data.map((x) => x + 5) };
    },
  };
  for (const [name, make] of Object.entries(spectra)) {
    it(`bounds ${name} and estimates it within its error, over shapes and seeds`, () => {
      for (const [rows, columns] of [
        [260, 300],
        [300, 200],
        [150, 700],
      ]) {
        for (let seed = 1; seed <= 3; seed++) {
          const matrix = make(rows, columns, seed);
          const exact = participation64(matrix);
          for (let probe = 0; probe < 4; probe++) {
            const result = checkPower(matrix, exact, { seed: 10 * seed + probe });
            expect(result.convergedBy).not.toBe(null);
          }
        }
      }
    });
  }

  it("has honest standard errors: their squares are those of the errors, over many seeds", () => {
    const matrix = noiseMatrix(300, 260, 9);
    const exact = participation64(matrix);
    let sum = 0;
    const runs = 200;
    for (let seed = 0; seed < runs; seed++) {
      const { value, standardError } = checkPower(matrix, exact, { seed, tolerance: 0.05 });
      sum += ((value - exact) / standardError) ** 2;
    }
    // The mean of a squared t with 14 degrees is 1.17, its deviation about 2.2.
    expect(sum / runs).toBeGreaterThan(0.7);
    expect(sum / runs).toBeLessThan(1.7);
  });

  it("finds the spectral norm from below", () => {
    for (const [name, matrix] of Object.entries({
      noise: noiseMatrix(160, 140, 2),
      falling: noiseMatrix(160, 140, 2, (i) => (1 + i) ** -0.5),
    })) {
      const result = kernels.participationRatio(matrix, { method: "power" });
      const [first] = singularValues64(matrix);
      expect(result.spectralNorm, name).toBeLessThan(first * (1 + 1e-6));
      expect(first - result.spectralNorm, name).toBeLessThan(result.spectralNormResidual + 1e-6 * first);
      // Noise alone has no direction that stands out: there the residual says what is missing.
      if (name === "falling") expect(result.spectralNorm).toBeGreaterThan(first * (1 - 1e-4));
      expect(result.stableRank * result.spectralNorm ** 2).toBeCloseTo(result.squaredNorm, 3);
    }
  }, 60_000);

  it("says how far the spectral norm may be off, however early it is stopped", () => {
    for (const seed of [1, 2]) {
      const matrix = noiseMatrix(70, 60, seed, (i) => (1 + i) ** -0.25);
      const singular = singularValues64(matrix);
      for (const maxIterations of [1, 2, 3]) {
        const options = { method: "power", maxIterations, blockSize: 8, seed } as const;
        const { spectralNorm, spectralNormResidual } = kernels.participationRatio(matrix, options);
        const nearest = Math.min(...singular.map((value) => Math.abs(value - spectralNorm)));
        expect(nearest).toBeLessThanOrEqual(spectralNormResidual);
        expect(spectralNormResidual).toBeGreaterThan(0);
      }
    }
  });

  it("takes one value, one row, one column, an identity, equal values", () => {
    const power = (rows: number, columns: number, values: ArrayLike<number>) => {
      const matrix = { rows, columns, data: Float32Array.from(values) };
      return checkPower(matrix, participation64(matrix));
    };
    expect(power(1, 1, [3])).toMatchObject({ value: 1, lower: 1, upper: 1 });
    expect(power(1, 1, [3]).spectralNorm).toBeCloseTo(3, 6);
    expect(
      power(
        1,
        50,
        Array.from({ length: 50 }, (_, i) => i),
      ).value,
    ).toBe(1);
    expect(
      power(
        50,
        1,
        Array.from({ length: 50 }, (_, i) => i),
      ).value,
    ).toBe(1);
    expect(power(40, 40, new Float32Array(1600).fill(2)).value).toBeCloseTo(1, 5);
    const identity = new Float32Array(200 * 200);
    for (let i = 0; i < 200; i++) identity[i * 201] = 1;
    expect(power(200, 200, identity).value).toBeCloseTo(200, 2);
  });

  it("gives the same bits however the rows are split", () => {
    const rows = 700;
    const columns = 530;
    const { data } = noiseMatrix(rows, columns, 4);
    const run = (split: () => number): ParticipationRatio =>
      machine.scope(() => {
        const pointer = machine.copyFloat32(data);
        const passes = powerMethod(machine, { rows, columns, stride: columns }, rows * columns);
        for (;;) {
          const step = passes.next();
          if (step.done) return step.value;
          const pass = step.value;
          if (pass === null) continue;
          machine.scope(() => {
            const visit = cutAtChunks(
              rows,
              { first: 0, last: rows },
              columns,
              new GramSums(machine, columns, columns, pass.vectors),
              (sums) => addToTotals(machine, pass, sums),
            );
            for (let first = 0; first < rows; ) {
              const count = Math.min(rows - first, split());
              atOnce(visit(pointer + first * columns * 4, first, count));
              first += count;
            }
          });
        }
      });
    const whole = run(() => rows);
    const random = new Random(6);
    for (const split of [() => 1, () => 3, () => 128, () => 129, () => 1 + random.below(50)])
      expect(run(split)).toEqual(whole);
  });

  it("says when neither bound nor error is small enough", () => {
    const matrix = noiseMatrix(300, 300, 3);
    const exact = participation64(matrix);
    for (const maxIterations of [1, 2, 5]) {
      const result = checkPower(matrix, exact, { maxIterations, tolerance: 1e-5 });
      expect(result).toMatchObject({ convergedBy: null, iterations: maxIterations });
      expect(Math.abs(result.value - exact)).toBeLessThan(5 * result.standardError);
    }
  });
});
