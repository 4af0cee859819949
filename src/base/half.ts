/** Sixteen-bit floats, rounded to nearest with ties to even. Plain integer arithmetic: the same bits on every host. */

const words = /* @__PURE__ */ new Uint32Array(1);
const single = /* @__PURE__ */ new Float32Array(words.buffer);

/** Adding and taking off 1.5 · 2⁵² leaves a double below 2⁵¹ rounded to a whole number, ties to even. */
const ROUNDER = 6755399441055744;

/** The whole number nearest to |x| < 2⁵¹, ties to even. */
export function roundEven(x: number): number {
  return x + ROUNDER - ROUNDER;
}

/** The bits of the bfloat16 nearest to a float32, given by its bits. NaN stays NaN. */
export function bfloat16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The bits of the IEEE half nearest to a float32, given by its bits; infinite from 65,520 on. NaN stays NaN. */
export function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size >= 0x47800000) return sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  // Below 2⁻¹⁴: whole multiples of 2⁻²⁴.
  words[0] = size;
  return sign | roundEven(single[0] * 16777216);
}

/** The value of an IEEE half. */
export function float16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  words[0] = ((exponent + 112) << 23) | (fraction << 13);
  return sign * single[0];
}

/** The half nearest to a number, as a number. */
export function toFloat16(x: number): number {
  single[0] = x;
  return float16Value(float16Bits(words[0]));
}
