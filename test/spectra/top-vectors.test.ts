import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { runPasses } from "../../src/spectra/pass.js";
import { topVectors } from "../../src/spectra/top-vectors.js";
import type { Matrix } from "../../src/types.js";
import { noiseMatrix, singularValues64 } from "../support/reference.js";

const machine = await loadMachine();

interface Found {
  squares: Float64Array;
  vectors: Float32Array[];
  iterations: number;
  converged: boolean;
  /** Bytes of the arena at most, beyond the weights. */
  peak: number;
}

function found(matrix: Matrix, count: number, seed = 1): Found {
  const { rows, columns } = matrix;
  const stride = Math.ceil(columns / 4) * 4;
  return machine.scope(() => {
    const pointer = machine.allocate(rows * stride * 4);
    const placed = machine.float32(pointer, rows * stride).fill(0);
    for (let i = 0; i < rows; i++)
      placed.set(Float32Array.from(matrix.data.subarray(i * columns, (i + 1) * columns)), i * stride);
    const squaredNorm = placed.reduce((sum, x) => sum + x * x, 0);
    const before = machine.exports.mark();
    const top = runPasses(
      machine,
      { rows, columns, stride },
      pointer,
      topVectors(machine, { rows, columns, stride }, squaredNorm, { count, seed }),
    );
    const { squares, iterations, converged } = top;
    const vectors = Array.from({ length: top.count }, (_, k) =>
      machine.float32(top.vectors + k * columns * 4, columns).slice(),
    );
    return { squares, vectors, iterations, converged, peak: machine.exports.mark() - before };
  });
}

/** Σ ‖Wv‖² in f64. */
function energyOf({ rows, columns, data }: Matrix, vectors: Float32Array[]): number {
  let energy = 0;
  for (const v of vectors) {
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += Math.fround(data[i * columns + j]) * v[j];
      energy += sum * sum;
    }
  }
  return energy;
}

function departure(vectors: Float32Array[]): number {
  let worst = 0;
  vectors.forEach((v, k) => {
    for (let j = 0; j <= k; j++) {
      const inner = v.reduce((sum, x, i) => sum + x * vectors[j][i], 0);
      worst = Math.max(worst, Math.abs(inner - (j === k ? 1 : 0)));
    }
  });
  return worst;
}

const energy64 = (matrix: Matrix, count: number): number =>
  singularValues64(matrix)
    .subarray(0, count)
    .reduce((sum, x) => sum + x * x, 0);

describe("leading right singular vectors", () => {
  it("are orthonormal and hold the best energy, for any small shape and count", () => {
    const cases = fc.record({
      rows: fc.integer({ min: 1, max: 40 }),
      columns: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(),
      power: fc.constantFrom(0, 1, 3),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ rows, columns, seed, power, share }) => {
        const matrix = noiseMatrix(rows, columns, seed, (i) => 1 / (1 + i) ** power);
        const count = Math.max(1, Math.round(share * Math.min(rows, columns)));
        const top = found(matrix, count);
        expect(top.vectors).toHaveLength(count);
        expect(departure(top.vectors)).toBeLessThan(1e-5);
        const energy = energyOf(matrix, top.vectors);
        const best = energy64(matrix, count);
        expect(energy / best).toBeGreaterThan(0.9999);
        expect(energy / best).toBeLessThan(1 + 1e-5);
        expect(top.squares.reduce((sum, x) => sum + x, 0) / best).toBeCloseTo(1, 4);
        for (const v of top.vectors) expect(Math.max(...v)).toBeGreaterThanOrEqual(-Math.min(...v));
      }),
      { numRuns: 60 },
    );
  });

  it("hold .997 of the best energy at a sixteenth of the side, whether values fall slowly or not", () => {
    for (const power of [0.3, 0.7, 1]) {
      const matrix = noiseMatrix(140, 112, 7, (i) => 1 / (1 + i) ** power);
      const top = found(matrix, 7);
      expect(energyOf(matrix, top.vectors) / energy64(matrix, 7)).toBeGreaterThan(0.997);
    }
  });

  it("leave nothing in the arena but themselves, and have the same bits every time", () => {
    const matrix = noiseMatrix(80, 64, 3, (i) => 1 / (1 + i));
    const top = found(matrix, 8);
    expect(top.peak).toBeLessThanOrEqual(8 * 64 * 4 + 64);
    expect(found(matrix, 8)).toEqual(top);
  });

  it("of a matrix of low rank are as many as it has, and the rest hold nothing", () => {
    const base = noiseMatrix(3, 30, 5);
    const data = new Float32Array(20 * 30);
    for (let i = 0; i < 20; i++)
      for (let j = 0; j < 30; j++) data[i * 30 + j] = (1 + (i % 3)) * base.data[(i % 3) * 30 + j];
    const matrix = { rows: 20, columns: 30, data };
    const top = found(matrix, 6);
    expect(energyOf(matrix, top.vectors) / energy64(matrix, 3)).toBeCloseTo(1, 5);
    expect(departure(top.vectors.slice(0, 3))).toBeLessThan(1e-5);
    for (const square of top.squares.subarray(3)) expect(square / top.squares[0]).toBeLessThan(1e-6);
  });
});
