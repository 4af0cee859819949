import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFloat16 } from "../../src/base/half.js";
import {
  BLOCK,
  blocksOfRow,
  dequantizeBlocks,
  packNibbles,
  quantizeBlocks,
  unpackNibbles,
} from "../../src/checkpoint/blocks.js";
import { decodeElements } from "../../src/checkpoint/decode.js";
import { dataType } from "../../src/checkpoint/dtypes.js";
import { ENCODED, encodedSize, encodeElements } from "../../src/checkpoint/encode.js";

const float = fc.float({ min: -1000, max: 1000, noNaN: true });
/** Clear of scales below 2⁻¹⁴, which keep few bits. */
const coarse = fc.integer({ min: -9999, max: 9999 }).map((n) => n / 16);
const matrixOf = (value: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 70 }))
    .chain(([rows, columns]) =>
      fc.tuple(fc.constant(columns), fc.array(value, { minLength: rows * columns, maxLength: rows * columns })),
    );
const matrix = matrixOf(float);

describe("rounding in blocks", () => {
  it("errs by half a step, and by one where a code is cut off (property)", () => {
    fc.assert(
      fc.property(matrix, fc.integer({ min: 2, max: 8 }), ([columns, given], bits) => {
        const values = Float32Array.from(given);
        const blocks = quantizeBlocks(values, columns, bits);
        const back = dequantizeBlocks(blocks, columns);
        expect(blocks.scales.length).toBe((values.length / columns) * blocksOfRow(columns));
        const limit = 2 ** (bits - 1);
        values.forEach((x, i) => {
          const row = Math.floor(i / columns);
          const block = Math.floor((i % columns) / BLOCK);
          const start = row * columns + block * BLOCK;
          const own = values.subarray(start, Math.min(start + BLOCK, (row + 1) * columns));
          const largest = own.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
          const step = Math.abs(toFloat16(Math.fround(bits >= 6 ? Math.abs(largest) / (limit - 1) : largest / -limit)));
          // Below 6 bits the side opposite to the largest value ends one step short; the scale itself is rounded to 11
          // bits.
          const most =
            (bits >= 6 || Math.sign(x) === Math.sign(largest) ? 0.5 : 1) * step +
            Math.abs(largest) * 2 ** -11 +
            limit * 2 ** -25;
          expect(Math.abs(back[i] - x)).toBeLessThanOrEqual(most * (1 + 1e-6));
          expect(blocks.codes[i]).toBeGreaterThanOrEqual(bits >= 6 ? 1 - limit : -limit);
          expect(blocks.codes[i]).toBeLessThanOrEqual(limit - 1);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is done again to the same codes (property)", () => {
    fc.assert(
      fc.property(matrixOf(coarse), fc.constantFrom(4, 8), ([columns, given], bits) => {
        const once = dequantizeBlocks(quantizeBlocks(Float32Array.from(given), columns, bits), columns);
        expect(dequantizeBlocks(quantizeBlocks(once, columns, bits), columns)).toEqual(once);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps zeros, the value of largest magnitude at 4 bits, and ties to even", () => {
    expect(quantizeBlocks(new Float32Array(33), 33, 8)).toEqual({
      codes: new Int8Array(33),
      scales: new Uint16Array(2),
    });
    expect(Array.from(quantizeBlocks(Float32Array.of(-8, 7, 0.5, 1.5, 2.5), 5, 4).codes)).toEqual([-8, 7, 0, 2, 2]);
    expect(Array.from(quantizeBlocks(Float32Array.of(8, -7, 8), 3, 4).codes)).toEqual([-8, 7, -8]);
    expect(Array.from(quantizeBlocks(Float32Array.of(127, -127, 63.5, 0.5), 4, 8).codes)).toEqual([127, -127, 64, 0]);
  });

  it("refuses what a scale of 16 bits cannot reach", () => {
    expect(() => quantizeBlocks(Float32Array.of(1e30), 1, 8)).toThrow(RangeError);
    expect(() => quantizeBlocks(Float32Array.of(1, NaN), 2, 4)).toThrow(RangeError);
    expect(() => quantizeBlocks(Float32Array.of(-Infinity), 1, 4)).toThrow(RangeError);
  });

  it("packs nibbles, low first, rows of any length (property)", () => {
    expect(Array.from(packNibbles(Int8Array.of(-8, 7, 1), 3))).toEqual([0xf0, 0x89]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 40 }), (rows, columns) => {
        const codes = Int8Array.from({ length: rows * columns }, (_, i) => ((i * 7) % 16) - 8);
        expect(unpackNibbles(packNibbles(codes, columns), rows, columns)).toEqual(codes);
      }),
    );
  });
});

describe("encoded elements", () => {
  it("are read back by the decoder as the nearest of their type (property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(float, { maxLength: 20 }), fc.constantFrom(...ENCODED), async (given, type) => {
        const values = Float32Array.from(given);
        const bytes = encodeElements(type, values);
        expect(bytes.length).toBe(values.length * encodedSize(type));
        const back = await decodeElements(dataType(type)!, bytes, values.length);
        const error = type === "F16" ? 2 ** -11 : type === "BF16" ? 2 ** -8 : 0;
        values.forEach((x, i) =>
          expect(Math.abs(back[i] - x)).toBeLessThanOrEqual(
            Math.max(Math.abs(x) * error, type === "F16" ? 2 ** -25 : type === "BF16" ? 2 ** -134 : 0),
          ),
        );
        expect(encodeElements(type, back)).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  });
});
