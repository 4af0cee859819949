import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { largestEigenvalue, symmetricEigen } from "../../src/kernels/eigen.js";
import { atOnce } from "../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { eigenvalues64, gram64, noiseMatrix } from "../support/reference.js";

const machine = await loadMachine();

/** A symmetric matrix with the structure of `kind`. */
function symmetric(n: number, seed: number, kind: string): Float64Array {
  const random = new Random(seed);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let x = random.normal();
      if (kind === "diagonal" && i !== j) x = 0;
      if (kind === "zero") x = 0;
      if (kind === "ones") x = 1;
      if (kind === "graded") x *= 10 ** -(i + j > 24 ? 12 : (i + j) / 2);
      if (kind === "sparse" && random.float() < 0.8) x = 0;
      if (kind === "huge") x *= 1e60;
      if (kind === "tiny") x *= 1e-60;
      a[i * n + j] = a[j * n + i] = x;
    }
  }
  return a;
}
const kinds = fc.record({
  n: fc.integer({ min: 1, max: 30 }),
  seed: fc.nat(),
  kind: fc.constantFrom("full", "diagonal", "zero", "ones", "graded", "sparse", "huge", "tiny"),
});
const sizeOf = (values: ArrayLike<number>): number => Math.max(1e-300, ...Array.from(values, Math.abs));

describe("symmetric eigenproblems", () => {
  it("gives eigenvectors: orthonormal, with small residuals", () => {
    fc.assert(
      fc.property(kinds, ({ n, seed, kind }) => {
        const a = symmetric(n, seed, kind);
        const { values, vectors } = symmetricEigen(machine, a, n);
        const size = sizeOf(values);
        for (let i = 0; i < n; i++) {
          if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
          for (let j = 0; j <= i; j++)
            expect(
              Math.abs(vectors[i].reduce((sum, x, k) => sum + x * vectors[j][k], 0) - (i === j ? 1 : 0)),
            ).toBeLessThan(1e-13 * n);
          for (let r = 0; r < n; r++) {
            let sum = -values[i] * vectors[i][r];
            for (let k = 0; k < n; k++) sum += a[r * n + k] * vectors[i][k];
            expect(Math.abs(sum)).toBeLessThanOrEqual(1e-13 * n * size);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("finds the largest of eigenvalues that lie close together, from the upper triangle alone", () => {
    const spectra: ((share: number, i: number) => number)[] = [
      (share) => 1 - 1e-3 * share,
      (_, i) => (i < 2 ? 1 - 1e-3 * i : 0.3 / (1 + i)),
      (share) => (share < 0.4 ? 2 : 1),
      (_, i) => (i < 3 ? 1 : 0),
    ];
    for (const n of [2, 7, 40, 61, 200]) {
      for (const spectrum of spectra) {
        // D reflected: (1 - 2vvᵀ) D (1 - 2vvᵀ) has D's eigenvalues.
        const d = Float64Array.from({ length: n }, (_, i) => spectrum(i / n, i));
        const v = Float64Array.from({ length: n }, (_, i) => Math.sin(1 + i * i));
        const length = v.reduce((sum, x) => sum + x * x, 0);
        const curvature = v.reduce((sum, x, i) => sum + x * x * d[i], 0) / length;
        const upper = Float64Array.from({ length: n * n }, (_, at) => {
          const i = Math.floor(at / n);
          const j = at % n;
          return i > j ? NaN : (i === j ? d[i] : 0) - (2 * v[i] * v[j] * (d[i] + d[j] - 2 * curvature)) / length;
        });
        expect(
          Math.abs(
            machine.scope(() => atOnce(largestEigenvalue(machine, machine.copyFloat64(upper), n, n))) / d[0] - 1,
          ),
        ).toBeLessThan(1e-8);
      }
    }
  });

  it("finds the largest eigenvalue of any Gram matrix to 1e-7", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.constantFrom(0, 1, 4),
        (rows, columns, seed, power) => {
          const { gram, side } = gram64(noiseMatrix(rows, columns, seed, (i) => (1 + i) ** -power));
          const [expected] = eigenvalues64(gram, side);
          const actual = machine.scope(() => atOnce(largestEigenvalue(machine, machine.copyFloat64(gram), side, side)));
          expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 100 },
    );
  });
});
