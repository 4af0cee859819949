import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { eigenvalues } from "../../src/kernels/eigenvalues.js";
import { eigenvectors, eigenvectorsInSlices } from "../../src/kernels/eigenvectors.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { symmetric, symmetricKinds, turned } from "../support/symmetric.js";

const machine = await loadMachine();

interface Found {
  values: Float64Array;
  vectors: Float64Array[];
}

/** Of the upper triangle alone, at `n + pad` values a row. */
function computed(a: Float64Array, n: number, count: number, pad = 0): Found {
  const stride = n + pad;
  const padded = new Float64Array(n * stride).fill(NaN);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) padded[i * stride + j] = a[i * n + j];
  return machine.scope(() => {
    const found = eigenvectors(machine, machine.copyFloat64(padded), n, stride, () => count);
    const rows = machine.float64(found.vectors, found.count * n);
    return {
      values: found.values,
      vectors: Array.from({ length: found.count }, (_, k) => rows.slice(k * n, (k + 1) * n)),
    };
  });
}

const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, value, i) => sum + value * y[i], 0);

/** The largest departure from orthonormality, and the largest ‖Av - λv‖ in units of ‖A‖. */
function errorsOf(a: Float64Array, n: number, { values, vectors }: Found): { angle: number; residual: number } {
  const size = Math.max(Number.MIN_VALUE, ...values.map(Math.abs));
  let angle = 0;
  let residual = 0;
  for (let k = 0; k < vectors.length; k++) {
    for (let j = 0; j <= k; j++) angle = Math.max(angle, Math.abs(dot(vectors[j], vectors[k]) - (j === k ? 1 : 0)));
    const off = vectors[k].map((x, i) => (dot(a.subarray(i * n, (i + 1) * n), vectors[k]) - values[k] * x) / size);
    residual = Math.max(residual, Math.sqrt(dot(off, off)));
  }
  return { angle, residual };
}

describe("eigenvectors", () => {
  it("are orthonormal, with small residuals, for any order, structure, stride and count", () => {
    const cases = fc.record({
      n: fc.integer({ min: 1, max: 70 }),
      pad: fc.integer({ min: 0, max: 5 }),
      seed: fc.nat(),
      kind: fc.constantFrom(...symmetricKinds),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ n, pad, seed, kind, share }) => {
        const count = Math.round(share * n);
        const a = symmetric(n, seed, kind);
        const found = computed(a, n, count, pad);
        expect(found.vectors).toHaveLength(count);
        const { angle, residual } = errorsOf(a, n, found);
        expect(angle).toBeLessThan(1e-8);
        expect(residual).toBeLessThan(1e-13 * n);
      }),
      { numRuns: 200 },
    );
  });

  it("are those of known matrices: spread, clustered, graded, of low rank, where tiles end", () => {
    const spectra: ((i: number, n: number) => number)[] = [
      (i, n) => 1 - i / n,
      (i) => 1 + (i % 3),
      (i, n) => 10 ** ((-14 * i) / n),
      (i) => (i < 20 ? 1 / (1 + i) : 0),
      () => 2,
      (i) => (i % 2 === 0 ? 1 + 1e-9 * i : -1),
    ];
    for (const n of [63, 64, 65, 96, 193]) {
      spectra.forEach((spectrum, seed) => {
        const a = turned(
          Float64Array.from({ length: n }, (_, i) => spectrum(i, n)),
          seed + 1,
          5,
        );
        const { angle, residual } = errorsOf(a, n, computed(a, n, n));
        expect(angle).toBeLessThan(1e-8);
        expect(residual).toBeLessThan(1e-13);
      });
    }
  });

  it("come for as many of the largest as is said once the values are known, and leave nothing else behind", () => {
    const n = 150;
    const a = turned(
      Float64Array.from({ length: n }, (_, i) => (i < 10 ? 10 - i : 1 / (1 + i))),
      3,
      4,
    );
    const marked = machine.exports.mark();
    const before = machine.scope(() => eigenvalues(machine, machine.copyFloat64(a), n));
    const pointer = machine.copyFloat64(a);
    const top = machine.exports.mark();
    let asked: Float64Array | null = null;
    const found = eigenvectors(machine, pointer, n, n, (values) => {
      asked = values.slice();
      return values.filter((value) => value > 0.5).length;
    });
    expect(asked).toEqual(before);
    expect(found.values).toEqual(before);
    expect(found.count).toBe(10);
    expect(machine.exports.mark() - top).toBeLessThanOrEqual(10 * n * 8 + 64);
    machine.exports.release(top);
    const slices = eigenvectorsInSlices(machine, pointer, n, n, () => 5);
    slices.next();
    slices.return(found);
    expect(machine.exports.mark()).toBe(top);
    machine.exports.release(marked);
  });

  it("have the same bits every time", () => {
    const random = new Random(4);
    const a = symmetric(100, random.uint32(), "clustered");
    expect(computed(a, 100, 100)).toEqual(computed(a, 100, 100));
  });
});
