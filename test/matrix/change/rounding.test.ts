import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isQuantised, RoundingNoise, type Spacing, spacingOf, Units } from "../../../src/matrix/change/rounding.js";

/** The values of a float type around x, by their definition: sign, exponent, bits after the point. */
function neighbours(x: number, bits: number, least: number): number {
  let exponent = least;
  while (2 ** (exponent + 1) <= Math.abs(x)) exponent++;
  return 2 ** (exponent - bits);
}

function unitsOf(spacing: Spacing, values: number[]): number[] {
  const into = new Float64Array(values.length);
  new Units(spacing).row(Float32Array.from(values), 0, into);
  return [...into];
}

const f32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe("spacing of values", () => {
  it.each([
    ["F32", 23, -126],
    ["BF16", 7, -126],
    ["F16", 10, -14],
    ["F8_E4M3", 3, -6],
    ["F8_E5M2", 2, -14],
  ])("of %s is the unit in the last place", (type, bits, least) => {
    fc.assert(
      fc.property(f32, (x) => {
        // Below f32's own normal numbers the unit stays that of the smallest normal.
        expect(unitsOf(spacingOf(type), [x])[0]).toBe(neighbours(Math.abs(x) < 2 ** -126 ? 0 : x, bits, least));
      }),
    );
  });

  it("of a block is its range over its steps, a short block at the end included", () => {
    const row = Array.from({ length: 40 }, (_, i) => (i < 32 ? i : -2 * i));
    const found = unitsOf(spacingOf("Q4_0"), row);
    expect(found.slice(0, 32)).toEqual(Array(32).fill(31 / 15));
    expect(found.slice(32)).toEqual(Array(8).fill(14 / 15));
  });

  it("is known for families of several tensors by their names", () => {
    expect(spacingOf("GPTQ-4")).toEqual({ kind: "block", length: 32, steps: 15 });
    expect(spacingOf("FP8 128×128")).toMatchObject({ kind: "float", bits: 3 });
    expect(spacingOf("something else")).toEqual(spacingOf("F32"));
    expect(["Q4_K", "GPTQ-4", "FP8 128×128", "F8_E4M3", "MXFP4"].every(isQuantised)).toBe(true);
    expect(["F32", "BF16", "F16", "F64"].some(isQuantised)).toBe(false);
  });
});

describe("rounding noise", () => {
  const noiseOf = (row: number, seed = 1, name = "w"): Float32Array => {
    const noise = new RoundingNoise(spacingOf("BF16"), spacingOf("F16"), 6, seed, name);
    const target = new Float32Array(7);
    const values = Float32Array.of(9, 1, 1, 1, 1, 1, 1);
    noise.row(row, { base: values, tuned: values }, 1, target.subarray(1));
    return target;
  };

  it("is the same for a seed, a name and a row, whatever was asked before", () => {
    expect(noiseOf(3)).toEqual(noiseOf(3));
    expect(noiseOf(3)).not.toEqual(noiseOf(4));
    expect(noiseOf(3)).not.toEqual(noiseOf(3, 2));
    expect(noiseOf(3)).not.toEqual(noiseOf(3, 1, "v"));
    expect(noiseOf(3)[0]).toBe(0);
  });

  it("has the variance of two uniform numbers, a twelfth of each unit squared, and mean 0", () => {
    const columns = 2000;
    const ones = new Float32Array(columns).fill(1);
    const noise = new RoundingNoise(spacingOf("BF16"), spacingOf("F16"), columns, 1, "w");
    let sum = 0;
    let squares = 0;
    const rows = 20;
    const target = new Float32Array(columns);
    const most = (2 ** -7 + 2 ** -10) / 2;
    for (let row = 0; row < rows; row++) {
      noise.row(row, { base: ones, tuned: ones }, 0, target);
      for (const value of target) {
        sum += value;
        squares += value * value;
        expect(Math.abs(value)).toBeLessThanOrEqual(most);
      }
    }
    const variance = (2 ** -14 + 2 ** -20) / 12;
    expect(squares / rows / columns / variance).toBeCloseTo(1, 1.5);
    expect(Math.abs(sum / rows / columns)).toBeLessThan(4 * Math.sqrt(variance / rows / columns));
  });
});
