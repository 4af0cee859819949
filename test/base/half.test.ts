import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bfloat16Bits, float16Bits, float16Value, roundEven, toFloat16 } from "../../src/base/half.js";

const bitsOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0];
const bfloat16Value = (half: number): number => new Float32Array(Uint32Array.of(half << 16).buffer)[0];

/** Of all finite halves the nearest, the even one of two. */
function nearest(x: number, value: (half: number) => number, infinity: number): number {
  let best = 0;
  for (let half = 0; half < infinity; half++) {
    const mine = Math.abs(value(half) - x);
    const other = Math.abs(value(best) - x);
    if (mine < other || (mine === other && half % 2 === 0)) best = half;
  }
  return best;
}

describe("16-bit floats", () => {
  it("survive a round trip, every one of them", () => {
    const changed: number[] = [];
    for (let half = 0; half < 0x10000; half++) {
      const value = float16Value(half);
      const wide = bfloat16Value(half);
      if (Number.isNaN(value) ? !Number.isNaN(toFloat16(value)) : float16Bits(bitsOf(value)) !== half)
        changed.push(half);
      if (!Number.isNaN(wide) && bfloat16Bits(bitsOf(wide)) !== half) changed.push(half);
    }
    expect(changed).toEqual([]);
  });

  it("are the nearest, ties to even (property)", () => {
    const positive = fc.float({ min: 0, max: 65503, noNaN: true, maxExcluded: false });
    fc.assert(
      fc.property(positive, (x) => {
        expect(float16Bits(bitsOf(x))).toBe(nearest(x, float16Value, 0x7c00));
        expect(bfloat16Bits(bitsOf(x))).toBe(nearest(x, bfloat16Value, 0x7f80));
        expect(float16Bits(bitsOf(-x))).toBe(0x8000 | float16Bits(bitsOf(x)));
      }),
      { numRuns: 20 },
    );
    expect(toFloat16(1 + 2 ** -11)).toBe(1);
    expect(toFloat16(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(toFloat16(2 ** -25)).toBe(0);
    expect(toFloat16(3 * 2 ** -25)).toBe(2 ** -23);
    expect(bfloat16Value(bfloat16Bits(bitsOf(1 + 2 ** -8)))).toBe(1);
    expect(bfloat16Value(bfloat16Bits(bitsOf(1 + 3 * 2 ** -8)))).toBe(1 + 2 ** -6);
  });

  it("become infinite where they end, and keep NaN and the sign of zero", () => {
    expect(toFloat16(65519)).toBe(65504);
    expect(toFloat16(65520)).toBe(Infinity);
    expect(toFloat16(-1e30)).toBe(-Infinity);
    expect(toFloat16(NaN)).toBeNaN();
    expect(Object.is(toFloat16(-0), -0)).toBe(true);
    expect(bfloat16Value(bfloat16Bits(bitsOf(3.4e38)))).toBe(Infinity);
    expect(bfloat16Value(bfloat16Bits(0x7f800001))).toBeNaN();
  });

  it("whole numbers round to even", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999, 7.5].map(roundEven)).toEqual([0, 2, 2, 0, -2, 2, 8]);
  });
});
