import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { boundsOf, type Products } from "../../src/spectra/bounds.js";
import type { Operator } from "../../src/spectra/operator.js";
import { iterate } from "../../src/spectra/power.js";

const machine = await loadMachine();

describe("bounds of ‖M‖² from images that are off by what the operator's error allows", () => {
  it("hold the exact value, for an M of one number", () => {
    const cases = fc.record({
      eigenvalue: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      error: fc.double({ min: 1e-9, max: 0.1, noNaN: true }),
      off: fc.double({ min: -1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ eigenvalue, error, off }) => {
        // Its image of q = (1) is M q + δ, |δ| ≤ error · √λ₁ · √(tr M).
        const image = eigenvalue * (1 + off * error);
        const products = {
          active: [0],
          side: 1,
          qq: Float64Array.of(1),
          qy: Float64Array.of(image),
          yy: Float64Array.of(image * image),
        } as unknown as Products;
        const operator: Operator = { dimension: 1, rank: 1, trace: eigenvalue, traceError: 0, error };
        const { lower, upper } = boundsOf(machine, products, operator);
        expect(lower).toBeLessThanOrEqual(eigenvalue ** 2);
        expect(upper).toBeGreaterThanOrEqual(eigenvalue ** 2);
        // And are no further apart than the error makes them: 4 √2 of it, and its square.
        expect(upper - lower).toBeLessThanOrEqual(eigenvalue ** 2 * (6 * error + 20 * error ** 2 + 1e-9));
      }),
    );
  });
});

describe("an estimate whose probes agree to the last bit", () => {
  /** M = 1/D: every probe gives the same, and nothing but rounding is left to doubt. */
  function ofIdentity(error: number) {
    const dimension = 96;
    const operator: Operator = { dimension, rank: dimension, trace: 1, traceError: 0, error };
    return machine.scope(() => {
      const steps = iterate(machine, operator, { tolerance: 1e-2, blockSize: 8, maxIterations: 20, seed: 5 });
      for (;;) {
        const step = steps.next();
        if (step.done) return step.value;
        for (const { vectors, image } of step.value ?? []) {
          const from = machine.float32(vectors, dimension * 8);
          machine.float32(image, dimension * 8).set(from.map((value) => value / dimension));
        }
      }
    });
  }

  it("has the error of its rounding, a sixteenth of the operator's", () => {
    const { value, standardError, convergedBy } = ofIdentity(0.08);
    expect(standardError / value).toBeGreaterThanOrEqual((0.08 / 16) * (1 - 1e-12));
    expect(standardError / value).toBeLessThan(0.01);
    expect(convergedBy).toBe("standard-error");
    expect(Math.abs(value / 96 - 1)).toBeLessThan(1e-2);
  });

  it("does not converge where that is more than the tolerance", () => {
    expect(ofIdentity(0.5)).toMatchObject({ convergedBy: null, iterations: 20 });
  });
});
