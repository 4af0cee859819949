import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eigenvalues, eigenvaluesInSlices } from "../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { eigenvalues64 } from "../support/reference.js";
import { symmetric, symmetricKinds, turned } from "../support/symmetric.js";

const machine = await loadMachine();

/** Its eigenvalues from the upper triangle alone, at `n + pad` values a row. */
function computed(a: Float64Array, n: number, pad: number): Float64Array {
  const stride = n + pad;
  const padded = new Float64Array(n * stride).fill(NaN);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) padded[i * stride + j] = a[i * n + j];
  return machine.scope(() => eigenvalues(machine, machine.copyFloat64(padded), n, stride));
}

const sizeOf = (values: ArrayLike<number>): number => Math.max(Number.MIN_VALUE, ...Array.from(values, Math.abs));

describe("eigenvalues", () => {
  it("are those of a slow Jacobi, for any order, structure and stride, from the upper triangle alone", () => {
    const cases = fc.record({
      n: fc.integer({ min: 1, max: 40 }),
      pad: fc.integer({ min: 0, max: 9 }),
      seed: fc.nat(),
      kind: fc.constantFrom(...symmetricKinds),
    });
    fc.assert(
      fc.property(cases, ({ n, pad, seed, kind }) => {
        // Jacobi's own squares leave f64 where entries are this large or small.
        const scale = kind === "huge" ? 2 ** -500 : kind === "tiny" ? 2 ** 900 : 1;
        const a = symmetric(n, seed, kind);
        const expected = eigenvalues64(
          a.map((x) => x * scale),
          n,
        );
        const actual = computed(a, n, pad);
        const size = sizeOf(expected);
        for (let i = 0; i < n; i++)
          expect(Math.abs(actual[i] * scale - expected[i])).toBeLessThanOrEqual(1e-14 * n * size);
      }),
      { numRuns: 300 },
    );
  });

  it("hold where tiles end: orders about multiples of 32, in place and beside", () => {
    for (const n of [31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 160, 161, 191, 193]) {
      const d = Float64Array.from({ length: n }, (_, i) => 1 - (1.7 * i) / n);
      for (const pad of [0, 7]) {
        const actual = computed(turned(d, n, 5), n, pad);
        for (let i = 0; i < n; i++) expect(Math.abs(actual[i] - d[i])).toBeLessThanOrEqual(1e-13);
      }
    }
  });

  it("are known spectra: clusters, gaps of fourteen powers of ten, signs, zeros", () => {
    const spectra: ((i: number, n: number) => number)[] = [
      (i) => (i < 5 ? 1 : 1e-3),
      (i, n) => 10 ** ((-14 * i) / n),
      (i) => (i % 2 === 0 ? 1 : -1),
      (i) => (i === 0 ? 1e6 : 1 + 1e-9 * i),
      (i) => (i < 40 ? 1 / (1 + i) : 0),
      () => 2,
    ];
    for (const n of [70, 257, 300]) {
      spectra.forEach((spectrum, seed) => {
        const d = Float64Array.from({ length: n }, (_, i) => spectrum(i, n));
        const actual = computed(turned(d, seed + 1, 6), n, 0);
        const expected = d.slice().sort().reverse();
        for (let i = 0; i < n; i++)
          expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(1e-13 * sizeOf(expected));
      });
    }
  });

  it("of a matrix times a power of two are the same times it, bit for bit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 80 }),
        fc.nat(),
        fc.constantFrom(2 ** -40, 2 ** 17, 2 ** -300, 2 ** 200),
        (n, seed, factor) => {
          const a = symmetric(n, seed, "full");
          expect(
            computed(
              a.map((x) => x * factor),
              n,
              0,
            ),
          ).toEqual(computed(a, n, 0).map((x) => x * factor));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("come in slices that say how much is done, and leave the arena as they found it", () => {
    const n = 1100;
    const { exports } = machine;
    const marked = exports.mark();
    const pointer = machine.copyFloat64(symmetric(n, 5, "full"));
    const before = exports.mark();
    const shares: number[] = [];
    const slices = eigenvaluesInSlices(machine, pointer, n);
    for (;;) {
      const slice = slices.next();
      if (slice.done) break;
      shares.push(slice.value);
    }
    expect(exports.mark()).toBe(before);
    expect(shares.length).toBeGreaterThan(3);
    shares.forEach((share, i) => expect(share).toBeGreaterThanOrEqual(i === 0 ? 0 : shares[i - 1]));
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
    const given = eigenvaluesInSlices(machine, pointer, n);
    given.next();
    given.return(new Float64Array());
    expect(exports.mark()).toBe(before);
    exports.release(marked);
  });

  it("of no rows are none, and what is not finite is refused", () => {
    expect(computed(new Float64Array(0), 0, 0)).toEqual(new Float64Array(0));
    for (const bad of [NaN, Infinity, -Infinity]) {
      const a = symmetric(40, 1, "full");
      a[3 * 40 + 17] = bad;
      expect(() => computed(a, 40, 0)).toThrow(RangeError);
    }
  });
});
