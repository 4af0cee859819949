import { StorageType, QUIET_NAN, quiet, eight } from "./floats";

/**
 * Storage types to f32, little endian, eight values a step. `source` needs no alignment. Up to 15 values
 * past `count` are read from `source`; exactly `count` are written, so rows may follow each other.
 * NaNs keep the payload they were stored with, but those that went through arithmetic become the one quiet NaN:
 * what arithmetic makes of a payload differs between hosts.
 */

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
