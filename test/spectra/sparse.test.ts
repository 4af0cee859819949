import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { placeSparse, transpose } from "../../src/kernels/sparse.js";
import { load } from "../../src/load.js";
import type { SparseMatrix } from "../../src/types.js";
import { participation64, singularValues64 } from "../support/reference.js";

const kernels = await load();
const machine = await loadMachine();

function randomSparse(rows: number, columns: number, density: number, seed: number, scale = 1): SparseMatrix {
  const random = new Random(seed);
  const offsets = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (random.float() >= density) continue;
      indices.push(j);
      values.push(random.normal() * scale);
    }
    offsets[i + 1] = indices.length;
  }
  return {
    rows,
    columns,
    offsets,
    indices: Uint32Array.from(indices),
    values: seed % 2 ? Float64Array.from(values) : Float32Array.from(values),
  };
}

function dense({ rows, columns, offsets, indices, values }: SparseMatrix) {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = offsets[i]; k < offsets[i + 1]; k++) data[i * columns + indices[k]] = values[k];
  return { rows, columns, data };
}

const matrices = fc
  .record({
    rows: fc.integer({ min: 1, max: 50 }),
    columns: fc.integer({ min: 1, max: 50 }),
    density: fc.constantFrom(0.02, 0.2, 0.7, 1),
    seed: fc.nat(),
    scale: fc.constantFrom(1e-30, 1, 1e30),
  })
  .map(({ rows, columns, density, seed, scale }) => randomSparse(rows, columns, density, seed, scale))
  .filter(({ values }) => values.length > 0);

describe("sparse products", () => {
  it("agree with the definition, for one vector and for blocks of eight, with rank-one terms", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(0, 0.1, 1),
        fc.nat(),
        fc.boolean(),
        (rows, columns, density, seed, ranked) =>
          machine.scope(() => {
            const matrix = randomSparse(rows, columns, density, seed);
            const { data } = dense(matrix);
            const w = placeSparse(machine, matrix, 1);
            const random = new Random(seed + 1);
            const draw = (n: number) => Float32Array.from({ length: n }, () => random.normal());
            const x = draw(columns * 8);
            const p = draw(rows * 2);
            const q = draw(columns * 2);
            const one = draw(columns);
            const xs = machine.copyFloat32(x);
            const ps = machine.copyFloat64(p);
            const qs = machine.copyFloat64(q);
            const ones = machine.copyFloat64(one);
            const sums = machine.zeros64(16);
            const y = machine.allocate(rows * 32);
            const y1 = machine.zeros64(rows);
            machine.exports.weightedSums(columns, qs, xs, sums);
            machine.exports.sparseBlock(rows, w.offsets, w.indices, w.values, xs, ranked ? ps : 0, sums, -0.5, y);
            machine.exports.sparseVector(rows, w.offsets, w.indices, w.values, ones, y1);
            const blocks = machine.float32(y, rows * 8);
            const singles = machine.float64(y1, rows);
            for (let i = 0; i < rows; i++) {
              let single = 0;
              for (let j = 0; j < columns; j++) single += data[i * columns + j] * one[j];
              expect(Math.abs(singles[i] - single)).toBeLessThan(1e-11 * columns);
              for (let k = 0; k < 8; k++) {
                let sum = 0;
                let size = 0;
                for (let j = 0; j < columns; j++) {
                  const cell = data[i * columns + j] + (ranked ? p[2 * i] * q[2 * j] + p[2 * i + 1] * q[2 * j + 1] : 0);
                  const term = cell * x[8 * j + k];
                  sum += term;
                  size += Math.abs(term);
                }
                expect(Math.abs(blocks[8 * i + k] + 0.5 * sum)).toBeLessThan(2e-6 * (size + 1));
              }
            }
          }),
      ),
      { numRuns: 60 },
    );
  });

  it("transpose, and back", () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const turned = transpose(matrix);
        const { data } = dense(turned);
        const original = dense(matrix);
        for (let i = 0; i < matrix.rows; i++)
          for (let j = 0; j < matrix.columns; j++)
            expect(data[j * matrix.rows + i]).toBe(original.data[i * matrix.columns + j]);
        expect(dense(transpose(turned)).data).toEqual(original.data);
      }),
      { numRuns: 50 },
    );
  });
});

describe("participation ratio and singular values of sparse matrices", () => {
  it("agree with float64 of the dense matrix", () => {
    fc.assert(
      fc.property(matrices, fc.nat(), (matrix, seed) => {
        const full = dense(matrix);
        const exact = participation64(full);
        const singular = singularValues64(full);
        const result = kernels.participationRatio(matrix);
        expect(result.method).toBe("exact");
        expect(Math.abs(result.value / exact - 1)).toBeLessThan(1e-6);
        expect(Math.abs(result.spectralNorm / singular[0] - 1)).toBeLessThan(1e-5);
        expect(Math.abs((result.stableRank * result.spectralNorm ** 2) / result.squaredNorm - 1)).toBeLessThan(1e-9);
        const power = kernels.participationRatio(matrix, { method: "power", seed });
        expect(power.lower).toBeLessThanOrEqual(exact * (1 + 1e-12));
        expect(power.upper).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
        expect(Math.abs(power.value - exact)).toBeLessThanOrEqual(0.01 * power.value + 4 * power.standardError);
        const count = Math.min(3, matrix.rows, matrix.columns);
        const spectrum = kernels.singularValues(matrix, { count, seed });
        // What f32 products leave of the first is too much for values below a tenth of it.
        expect(spectrum.converged).toBe(singular[count - 1] > 0.1 * singular[0] || spectrum.converged);
        for (let i = 0; i < count; i++)
          expect(Math.abs(spectrum.values[i] ** 2 - singular[i] ** 2)).toBeLessThan(1e-5 * singular[0] ** 2);
      }),
      { numRuns: 100 },
    );
  });

  it("bound a larger one by the power method", () => {
    const matrix = randomSparse(700, 600, 0.02, 5);
    const exact = kernels.participationRatio(matrix, { method: "exact" });
    const dense64 = participation64(dense(matrix));
    expect(Math.abs(exact.value / dense64 - 1)).toBeLessThan(1e-6);
    const power = kernels.participationRatio(matrix);
    expect(power.method).toBe("power");
    expect(power.convergedBy).not.toBe(null);
    expect(Math.abs(power.value - exact.value)).toBeLessThan(0.01 * power.value + 4 * power.standardError);
  });

  it("refuse what is no sparse matrix", () => {
    const good = {
      rows: 2,
      columns: 3,
      offsets: Uint32Array.of(0, 1, 2),
      indices: Uint32Array.of(0, 2),
      values: Float32Array.of(1, 2),
    };
    expect(kernels.participationRatio(good).value).toBeCloseTo(25 / 17, 6);
    const bad: Partial<SparseMatrix>[] = [
      { rows: -1 },
      { rows: 1.5 },
      { columns: 2 },
      { offsets: Uint32Array.of(0, 2) },
      { offsets: Uint32Array.of(0, 1, 3) },
      { offsets: Uint32Array.of(1, 1, 2) },
      { offsets: Uint32Array.of(0, 3, 2) },
      { indices: Uint32Array.of(0) },
      { offsets: Uint32Array.of(0, 2, 2), indices: Uint32Array.of(1, 1) },
      { values: Float32Array.of(1, NaN) },
      { values: Float64Array.of(1, 1e300) },
      { values: new Float32Array(2) },
    ];
    for (const change of bad)
      expect(() => kernels.participationRatio({ ...good, ...change }), JSON.stringify(change)).toThrow(RangeError);
    expect(() => kernels.singularValues(good, { count: 3 })).toThrow(RangeError);
    expect(kernels.singularValues({ ...good, values: new Float32Array(2) }, { count: 1 }).values[0]).toBe(0);
  });

  it("are zeros of zeros, one of a single one, and found in few passes", () => {
    const single = (value: number): SparseMatrix => ({
      rows: 2,
      columns: 3,
      offsets: Uint32Array.of(0, 1, 1),
      indices: Uint32Array.of(1),
      values: Float32Array.of(value),
    });
    expect([...kernels.singularValues(single(0), { count: 2 }).values]).toEqual([0, 0]);
    const one = kernels.singularValues(single(1), { count: 2 }).values;
    expect(one[0]).toBeCloseTo(1, 6);
    expect(one[1]).toBeCloseTo(0, 6);
    const { converged, iterations } = kernels.singularValues(randomSparse(900, 800, 0.01, 3), { count: 1 });
    expect(converged).toBe(true);
    expect(iterations).toBeLessThan(40);
  });
});
