import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { eigenvalues, eigenvaluesInSlices } from "../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { eigenvalues64 } from "../support/reference.js";

const machine = await loadMachine();

const kinds = [
  "full",
  "diagonal",
  "zero",
  "ones",
  "graded",
  "sparse",
  "huge",
  "tiny",
  "clustered",
  "rank 3",
  "constant",
] as const;
type Kind = (typeof kinds)[number];

/** A symmetric matrix with the structure of `kind`. */
function symmetric(n: number, seed: number, kind: Kind): Float64Array {
  const random = new Random(seed);
  const a = new Float64Array(n * n);
  const three = Float64Array.from({ length: 3 * n }, () => random.normal());
  const entry = (i: number, j: number): number => {
    if (kind === "diagonal") return i === j ? random.normal() : 0;
    if (kind === "zero") return 0;
    if (kind === "ones") return 1;
    if (kind === "constant") return i === j ? 1 / 3 : 0;
    if (kind === "graded") return random.normal() * 10 ** -(i + j > 24 ? 12 : (i + j) / 2);
    if (kind === "sparse") return random.float() < 0.8 ? 0 : random.normal();
    if (kind === "huge") return random.normal() * 1e150;
    if (kind === "tiny") return random.normal() * 1e-300;
    if (kind === "clustered") return (i === j ? 1 + (i % 3) : 0) + 1e-13 * random.normal();
    if (kind === "rank 3")
      return three[3 * i] * three[3 * j] + three[3 * i + 1] * three[3 * j + 1] + three[3 * i + 2] * three[3 * j + 2];
    return random.normal();
  };
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = entry(i, j);
  return a;
}

/** Its eigenvalues from the upper triangle alone, at `n + pad` values a row. */
function computed(a: Float64Array, n: number, pad: number): Float64Array {
  const stride = n + pad;
  const padded = new Float64Array(n * stride).fill(NaN);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) padded[i * stride + j] = a[i * n + j];
  return machine.scope(() => eigenvalues(machine, machine.copyFloat64(padded), n, stride));
}

const sizeOf = (values: ArrayLike<number>): number => Math.max(Number.MIN_VALUE, ...Array.from(values, Math.abs));

/** Eigenvalues of D turned by a few random reflectors: D's own. */
function turned(d: Float64Array, seed: number, reflectors: number): Float64Array {
  const n = d.length;
  const random = new Random(seed);
  const a = new Float64Array(n * n);
  d.forEach((value, i) => (a[i * n + i] = value));
  for (let r = 0; r < reflectors; r++) {
    const v = Float64Array.from({ length: n }, () => random.normal());
    const scale = 2 / v.reduce((sum, x) => sum + x * x, 0);
    const w = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) w[i] += scale * a[i * n + j] * v[j];
    const half = (scale / 2) * w.reduce((sum, x, i) => sum + x * v[i], 0);
    for (let i = 0; i < n; i++) w[i] -= half * v[i];
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
  }
  return a;
}

describe("eigenvalues", () => {
  it("are those of a slow Jacobi, for any order, structure and stride, from the upper triangle alone", () => {
    const cases = fc.record({
      n: fc.integer({ min: 1, max: 40 }),
      pad: fc.integer({ min: 0, max: 9 }),
      seed: fc.nat(),
      kind: fc.constantFrom(...kinds),
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
