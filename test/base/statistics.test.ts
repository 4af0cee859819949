import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanAndDeviation } from "../../src/base/statistics.js";
import { architectureCompression, fitPowerLaw, pearson } from "../../src/index.js";
import { oracle } from "../support/data.js";

const samples = [
  { x: [1, 2, 3, 4, 5], y: [2.1, 3.9, 6.2, 7.8, 10.1] },
  { x: [1, 2, 3, 4, 5, 6, 7], y: [5, 3, 9, 1, 4, 8, 2] },
  { x: [500, 1000, 2000, 4000, 10000], y: [2.01, 2.0, 2.0, 2.0, 2.0] },
  { x: [1e-20, 2e-20, 4e-20, 9e-20], y: [1e20, 3e20, 2e20, 5e20] },
  { x: [1, 2, 3], y: [1, 2, 4] },
];

/** r, p and interval of scipy; slope, error, intercept, r² of the logarithms and the t of 95 %. */
const script = `
import json,sys,numpy as np,scipy.stats as t
out=[]
for s in json.load(sys.stdin):
  x=np.array(s["x"],float); y=np.array(s["y"],float); n=len(x)
  c=t.pearsonr(x,y); i=c.confidence_interval()
  l=t.linregress(np.log(x),np.log(y))
  \
out.append(dict(r=c[0],p=c[1],lower=i[0],upper=i[1],
    exponent=l.slope,error=l.stderr,prefactor=float(np.exp(l.intercept)),r2=l.rvalue**2,q=t.t.isf(.025,n-2)))
print(json.dumps(out))`;

describe("against scipy", () => {
  const expected = JSON.parse(oracle("scipy-stats", ["-c", script], JSON.stringify(samples))) as Record<
    string,
    number
  >[];

  it.each(samples.map((sample, i) => ({ ...sample, expected: expected[i] })))(
    "pearson of $y",
    ({ expected: row, ...sample }) => {
      const result = pearson(sample.x, sample.y);
      expect(result.n).toBe(sample.x.length);
      expect(result.r).toBeCloseTo(row.r, 13);
      expect(result.p / row.p).toBeCloseTo(1, 9);
      expect(result.lower).toBeCloseTo(row.lower, 11);
      expect(result.upper).toBeCloseTo(row.upper, 11);
    },
  );

  it.each(samples.map((sample, i) => ({ ...sample, expected: expected[i] })))(
    "power law of $y",
    ({ expected: row, ...sample }) => {
      const result = fitPowerLaw(sample.x, sample.y);
      expect(result.exponent).toBeCloseTo(row.exponent, 12);
      expect(result.standardError).toBeCloseTo(row.error, 12);
      expect(result.lower).toBeCloseTo(row.exponent - row.q * row.error, 8);
      expect(result.upper).toBeCloseTo(row.exponent + row.q * row.error, 8);
      expect(result.prefactor / row.prefactor).toBeCloseTo(1, 9);
      expect(result.r2).toBeCloseTo(row.r2, 11);
    },
  );
});

describe("properties", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 4, maxLength: 30 });

  it("pearson does not see scale and shift, and its interval holds r", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: -6, max: 6 }), (x, shift) => {
        const y = x.map((value, i) => value + i * i * 1000);
        if (meanAndDeviation(x).standardDeviation < 1 || meanAndDeviation(y).standardDeviation < 1) return;
        const plain = pearson(x, y);
        const moved = pearson(
          x.map((value) => value * 4 + shift),
          y,
        );
        expect(moved.r).toBeCloseTo(plain.r, 8);
        expect(plain.lower).toBeLessThanOrEqual(plain.r);
        expect(plain.upper).toBeGreaterThanOrEqual(plain.r);
        expect(plain.p).toBeGreaterThanOrEqual(0);
        expect(plain.p).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("a power law without noise is found, with an interval of no width", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        (exponent, prefactor) => {
          const x = [1, 2, 5, 10, 300];
          const result = fitPowerLaw(
            x,
            x.map((value) => prefactor * value ** exponent),
          );
          expect(result.exponent).toBeCloseTo(exponent, 10);
          expect(result.prefactor / prefactor).toBeCloseTo(1, 9);
          expect(result.upper - result.lower).toBeLessThan(1e-10);
        },
      ),
    );
  });
});

describe("edges", () => {
  it("exact lines and constant y", () => {
    expect(pearson([1, 2, 3, 4], [2, 4, 6, 8])).toEqual({ r: 1, p: 0, n: 4, lower: 1, upper: 1 });
    expect(pearson([1, 2, 3, 4], [4, 3, 2, 1])).toEqual({ r: -1, p: 0, n: 4, lower: -1, upper: -1 });
    expect(fitPowerLaw([1, 2, 4], [3, 3, 3])).toMatchObject({ exponent: 0, standardError: 0, r2: 1 });
    expect(pearson([1e-200, 2e-200, 4e-200], [1e200, 3e200, 2e200]).r).toBeCloseTo(pearson([1, 2, 4], [1, 3, 2]).r, 14);
    expect(meanAndDeviation([])).toEqual({ mean: 0, standardDeviation: 0 });
    expect(meanAndDeviation([0.1, 0.1, 0.1])).toEqual({ mean: 0.1, standardDeviation: 0 });
    expect(meanAndDeviation([1e9 + 1, 1e9 + 3])).toEqual({ mean: 1e9 + 2, standardDeviation: 1 });
  });

  it("refuses what has no answer", () => {
    expect(() => pearson([1, 2], [3, 4])).toThrow(/pearson: 2 points/);
    expect(() => pearson([1, 2, 3], [3, 4])).toThrow(/3 values of x and 2 of y/);
    expect(() => pearson([1, 1, 1], [3, 4, 5])).toThrow(/all values of x are equal/);
    expect(() => pearson([0.1, 0.1, 0.1, 0.1], [3, 4, 5, 6])).toThrow(RangeError);
    expect(() => pearson([1, 2, NaN], [3, 4, 5])).toThrow(/value 2 of x is NaN/);
    expect(() => fitPowerLaw([1, 2, 0], [3, 4, 5])).toThrow(/value 2 of x is 0/);
    expect(() => fitPowerLaw([1, 2, 3], [3, Infinity, 5])).toThrow(/value 1 of y is Infinity/);
    expect(() => fitPowerLaw([2, 2, 2], [3, 4, 5])).toThrow(/no exponent/);
    expect(() => fitPowerLaw([1, 2], [3, 4])).toThrow(RangeError);
    expect(() => architectureCompression({ parameters: 1, width: 0, layers: 1 }, 8)).toThrow(/width must be positive/);
  });

  it("the paper's four architectures", () => {
    const models = [
      [10.2e6, 256, 8],
      [100e6, 768, 12],
      [1e9, 2048, 24],
      [7e9, 4096, 32],
    ];
    const results = models.map(([parameters, width, layers]) =>
      architectureCompression({ parameters, width, layers }, 8),
    );
    expect(results.map(({ ratio }) => Math.round(ratio))).toEqual([52, 113, 212, 556]);
    expect(results.map(({ amplitudes }) => amplitudes)).toEqual([196608, 884736, 4718592, 12582912]);
  });
});
