import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAtChunks } from "../../src/base/chunks.js";
import { Random } from "../../src/base/random.js";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { load } from "../../src/load.js";
import { powerMethod } from "../../src/spectra/participation.js";
import { addToTotals, GramSums } from "../../src/spectra/pass.js";
import type { Matrix, ParticipationOptions, ParticipationRatio } from "../../src/types.js";
import { data, describeNeeding, inClone, inCollection } from "../support/data.js";
import { noiseMatrix, participation64, randomMatrix, singularValues64 } from "../support/reference.js";

const kernels = await load();
const machine = await loadMachine();

/** What every answer of the power method must satisfy, whatever the matrix. */
function checkPower(matrix: Matrix, exact: number, options: ParticipationOptions = {}): ParticipationRatio {
  const result = kernels.participationRatio(matrix, { ...options, method: "power" });
  const { value, lower, upper, standardError } = result;
  const tolerance = options.tolerance ?? 1e-2;
  // The reference's own rounding.
  expect(lower).toBeLessThanOrEqual(exact * (1 + 1e-12));
  expect(upper).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
  expect(value).toBeGreaterThanOrEqual(lower);
  expect(value).toBeLessThanOrEqual(upper);
  if (result.convergedBy !== null)
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(tolerance * value + 4 * standardError);
  if (result.convergedBy === "bounds")
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(tolerance * value * (1 + 1e-12));
  if (result.convergedBy === "standard-error") expect(standardError).toBeLessThanOrEqual(tolerance * value);
  expect(result.method).toBe("power");
  return result;
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
  power: fc.constantFrom(0, 0.5, 1, 3),
  scale: fc.constantFrom(1e-30, 1e-12, 1, 1e12, 1e30),
});
const matrixOf = ({
  rows,
  columns,
  seed,
  power,
  scale,
}: {
  rows: number;
  columns: number;
  seed: number;
  power: number;
  scale: number;
}) => noiseMatrix(rows, columns, seed, (row) => scale / (1 + row) ** power);

describe("participation ratio, exact", () => {
  it("agrees with float64 for any shape and scale", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const matrix = matrixOf(shape);
        const result = kernels.participationRatio(matrix);
        const exact = participation64(matrix);
        expect(result.method).toBe("exact");
        expect(Math.abs(result.value / exact - 1)).toBeLessThan(1e-6);
        expect([result.lower, result.upper, result.standardError, result.convergedBy]).toEqual([
          result.value,
          result.value,
          0,
          "exact",
        ]);
        const singular = singularValues64(matrix);
        const squares = singular.reduce((sum, x) => sum + x * x, 0);
        expect(Math.abs(result.spectralNorm / singular[0] - 1)).toBeLessThan(1e-6);
        expect(Math.abs(result.squaredNorm / squares - 1)).toBeLessThan(1e-6);
        expect(Math.abs(result.stableRank / (squares / singular[0] ** 2) - 1)).toBeLessThan(1e-6);
      }),
      { numRuns: 150 },
    );
  });

  it("is taken up to a smaller side of 512, and not above", () => {
    expect(kernels.participationRatio(noiseMatrix(600, 512, 1)).method).toBe("exact");
    expect(kernels.participationRatio(noiseMatrix(512, 600, 1)).method).toBe("exact");
    expect(kernels.participationRatio(noiseMatrix(513, 513, 1)).method).toBe("power");
  });

  it("takes float64 weights as f32", () => {
    const matrix = noiseMatrix(20, 30, 5);
    const twice = { ...matrix, data: Float64Array.from(matrix.data) };
    expect(kernels.participationRatio(twice)).toEqual(kernels.participationRatio(matrix));
  });

  it("refuses what has no participation ratio, and options out of range", () => {
    const refused = (matrix: Matrix, options?: ParticipationOptions) =>
      expect(() => kernels.participationRatio(matrix, options)).toThrow(RangeError);
    for (const method of ["exact", "power"] as const) {
      refused({ rows: 3, columns: 4, data: new Float32Array(12) }, { method });
      refused({ rows: 0, columns: 4, data: new Float32Array(0) }, { method });
      refused({ rows: 4, columns: 0, data: new Float32Array(0) }, { method });
      refused({ rows: 2, columns: 2, data: Float32Array.of(1, NaN, 0, 1) }, { method });
      refused({ rows: 2, columns: 2, data: Float32Array.of(1, Infinity, 0, 1) }, { method });
      refused({ rows: 2, columns: 2, data: Float64Array.of(1, 1e300, 0, 1) }, { method });
      refused({ rows: 2, columns: 2, data: new Float32Array(3) }, { method });
    }
    const matrix = noiseMatrix(4, 4, 1);
    for (const tolerance of [0, -1, NaN]) refused(matrix, { method: "power", tolerance });
    for (const blockSize of [0, 1.5, NaN]) refused(matrix, { method: "power", blockSize });
    for (const maxIterations of [0, 2.5, NaN]) refused(matrix, { method: "power", maxIterations });
    refused(matrix, { method: "power", seed: NaN });
    refused(matrix, { method: "fast" as "power" });
  });
});

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
      expect(result.spectralNorm, name).toBeGreaterThan(first * 0.99);
      expect(result.stableRank * result.spectralNorm ** 2).toBeCloseTo(result.squaredNorm, 3);
    }
  }, 60_000);

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
          machine.scope(() => {
            const visit = cutAtChunks(
              rows,
              { first: 0, last: rows },
              columns,
              new GramSums(machine, columns, columns, step.value.vectors),
              (sums) => addToTotals(machine, step.value, sums),
            );
            for (let first = 0; first < rows; ) {
              const count = Math.min(rows - first, split());
              visit(pointer + first * columns * 4, first, count);
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

const models = [
  "models/selftrained-llama-en/model.safetensors",
  "models/selftrained-llama-en/init.bf16.safetensors",
  "models/stories260K/stories260K.f32.safetensors",
  "models/kwt1/kwt1.f16.safetensors",
  "models/rwkv6-1m/rwkv6-1m.f32.safetensors",
  "models/replica-10m/model.bf16.safetensors",
  "models/replica-10m/init.bf16.safetensors",
];
describe("participation ratio of the model made here", () => ofTrained(inClone(models)));
describeNeeding(["collection"], "participation ratio of other models", () => ofTrained(inCollection(models)));

function ofTrained(names: string[]): void {
  for (const name of names) {
    it(name, async () => {
      const checkpoint = await openCheckpoint(data(name));
      try {
        let seen = 0;
        for (const tensor of checkpoint.tensors) {
          if (tensor.shape.length !== 2 || Math.min(...tensor.shape) < 2) continue;
          const [rows, columns] = tensor.shape;
          const values = await checkpoint.readRows(tensor, 0, rows);
          const matrix = { rows, columns, data: values };
          const exact = participation64(matrix);
          expect(
            Math.abs(kernels.participationRatio(matrix, { method: "exact" }).value / exact - 1),
            tensor.name,
          ).toBeLessThan(1e-6);
          for (const seed of [1, 2])
            expect(checkPower(matrix, exact, { seed }).convergedBy, tensor.name).not.toBe(null);
          if (++seen === 12) break;
        }
        expect(seen).toBeGreaterThan(5);
      } finally {
        await checkpoint.close();
      }
    });
  }
}
