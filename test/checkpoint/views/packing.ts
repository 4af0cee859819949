import type { BuiltTensor } from "../files.js";

/**
 * Weights packed as the formats' documentation says, one value at a time and with nothing of the reader's, beside what
 * they stand for: AutoGPTQ's, AutoAWQ's, MLX's, bitsandbytes', compressed-tensors', ModelOpt's and gpt-oss'.
 */
export interface Packed {
  tensors: BuiltTensor[];
  /** Row-major, rows the outputs. */
  expected: Float32Array;
  rows: number;
  columns: number;
}

/** To the nearest f32. */
export const f = Math.fround;

/** A generator of whole numbers below `limit`. */
export function randomly(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
export type Random = ReturnType<typeof randomly>;

export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Half-precision scales around 0.01, and their values. */
export function halves(random: Random, count: number): { stored: Uint16Array; values: number[] } {
  const stored = Uint16Array.from({ length: count }, () => 0x2000 + random(0x800));
  return { stored, values: Array.from(stored, halfToNumber) };
}

/** Sign, exponent, fraction, with subnormals: what a small float is before its few special codes. */
function minifloat(code: number, fractionBits: number, bias: number): number {
  const sign = code & 0x80 ? -1 : 1;
  const exponent = (code & 0x7f) >> fractionBits;
  const fraction = code & (2 ** fractionBits - 1);
  const significand = exponent === 0 ? fraction : 2 ** fractionBits + fraction;
  return sign * significand * 2 ** (Math.max(exponent, 1) - bias - fractionBits);
}

/** OCP's 8-bit floats and AMD's ("FNUZ": no infinities, no negative zero, NaN in its place), by their definitions. */
export const float8: Readonly<Record<string, (code: number) => number>> = {
  F8_E4M3: (code) => ((code & 0x7f) === 0x7f ? NaN : minifloat(code, 3, 7)),
  F8_E5M2: (code) => {
    const magnitude = code & 0x7f;
    if (magnitude > 0x7c) return NaN;
    return magnitude === 0x7c ? (code & 0x80 ? -Infinity : Infinity) : minifloat(code, 2, 15);
  },
  F8_E4M3FNUZ: (code) => (code === 0x80 ? NaN : minifloat(code, 3, 8)),
  F8_E5M2FNUZ: (code) => (code === 0x80 ? NaN : minifloat(code, 2, 16)),
};
export const e4m3 = float8.F8_E4M3;

export const e2m1 = (code: number): number => (code & 8 ? -1 : 1) * [0, 0.5, 1, 1.5, 2, 3, 4, 6][code & 7];

/** A stream of codes of `bits` bits, lowest first, in words of 32; `whole` words hold whole codes only. */
export function words(codes: number[], bits: number, whole = false): Uint32Array {
  const each = whole ? Math.floor(32 / bits) : 0;
  const length = whole ? Math.ceil(codes.length / each) : Math.ceil((codes.length * bits) / 32);
  const packed = new Uint32Array(length);
  codes.forEach((code, i) => {
    for (let bit = 0; bit < bits; bit++) {
      const at = whole ? Math.floor(i / each) * 32 + (i % each) * bits + bit : i * bits + bit;
      if ((code >> bit) & 1) packed[at >> 5] |= 1 << (at & 31);
    }
  });
  return packed;
}

export const filled = (rows: number, columns: number, value: (row: number, column: number) => number): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));
export const codesOf = (random: Random, rows: number, columns: number, limit: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => random(limit)));
