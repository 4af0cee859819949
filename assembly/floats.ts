/** Eight stored elements as f32: each float and integer that a checkpoint may hold. */

export const QUIET_NAN: u32 = 0x7fc00000;

/** 2^112: f16's exponent bias 15 to f32's 127. */
export const F16_REBIAS: u32 = 0x77800000;

/** 2^120: E4M3's exponent bias 7 to 127. */
export const E4M3_REBIAS: u32 = 0x7b800000;

/** Codes shared with src/checkpoint/dtypes.ts. */
export const enum StorageType {
  F32,
  F64,
  F16,
  BF16,
  F8_E4M3,
  F8_E5M2,
  I8,
  U8,
  I16,
  U16,
  I32,
  U32,
  I64,
  U64,
  BOOL,
}

// @ts-ignore: decorator
@inline
export function quiet(v: v128): v128 {
  return v128.bitselect(v, i32x4.splat(QUIET_NAN), f32x4.eq(v, v));
}

/** Four f16 patterns in the low halves of u32 lanes. */
// @ts-ignore: decorator
@inline
export function fromF16(w: v128): v128 {
  const sign = i32x4.shl(v128.and(w, i32x4.splat(0x8000)), 16);
  const magnitude = f32x4.mul(i32x4.shl(v128.and(w, i32x4.splat(0x7fff)), 13), i32x4.splat(F16_REBIAS));
  const special = v128.and(f32x4.ge(magnitude, f32x4.splat(65536)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(magnitude, special), sign);
}

/** Four E4M3 (finite, NaN at 0x7f) patterns in the low bytes of u32 lanes. */
// @ts-ignore: decorator
@inline
export function fromE4M3(w: v128): v128 {
  const sign = i32x4.shl(v128.and(w, i32x4.splat(0x80)), 24);
  const bits = v128.and(w, i32x4.splat(0x7f));
  const magnitude = f32x4.mul(i32x4.shl(bits, 20), i32x4.splat(E4M3_REBIAS));
  const nan = i32x4.eq(bits, i32x4.splat(0x7f));
  return v128.or(v128.bitselect(i32x4.splat(QUIET_NAN), magnitude, nan), sign);
}

/** Eight values of `type` starting at `p` as two vectors at `out`. */
// @ts-ignore: decorator
@inline
export function eight(type: StorageType, p: usize, out: usize): void {
  let low: v128;
  let high: v128;
  if (type == StorageType.F32) {
    low = v128.load(p);
    high = v128.load(p, 16);
  } else if (type == StorageType.BF16) {
    const x = v128.load(p);
    const zero = i32x4.splat(0);
    low = v128.shuffle<i16>(zero, x, 0, 8, 1, 9, 2, 10, 3, 11);
    high = v128.shuffle<i16>(zero, x, 4, 12, 5, 13, 6, 14, 7, 15);
  } else if (type == StorageType.F16) {
    const x = v128.load(p);
    low = fromF16(i32x4.extend_low_i16x8_u(x));
    high = fromF16(i32x4.extend_high_i16x8_u(x));
  } else if (type == StorageType.F64) {
    low = v128.shuffle<i32>(
      f32x4.demote_f64x2_zero(v128.load(p)),
      f32x4.demote_f64x2_zero(v128.load(p, 16)),
      0,
      1,
      4,
      5,
    );
    high = v128.shuffle<i32>(
      f32x4.demote_f64x2_zero(v128.load(p, 32)),
      f32x4.demote_f64x2_zero(v128.load(p, 48)),
      0,
      1,
      4,
      5,
    );
  } else if (type == StorageType.F8_E4M3) {
    const x = v128.load64_zero(p);
    const wide = i16x8.extend_low_i8x16_u(x);
    low = fromE4M3(i32x4.extend_low_i16x8_u(wide));
    high = fromE4M3(i32x4.extend_high_i16x8_u(wide));
  } else if (type == StorageType.F8_E5M2) {
    // the upper byte of an f16
    const wide = i16x8.shl(i16x8.extend_low_i8x16_u(v128.load64_zero(p)), 8);
    low = fromF16(i32x4.extend_low_i16x8_u(wide));
    high = fromF16(i32x4.extend_high_i16x8_u(wide));
  } else if (type == StorageType.I8) {
    const wide = i16x8.extend_low_i8x16_s(v128.load64_zero(p));
    low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(wide));
    high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(wide));
  } else if (type == StorageType.U8 || type == StorageType.BOOL) {
    const wide = i16x8.extend_low_i8x16_u(v128.load64_zero(p));
    low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(wide));
    high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(wide));
  } else if (type == StorageType.I16) {
    const x = v128.load(p);
    low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(x));
    high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(x));
  } else if (type == StorageType.U16) {
    const x = v128.load(p);
    low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(x));
    high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(x));
  } else if (type == StorageType.I32) {
    low = f32x4.convert_i32x4_s(v128.load(p));
    high = f32x4.convert_i32x4_s(v128.load(p, 16));
  } else {
    low = f32x4.convert_i32x4_u(v128.load(p));
    high = f32x4.convert_i32x4_u(v128.load(p, 16));
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}
