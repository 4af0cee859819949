/**
 * Storage types to f32, little endian, eight values a step. `source` needs no alignment. Up to 15 values
 * past `count` are read from `source`; exactly `count` are written, so rows may follow each other.
 * NaNs keep the payload they were stored with, but those that went through arithmetic become the one quiet NaN:
 * what arithmetic makes of a payload differs between hosts.
 */

const QUIET_NAN: u32 = 0x7fc00000;
/** 2^112: f16's exponent bias 15 to f32's 127. */
const F16_REBIAS: u32 = 0x77800000;
/** 2^120: E4M3's exponent bias 7 to 127. */
const E4M3_REBIAS: u32 = 0x7b800000;

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
function quiet(v: v128): v128 {
  return v128.bitselect(v, i32x4.splat(QUIET_NAN), f32x4.eq(v, v));
}

/** Four f16 patterns in the low halves of u32 lanes. */
// @ts-ignore: decorator
@inline
function fromF16(w: v128): v128 {
  const sign = i32x4.shl(v128.and(w, i32x4.splat(0x8000)), 16);
  const magnitude = f32x4.mul(i32x4.shl(v128.and(w, i32x4.splat(0x7fff)), 13), i32x4.splat(F16_REBIAS));
  const special = v128.and(f32x4.ge(magnitude, f32x4.splat(65536)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(magnitude, special), sign);
}

/** Four E4M3 (finite, NaN at 0x7f) patterns in the low bytes of u32 lanes. */
// @ts-ignore: decorator
@inline
function fromE4M3(w: v128): v128 {
  const sign = i32x4.shl(v128.and(w, i32x4.splat(0x80)), 24);
  const bits = v128.and(w, i32x4.splat(0x7f));
  const magnitude = f32x4.mul(i32x4.shl(bits, 20), i32x4.splat(E4M3_REBIAS));
  const nan = i32x4.eq(bits, i32x4.splat(0x7f));
  return v128.or(v128.bitselect(i32x4.splat(QUIET_NAN), magnitude, nan), sign);
}

/** Eight values of `type` starting at `p` as two vectors at `out`. */
// @ts-ignore: decorator
@inline
function eight(type: StorageType, p: usize, out: usize): void {
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

const tail: usize = memory.data(32, 16);

// @ts-ignore: decorator
@inline
function run(type: StorageType, bytes: usize, source: usize, count: i32, target: usize): void {
  const whole = count & ~7;
  const end = target + ((<usize>whole) << 2);
  while (target < end) {
    eight(type, source, target);
    source += bytes << 3;
    target += 32;
  }
  if (count > whole) {
    eight(type, source, tail);
    memory.copy(target, tail, (<usize>(count - whole)) << 2);
  }
}

/** 64-bit integers have no vector conversion. */
function runLong(signed: bool, source: usize, count: i32, target: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const p = source + (i << 3);
    store<f32>(target + (i << 2), signed ? <f32>load<i64>(p) : <f32>load<u64>(p));
  }
}

/** `count` values of `type` at `source` as f32 at `target`, times `scale`, a power of two (1 leaves the bits alone). */
export function decode(type: StorageType, source: usize, count: i32, target: usize, scale: f32): void {
  switch (type) {
    case StorageType.F32:
      run(StorageType.F32, 4, source, count, target);
      break;
    case StorageType.F64:
      run(StorageType.F64, 8, source, count, target);
      break;
    case StorageType.F16:
      run(StorageType.F16, 2, source, count, target);
      break;
    case StorageType.BF16:
      run(StorageType.BF16, 2, source, count, target);
      break;
    case StorageType.F8_E4M3:
      run(StorageType.F8_E4M3, 1, source, count, target);
      break;
    case StorageType.F8_E5M2:
      run(StorageType.F8_E5M2, 1, source, count, target);
      break;
    case StorageType.I8:
      run(StorageType.I8, 1, source, count, target);
      break;
    case StorageType.U8:
    case StorageType.BOOL:
      run(StorageType.U8, 1, source, count, target);
      break;
    case StorageType.I16:
      run(StorageType.I16, 2, source, count, target);
      break;
    case StorageType.U16:
      run(StorageType.U16, 2, source, count, target);
      break;
    case StorageType.I32:
      run(StorageType.I32, 4, source, count, target);
      break;
    case StorageType.U32:
      run(StorageType.U32, 4, source, count, target);
      break;
    case StorageType.I64:
      runLong(true, source, count, target);
      break;
    case StorageType.U64:
      runLong(false, source, count, target);
      break;
  }
  if (type == StorageType.F64) quietNaNs(count, target);
  if (scale != 1) scaleValues(count, target, scale);
}

function quietNaNs(count: i32, target: usize): void {
  const end = target + ((<usize>count) << 2);
  const vectors = target + ((<usize>(count & ~3)) << 2);
  for (; target < vectors; target += 16) v128.store(target, quiet(v128.load(target)));
  for (; target < end; target += 4) if (load<f32>(target) != load<f32>(target)) store<u32>(target, QUIET_NAN);
}

/** In place, by a power of two. */
export function scaleValues(count: i32, target: usize, scale: f32): void {
  const end = target + ((<usize>count) << 2);
  const vectors = target + ((<usize>(count & ~3)) << 2);
  const by = f32x4.splat(scale);
  for (; target < vectors; target += 16) v128.store(target, quiet(f32x4.mul(v128.load(target), by)));
  for (; target < end; target += 4) store<f32>(target, load<f32>(target) * scale);
}

function bytesOf(type: StorageType): usize {
  switch (type) {
    case StorageType.F64:
    case StorageType.I64:
    case StorageType.U64:
      return 8;
    case StorageType.F32:
    case StorageType.I32:
    case StorageType.U32:
      return 4;
    case StorageType.F16:
    case StorageType.BF16:
    case StorageType.I16:
    case StorageType.U16:
      return 2;
    default:
      return 1;
  }
}

/** Rows of `columns` values each, `rowBytes` apart, to rows at `stride` ≥ columns values; the padding becomes zeros. */
export function decodeRows(
  type: StorageType,
  source: usize,
  rowBytes: usize,
  rows: i32,
  columns: i32,
  target: usize,
  stride: i32,
  scale: f32,
): void {
  if (stride == columns && rowBytes == <usize>columns * bytesOf(type))
    return decode(type, source, rows * columns, target, scale);
  for (let i = 0; i < rows; i++) {
    decode(type, source, columns, target, scale);
    memory.fill(target + ((<usize>columns) << 2), 0, (<usize>(stride - columns)) << 2);
    source += rowBytes;
    target += (<usize>stride) << 2;
  }
}
