import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  largestOfNoise,
  marchenkoPasturMedian,
  marchenkoPasturShare,
  support,
  TRACY_WIDOM_99,
} from "../../src/spectra/marchenko-pastur.js";
import { oracle } from "../support/data.js";

const ratios = [1, 0.99, 0.9, 0.5, 0.3, 0.0625, 0.01, 1e-4];

describe("the Marchenko–Pastur law against numpy's integral", () => {
  it.each(ratios)("median and shares at β = %d", (ratio) => {
    const [lower, upper] = support(ratio);
    const points = Array.from({ length: 41 }, (_, i) => lower + ((upper - lower) * i) / 40);
    const script = new URL("../oracle/spectra.py", import.meta.url).pathname;
    const [median, ...shares] = JSON.parse(
      oracle("marchenko-pastur", [script, "--law", String(ratio), ...points.map(String)]),
    ) as number[];
    expect(Math.abs(marchenkoPasturMedian(ratio) - median)).toBeLessThan(1e-8);
    shares.forEach((share, i) =>
      expect(Math.abs(marchenkoPasturShare(points[i], ratio) - share), `at ${points[i]}`).toBeLessThan(1e-8),
    );
  });
});

describe("the Marchenko–Pastur law", () => {
  it("rises from 0 to 1 over its support, half of it below the median", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (ratio, s, t) => {
          const [lower, upper] = support(ratio);
          const at = (share: number): number => marchenkoPasturShare(lower + share * (upper - lower), ratio);
          expect(at(Math.max(s, t))).toBeGreaterThanOrEqual(at(Math.min(s, t)) - 1e-15 / ratio);
          expect(Math.abs(marchenkoPasturShare(marchenkoPasturMedian(ratio), ratio) - 0.5)).toBeLessThan(1e-8);
          expect([
            marchenkoPasturShare(lower - 1e-9, ratio),
            marchenkoPasturShare(upper, ratio),
            marchenkoPasturShare(Infinity, ratio),
          ]).toEqual([0, 1, 1]);
        },
      ),
    );
  });

  it("tends to that of square matrices", () => {
    expect(Math.abs(marchenkoPasturMedian(1 - 1e-9) - marchenkoPasturMedian(1))).toBeLessThan(1e-8);
    for (const x of [0.01, 0.5, 2, 3.9])
      expect(Math.abs(marchenkoPasturShare(x, 1 - 1e-9) - marchenkoPasturShare(x, 1))).toBeLessThan(1e-8);
  });

  it("has mean 1 at any ratio: the integral of what lies above", () => {
    for (const ratio of ratios) {
      const [lower, upper] = support(ratio);
      const steps = 20000;
      const step = (upper - lower) / steps;
      let mean = lower;
      for (let i = 0; i < steps; i++) mean += step * (1 - marchenkoPasturShare(lower + (i + 0.5) * step, ratio));
      expect(Math.abs(mean - 1)).toBeLessThan(1e-6);
    }
  });

  it("the largest of noise: as written, and the same of the transpose", () => {
    for (const [n, m] of [
      [2, 2],
      [7, 3],
      [256, 96],
      [4096, 4096],
      [1, 1],
      [50000, 1],
    ]) {
      const a = Math.sqrt(n - 0.5);
      const b = Math.sqrt(m - 0.5);
      const expected = (a + b) ** 2 + 2.0234 * (a + b) * Math.cbrt(1 / a + 1 / b);
      expect(Math.abs(largestOfNoise(n, m, TRACY_WIDOM_99) / expected - 1)).toBeLessThan(1e-14);
      expect(Math.abs(largestOfNoise(m, n, TRACY_WIDOM_99) / expected - 1)).toBeLessThan(1e-14);
    }
  });
});
