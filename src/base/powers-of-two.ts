const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/** The power of two in (½/x, 1/x], for normal x > 0. */
export function inversePowerOfTwo(x: number): number {
  bits.setFloat64(0, x);
  const exponent = (bits.getUint16(0) >> 4) & 2047;
  bits.setFloat64(0, 0);
  bits.setUint16(0, (2046 - exponent) << 4);
  return bits.getFloat64(0);
}

/** 2^-⌊log₂ largest⌋ where f32 squares of `largest` or their sums would leave its range, else 1. */
export function scaleFor(largest: number): number {
  if (largest === 0 || !Number.isFinite(largest) || (largest > 2 ** -40 && largest < 2 ** 50)) return 1;
  bits.setFloat64(0, largest);
  const exponent = ((bits.getUint16(0) >> 4) & 2047) - 1023;
  bits.setFloat64(0, 1);
  bits.setUint16(0, (1023 + Math.min(120, -exponent)) << 4);
  return bits.getFloat64(0);
}
