import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as mathematics from "../../src/base/mathematics.js";
import { oracle } from "../support/data.js";

/** |a - b| in units of |b|; equal infinities and zeros are 0, below 1e-300 it is absolute. */
const relative = (a: number, b: number): number =>
  Object.is(a, b) || a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), 1e-300);

/** Values of scipy, to the last bit. */
function scipy(expression: string, values: number[][]): number[] {
  const script =
    `import json,sys,scipy.special as s,scipy.stats as t\nprint(json.dumps([float(${expression}) for v in ` +
    "json.load(sys.stdin)]))";
  return JSON.parse(oracle("scipy-special", ["-c", script], JSON.stringify(values))) as number[];
}

describe("elementary functions agree with the host's", () => {
  const compare = (
    name: "exp" | "expm1" | "log" | "log1p" | "tanh" | "atanh",
    low: number,
    high: number,
    tolerance: number,
  ): void =>
    it(name, () => {
      fc.assert(
        fc.property(fc.double({ min: low, max: high, noNaN: true }), (x) => {
          expect(relative(mathematics[name](x), Math[name](x))).toBeLessThanOrEqual(tolerance);
        }),
        { numRuns: 3000 },
      );
      for (let i = 0; i <= 3000; i++) {
        const x = low + ((high - low) * i) / 3000;
        expect(relative(mathematics[name](x), Math[name](x))).toBeLessThanOrEqual(tolerance);
      }
    });
  compare("exp", -700, 709.7, 1e-15);
  compare("exp", -1, 1, 6e-16);
  compare("expm1", -2, 2, 1.2e-15);
  compare("log", 1e-300, 1e300, 1e-15);
  compare("log", 0.25, 4, 1e-15);
  compare("log1p", -0.999, 3, 1.2e-15);
  compare("tanh", -25, 25, 1.2e-15);
  compare("atanh", -0.9999, 0.9999, 1.2e-15);

  it("arctangent", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (x) => {
        expect(relative(mathematics.arctangent(x), Math.atan(x))).toBeLessThanOrEqual(6e-16);
      }),
      { numRuns: 3000 },
    );
    for (let i = -4000; i <= 4000; i++)
      expect(relative(mathematics.arctangent(i / 1000), Math.atan(i / 1000))).toBeLessThanOrEqual(6e-16);
    expect([mathematics.arctangent(0), mathematics.arctangent(Infinity), mathematics.arctangent(-Infinity)]).toEqual([
      0,
      Math.PI / 2,
      -Math.PI / 2,
    ]);
    expect(mathematics.arctangent(NaN)).toBeNaN();
    expect(mathematics.arctangent(-0)).toBe(-0);
  });

  it("power, and the ends of the range", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.double({ min: -20, max: 20, noNaN: true }),
        (x, y) => {
          expect(relative(mathematics.power(x, y), x ** y)).toBeLessThan(1e-13);
        },
      ),
    );
    expect([mathematics.exp(-800), mathematics.exp(800), mathematics.exp(0)]).toEqual([0, Infinity, 1]);
    expect(mathematics.exp(-745)).toBe(5e-324);
    expect(mathematics.exp(-Infinity)).toBe(0);
    expect(mathematics.exp(NaN)).toBeNaN();
    expect([mathematics.log(0), mathematics.log(1), mathematics.log(Infinity)]).toEqual([-Infinity, 0, Infinity]);
    expect(mathematics.log(-1)).toBeNaN();
    expect(relative(mathematics.log(5e-324), Math.log(5e-324))).toBeLessThan(1e-15);
    expect([mathematics.atanh(1), mathematics.atanh(-1), mathematics.tanh(Infinity), mathematics.tanh(-0)]).toEqual([
      Infinity,
      -Infinity,
      1,
      -0,
    ]);
  });
});

describe("special functions agree with scipy's", () => {
  const shapes = [0.5, 1, 1.5, 2.25, 7, 9.99, 10, 33.3, 500, 123456.5];

  it("logGamma", () => {
    const values = [...shapes, 0.01, 1e-5, 1.4616321449683622, 1e8].map((x) => [x]);
    scipy("s.gammaln(v[0])", values).forEach((expected, i) => {
      expect(Math.abs(mathematics.logGamma(values[i][0]) - expected)).toBeLessThan(4e-15 * (1 + Math.abs(expected)));
    });
  });

  it("logBeta, where scipy's own keeps its digits, and B(1, b) = 1/b, B(2, b) = 1/(b(b+1)) everywhere", () => {
    const values = shapes.flatMap((a) => shapes.map((b) => [a, b])).filter((pair) => Math.max(...pair) < 50);
    scipy("s.betaln(v[0],v[1])", values).forEach((expected, i) => {
      expect(Math.abs(mathematics.logBeta(values[i][0], values[i][1]) - expected)).toBeLessThan(
        1e-14 * (1 + Math.abs(expected)),
      );
    });
    for (const b of shapes) {
      expect(Math.abs(mathematics.logBeta(1, b) + Math.log(b))).toBeLessThan(5e-15 * (1 + Math.abs(Math.log(b))));
      expect(Math.abs(mathematics.logBeta(b, 2) + Math.log(b * (b + 1)))).toBeLessThan(
        1e-14 * (1 + Math.abs(2 * Math.log(b))),
      );
    }
  });

  it("regularisedBeta", () => {
    const values = [0.001, 0.03, 0.3, 0.5, 0.8, 0.97, 0.9999].flatMap((x) =>
      [0.5, 1, 2.5, 10, 60, 700].flatMap((a) => [0.5, 3, 40].map((b) => [x, a, b])),
    );
    scipy("s.betainc(v[1],v[2],v[0])", values).forEach((expected, i) => {
      const [x, a, b] = values[i];
      if (expected > 1e-290)
        expect(relative(mathematics.regularisedBeta(x, 1 - x, a, b), expected), `I_${x}(${a}, ${b})`).toBeLessThan(
          2e-12,
        );
    });
    expect(mathematics.regularisedBeta(0, 1, 2, 3)).toBe(0);
    expect(mathematics.regularisedBeta(1, 0, 2, 3)).toBe(1);
  });

  it("Student's t, tails and quantiles", () => {
    const values = [0.01, 0.5, 2, 8, 40].flatMap((t) => [1, 2, 5, 30, 1000, 1e6].map((degrees) => [t, degrees]));
    scipy("2*t.t.sf(v[0],v[1])", values).forEach((expected, i) => {
      if (expected > 1e-290)
        expect(
          relative(mathematics.studentTwoSided(values[i][0], values[i][1]), expected),
          values[i].join(),
        ).toBeLessThan(1e-10);
    });
    expect(mathematics.studentTwoSided(Infinity, 3)).toBe(0);
    expect(mathematics.studentTwoSided(0, 3)).toBe(1);
    // a quarter of the Cauchy distribution lies above 1
    expect(relative(mathematics.studentQuantile(0.5, 1), 1)).toBeLessThan(1e-14);
    const quantiles = [1, 2, 3, 14, 200].flatMap((degrees) =>
      [0.5, 0.05, 1e-4].map((probability) => [probability, degrees]),
    );
    scipy("t.t.isf(v[0]/2,v[1])", quantiles).forEach((expected, i) => {
      const t = mathematics.studentQuantile(quantiles[i][0], quantiles[i][1]);
      // scipy takes 1 - probability and loses digits
      expect(relative(t, expected), quantiles[i].join()).toBeLessThan(1e-8);
      expect(relative(mathematics.studentTwoSided(t, quantiles[i][1]), quantiles[i][0])).toBeLessThan(1e-13);
    });
  });
});
