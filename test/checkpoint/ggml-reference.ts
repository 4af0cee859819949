import { codebooks } from "./ggml-codebooks.js";

/**
 * Each GGML type one value at a time, in f32 arithmetic rounded at each step: what the kernels must equal to the bit.
 */
export interface ScalarType {
  block: number;
  bytes: number;
  value(view: DataView, i: number): number;
}

const f = Math.fround;

function half(view: DataView, at: number): number {
  const bits = view.getUint16(at, true);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const nibble = (view: DataView, at: number, upper: boolean | number) =>
  upper ? view.getUint8(at) >> 4 : view.getUint8(at) & 15;
const bit = (view: DataView, at: number, index: number) => (view.getUint8(at + (index >> 3)) >> (index & 7)) & 1;
/** Element i of 32 in 16 bytes of nibbles. */
const half32 = (view: DataView, at: number, i: number) => nibble(view, at + (i & 15), i >> 4);
const affine = (d: number, q: number, m: number) => f(f(d * q) + m);

/** Scale (upper 0) or offset (upper 1) g of the 12 bytes of Q4_K and Q5_K. */
function sixBits(view: DataView, at: number, g: number, upper: number): number {
  const byte = (k: number) => view.getUint8(at + k);
  if (g < 4) return byte(g + 4 * upper) & 63;
  return nibble(view, at + g + 4, upper) | ((byte(g - 4 + 4 * upper) >> 6) << 4);
}

const levels = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
const e2m1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];
const evenSigns = (seven: number) =>
  seven | (([...seven.toString(2)].filter((digit) => digit === "1").length % 2) << 7);

const signed = (scale: number, point: number[], lane: number, negative: number) =>
  f(f(scale * point[lane]) * (negative ? -1 : 1));

export const scalarTypes: Record<string, ScalarType> = {
  Q4_0: { block: 32, bytes: 18, value: (view, i) => f((half32(view, 2, i) - 8) * half(view, 0)) },
  Q4_1: { block: 32, bytes: 20, value: (view, i) => affine(half(view, 0), half32(view, 4, i), half(view, 2)) },
  Q5_0: {
    block: 32,
    bytes: 22,
    value: (view, i) => f((half32(view, 6, i) + 16 * bit(view, 2, i) - 16) * half(view, 0)),
  },
  Q5_1: {
    block: 32,
    bytes: 24,
    value: (view, i) => affine(half(view, 0), half32(view, 8, i) + 16 * bit(view, 4, i), half(view, 2)),
  },
  Q8_0: { block: 32, bytes: 34, value: (view, i) => f(view.getInt8(2 + i) * half(view, 0)) },
  Q2_K: {
    block: 256,
    bytes: 84,
    value: (view, i) => {
      const q = (view.getUint8(16 + (i >> 7) * 32 + (i & 31)) >> (2 * ((i >> 5) & 3))) & 3;
      const scale = view.getUint8(i >> 4);
      return affine(f(half(view, 80) * (scale & 15)), q, -f(half(view, 82) * (scale >> 4)));
    },
  },
  Q3_K: {
    block: 256,
    bytes: 110,
    value: (view, i) => {
      const q =
        ((view.getUint8(32 + (i >> 7) * 32 + (i & 31)) >> (2 * ((i >> 5) & 3))) & 3) -
        (bit(view, i & 31, i >> 5) ? 0 : 4);
      const g = i >> 4;
      const scale =
        (nibble(view, 96 + (g & 7), g >> 3) | (((view.getUint8(104 + (g & 3)) >> (2 * (g >> 2))) & 3) << 4)) - 32;
      return f(f(half(view, 108) * scale) * q);
    },
  },
  Q4_K: {
    block: 256,
    bytes: 144,
    value: (view, i) => {
      const g = i >> 5;
      const q = nibble(view, 16 + (i >> 6) * 32 + (i & 31), g & 1);
      return affine(f(half(view, 0) * sixBits(view, 4, g, 0)), q, -f(half(view, 2) * sixBits(view, 4, g, 1)));
    },
  },
  Q5_K: {
    block: 256,
    bytes: 176,
    value: (view, i) => {
      const g = i >> 5;
      const q = nibble(view, 48 + (i >> 6) * 32 + (i & 31), g & 1) + 16 * bit(view, 16 + (i & 31), g);
      return affine(f(half(view, 0) * sixBits(view, 4, g, 0)), q, -f(half(view, 2) * sixBits(view, 4, g, 1)));
    },
  },
  Q6_K: {
    block: 256,
    bytes: 210,
    value: (view, i) => {
      const part = i >> 7;
      const group = (i >> 5) & 3;
      const l = i & 31;
      const q =
        (nibble(view, 64 * part + 32 * (group & 1) + l, group >> 1) |
          (((view.getUint8(128 + 32 * part + l) >> (2 * group)) & 3) << 4)) -
        32;
      return f(f(half(view, 208) * view.getInt8(192 + (i >> 4))) * q);
    },
  },
  IQ4_NL: { block: 32, bytes: 18, value: (view, i) => f(half(view, 0) * levels[half32(view, 2, i)]) },
  IQ4_XS: {
    block: 256,
    bytes: 136,
    value: (view, i) => {
      const sub = i >> 5;
      const scale = (nibble(view, 4 + (sub >> 1), sub & 1) | (((view.getUint16(2, true) >> (2 * sub)) & 3) << 4)) - 32;
      return f(f(half(view, 0) * scale) * levels[half32(view, 8 + 16 * sub, i & 31)]);
    },
  },
  MXFP4: { block: 32, bytes: 17, value: (view, i) => f(2 ** (view.getUint8(0) - 128) * e2m1[half32(view, 1, i)]) },
  TQ1_0: {
    block: 256,
    bytes: 54,
    value: (view, i) => {
      const [at, digit] =
        i < 160
          ? [i & 31, i >> 5]
          : i < 240
            ? [32 + ((i - 160) & 15), (i - 160) >> 4]
            : [48 + ((i - 240) & 3), (i - 240) >> 2];
      return f((((((view.getUint8(at) * 3 ** digit) & 255) * 3) >> 8) - 1) * half(view, 52));
    },
  },
  TQ2_0: {
    block: 256,
    bytes: 66,
    value: (view, i) =>
      f((((view.getUint8((i >> 7) * 32 + (i & 31)) >> (2 * ((i >> 5) & 3))) & 3) - 1) * half(view, 64)),
  },
  IQ2_XXS: {
    block: 256,
    bytes: 66,
    value: (view, i) => {
      const sub = 2 + 8 * (i >> 5);
      const group = (i >> 3) & 3;
      const word = view.getUint32(sub + 4, true);
      return signed(
        f(f(half(view, 0) * (0.5 + (word >>> 28))) * 0.25),
        codebooks.IQ2_XXS[view.getUint8(sub + group)],
        i & 7,
        (evenSigns((word >>> (7 * group)) & 127) >> (i & 7)) & 1,
      );
    },
  },
  IQ2_XS: {
    block: 256,
    bytes: 74,
    value: (view, i) => {
      const index = view.getUint16(2 + 2 * (i >> 3), true);
      return signed(
        f(f(half(view, 0) * (0.5 + nibble(view, 66 + (i >> 5), (i >> 4) & 1))) * 0.25),
        codebooks.IQ2_XS[index & 511],
        i & 7,
        (evenSigns(index >> 9) >> (i & 7)) & 1,
      );
    },
  },
  IQ2_S: {
    block: 256,
    bytes: 82,
    value: (view, i) => {
      const index = view.getUint8(2 + (i >> 3)) | (((view.getUint8(66 + (i >> 5)) >> (2 * ((i >> 3) & 3))) & 3) << 8);
      return signed(
        f(f(half(view, 0) * (0.5 + nibble(view, 74 + (i >> 5), (i >> 4) & 1))) * 0.25),
        codebooks.IQ2_S[index],
        i & 7,
        bit(view, 34, i),
      );
    },
  },
  IQ3_XXS: {
    block: 256,
    bytes: 98,
    value: (view, i) => {
      const word = view.getUint32(66 + 4 * (i >> 5), true);
      return signed(
        f(f(half(view, 0) * (0.5 + (word >>> 28))) * 0.5),
        codebooks.IQ3_XXS[view.getUint8(2 + (i >> 2))],
        i & 3,
        (evenSigns((word >>> (7 * ((i >> 3) & 3))) & 127) >> (i & 7)) & 1,
      );
    },
  },
  IQ3_S: {
    block: 256,
    bytes: 110,
    value: (view, i) => {
      const index = view.getUint8(2 + (i >> 2)) | (bit(view, 66, i >> 2) << 8);
      return signed(
        f(half(view, 0) * (1 + 2 * nibble(view, 106 + (i >> 6), (i >> 5) & 1))),
        codebooks.IQ3_S[index],
        i & 3,
        bit(view, 74, i),
      );
    },
  },
  IQ1_S: {
    block: 256,
    bytes: 50,
    value: (view, i) => {
      const upper = view.getUint16(34 + 2 * (i >> 5), true);
      const index = view.getUint8(2 + (i >> 3)) | (((upper >> (3 * ((i >> 3) & 3))) & 7) << 8);
      return f(
        f(half(view, 0) * (2 * ((upper >> 12) & 7) + 1)) *
          (codebooks.IQ1[index][i & 7] + (upper & 0x8000 ? -0.125 : 0.125)),
      );
    },
  },
  IQ1_M: {
    block: 256,
    bytes: 56,
    value: (view, i) => {
      const words = [48, 50, 52, 54].map((at) => view.getUint16(at, true));
      const scale = new DataView(new ArrayBuffer(2));
      scale.setUint16(
        0,
        (words[0] >> 12) | ((words[1] >> 8) & 0xf0) | ((words[2] >> 4) & 0xf00) | (words[3] & 0xf000),
        true,
      );
      const upper = nibble(view, 32 + (i >> 4), (i >> 3) & 1);
      const index = view.getUint8(i >> 3) | ((upper & 7) << 8);
      return f(
        f(half(scale, 0) * (2 * ((words[i >> 6] >> (3 * ((i >> 4) & 3))) & 7) + 1)) *
          (codebooks.IQ1[index][i & 7] + (upper & 8 ? -0.125 : 0.125)),
      );
    },
  },
};
