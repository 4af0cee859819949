import { float16Bits, float16Value, roundEven } from "../base/half.js";

/**
 * Rounding in blocks of 32 along each row, an f16 scale each (docs/method.md §9): to nearest, ties to even. From 6 bits
 * on codes are symmetric and the scale is max|x| / (2^(b-1) - 1); below, the value of largest magnitude is code
 * -2^(b-1) exactly.
 */

/** Values of a block; the last one of a row may have fewer. */
export const BLOCK = 32;

/** Blocks of a row. */
export const blocksOfRow = (columns: number): number => Math.ceil(columns / BLOCK);

/** Codes, one byte each, and the scales of their blocks as f16 bits, row after row. */
export interface Blocks {
  codes: Int8Array;
  scales: Uint16Array;
}

const words = /* @__PURE__ */ new Float32Array(1);
const wordBits = /* @__PURE__ */ new Uint32Array(words.buffer);

/**
 * `values` (rows of `columns`) in `bits` bits, 2 to 8.
 * @throws RangeError for a value that is not finite, or too large for a scale of 16 bits.
 */
export function quantizeBlocks(values: Float32Array, columns: number, bits: number): Blocks {
  const rows = columns === 0 ? 0 : values.length / columns;
  const perRow = blocksOfRow(columns);
  const codes = new Int8Array(values.length);
  const scales = new Uint16Array(rows * perRow);
  const symmetric = bits >= 6;
  const limit = 1 << (bits - 1);
  const least = symmetric ? 1 - limit : -limit;
  for (let row = 0, at = 0; row < rows; row++) {
    for (let block = 0; block < perRow; block++) {
      const end = Math.min((row + 1) * columns, at + BLOCK);
      const largest = largestOf(values, at, end);
      words[0] = symmetric ? Math.abs(largest) / (limit - 1) : largest / -limit;
      const half = float16Bits(wordBits[0]);
      const scale = float16Value(half);
      if (!Number.isFinite(scale)) throw new RangeError(`a value of ${largest} needs a scale beyond 16 bits`);
      scales[row * perRow + block] = half;
      for (; at < end; at++) {
        codes[at] = scale === 0 ? 0 : Math.max(least, Math.min(limit - 1, roundEven(values[at] / scale)));
      }
    }
  }
  return { codes, scales };
}

/** The value of largest magnitude, the first of several, with its sign; NaN where one is among them. */
function largestOf(values: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) if (!(Math.abs(values[i]) <= Math.abs(largest))) largest = values[i];
  return largest;
}

/** code · scale, exact in f32. */
export function dequantizeBlocks({ codes, scales }: Blocks, columns: number): Float32Array {
  const values = new Float32Array(codes.length);
  const perRow = blocksOfRow(columns);
  for (let at = 0, row = 0; at < codes.length; row++) {
    for (let block = 0; block < perRow; block++) {
      const scale = float16Value(scales[row * perRow + block]);
      const end = Math.min((row + 1) * columns, at + BLOCK);
      for (; at < end; at++) values[at] = codes[at] * scale + 0; // no -0
    }
  }
  return values;
}

/**
 * Two codes of 4 bits a byte, low nibble first, offset 8; a row of odd length ends with the code 0 in its last high
 * nibble.
 */
export function packNibbles(codes: Int8Array, columns: number): Uint8Array {
  const bytesPerRow = Math.ceil(columns / 2);
  const rows = columns === 0 ? 0 : codes.length / columns;
  const packed = new Uint8Array(rows * bytesPerRow);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < columns; j += 2) {
      const low = codes[row * columns + j] + 8;
      const high = (j + 1 < columns ? codes[row * columns + j + 1] : 0) + 8;
      packed[row * bytesPerRow + j / 2] = low | (high << 4);
    }
  }
  return packed;
}

/** The codes of `rows` rows of `columns`. */
export function unpackNibbles(packed: Uint8Array, rows: number, columns: number): Int8Array {
  const codes = new Int8Array(rows * columns);
  const bytesPerRow = Math.ceil(columns / 2);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < columns; j++) {
      const byte = packed[row * bytesPerRow + (j >> 1)];
      codes[row * columns + j] = (j & 1 ? byte >> 4 : byte & 15) - 8;
    }
  }
  return codes;
}
