/** What the blocks have in common: scales in half precision, and small integers that become floats. */

/** IEEE half at `source` to f32, exactly. 2^112 moves the exponent's bias, subnormal halves included. */
// @ts-ignore: decorator
@inline
export function half(source: usize): f32 {
  return halfOf(load<u16>(source));
}

// @ts-ignore: decorator
@inline
export function halfOf(bits: u32): f32 {
  let magnitude = reinterpret<u32>(reinterpret<f32>((bits & 0x7fff) << 13) * reinterpret<f32>(0x77800000));
  if ((bits & 0x7c00) == 0x7c00) magnitude |= 0x7f800000;
  return reinterpret<f32>(magnitude | ((bits & 0x8000) << 16));
}

/** 16 signed bytes times `scale`. */
// @ts-ignore: decorator
@inline
export function storeScaled(target: usize, bytes: v128, scale: v128): void {
  const low = i16x8.extend_low_i8x16_s(bytes);
  const high = i16x8.extend_high_i8x16_s(bytes);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale), 16);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale), 32);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale), 48);
}

/** 16 signed bytes times `scale`, plus `offset`: rounded twice, as the reference does. */
// @ts-ignore: decorator
@inline
export function storeAffine(target: usize, bytes: v128, scale: v128, offset: v128): void {
  const low = i16x8.extend_low_i8x16_s(bytes);
  const high = i16x8.extend_high_i8x16_s(bytes);
  v128.store(target, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale), offset));
  v128.store(target, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale), offset), 16);
  v128.store(target, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale), offset), 32);
  v128.store(target, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale), offset), 48);
}

/** Lane j is all ones where bit j of the low 16 is set. */
// @ts-ignore: decorator
@inline
export function maskOfBits(bits: u32): v128 {
  const each = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const spread = i8x16.swizzle(i32x4.splat(bits), i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  return i8x16.eq(v128.and(spread, each), each);
}

// @ts-ignore: decorator
@inline
export function lowNibbles(bytes: v128): v128 {
  return v128.and(bytes, i8x16.splat(15));
}

// @ts-ignore: decorator
@inline
export function highNibbles(bytes: v128): v128 {
  return i8x16.shr_u(bytes, 4);
}
