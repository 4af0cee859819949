import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { effectiveRank, energyRanks, numericalRank } from "../../src/spectra/ranks.js";
import { type PowerLawTail, powerLawTail } from "../../src/spectra/tail.js";

/** Clauset, Shalizi & Newman as they write it, every tail looked at whole. */
function reference(values: Float64Array): PowerLawTail | null {
  const x = [...values].filter((value) => value > 0).sort((a, b) => a - b);
  let best: PowerLawTail | null = null;
  for (let i = 0; x.length - i >= 10; i++) {
    if (i > 0 && x[i] === x[i - 1]) continue;
    const tail = x.slice(i);
    const n = tail.length;
    const total = tail.reduce((sum, value) => sum + Math.log(value / x[i]), 0);
    if (!(total > 0)) continue;
    const exponent = 1 + n / total;
    const shares = tail.map((value) => 1 - (value / x[i]) ** (1 - exponent));
    const distance = Math.max(...shares.flatMap((share, j) => [(j + 1) / n - share, share - j / n]));
    if (best === null || distance < best.distance - 1e-12)
      best = { exponent, standardError: (exponent - 1) / Math.sqrt(n), minimum: x[i], n, distance };
  }
  return best;
}

const sorted = (all: number[]): Float64Array => Float64Array.from(all).sort().reverse();

describe("the power-law tail", () => {
  it("is that of the definition, ties and zeros among the values", () => {
    const value = fc.oneof(fc.double({ min: 1e-12, max: 1e12, noNaN: true }), fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }).map(sorted), (squares) => {
        const found = powerLawTail(squares);
        const expected = reference(squares);
        expect(found === null).toBe(expected === null);
        if (!found || !expected) return;
        expect(Math.abs(found.distance - expected.distance)).toBeLessThan(1e-9);
        if (found.n !== expected.n) return; // two tails as good as each other
        for (const key of ["exponent", "standardError", "minimum"] as const)
          expect(Math.abs(found[key] / expected[key] - 1)).toBeLessThan(1e-9);
      }),
      { numRuns: 300 },
    );
  });

  it("quantiles of a power law give its exponent back", () => {
    const squares = Float64Array.from({ length: 1000 }, (_, i) => ((i + 0.5) / 1000) ** (-1 / 1.5));
    expect(powerLawTail(squares)!.exponent).toBeCloseTo(2.5, 1);
  });

  it("fewer than ten values, or equal ones, have none", () => {
    expect(powerLawTail(sorted([1, 2, 3, 4, 5, 6, 7, 8, 9]))).toBeNull();
    expect(powerLawTail(new Float64Array(50).fill(2))).toBeNull();
    expect(powerLawTail(new Float64Array(50))).toBeNull();
    expect(powerLawTail(new Float64Array(0))).toBeNull();
  });
});

describe("ranks", () => {
  it("equal values have the effective rank of their number", () => {
    for (const n of [1, 2, 17, 400])
      expect(Math.abs(effectiveRank(new Float64Array(n).fill(1e-30))! - n)).toBeLessThan(1e-9);
    expect(effectiveRank(new Float64Array(5))).toBeNull();
  });

  it("lie between 1 and the number of values above 0, and energy ranks ascend", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 }).map(sorted),
        (squares) => {
          const positive = squares.filter((value) => value > 0).length;
          const [half, most, all] = energyRanks(squares, [0.5, 0.9, 1]);
          if (positive > 0) expect(effectiveRank(squares)!).toBeLessThanOrEqual(positive * (1 + 1e-12));
          expect(1 <= half && half <= most && most <= all && all <= squares.length).toBe(true);
          const sum = (n: number): number => squares.subarray(0, n).reduce((a, b) => a + b, 0);
          expect(sum(most)).toBeGreaterThanOrEqual(0.9 * sum(squares.length) * (1 - 1e-12));
          if (most > 1) expect(sum(most - 1)).toBeLessThanOrEqual(0.9 * sum(squares.length) * (1 + 1e-12));
        },
      ),
    );
  });

  it("no rank is counted below the floor, nor below what f32 weights resolve", () => {
    const squares = Float64Array.of(1, 1e-4, 1e-8, 1e-16);
    expect(numericalRank(squares, 4, 0)).toBe(3);
    expect(numericalRank(squares, 4, 1e-3)).toBe(2);
    expect(numericalRank(squares, 1 << 20, 0)).toBe(1);
    expect(numericalRank(new Float64Array(4), 4, 0)).toBe(0);
  });
});
