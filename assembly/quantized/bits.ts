/**
 * Codes of 1 to 8 bits, lowest bits first, as f32. `count` values are written exactly; up to 15 bytes past the codes
 * are read.
 */

const tail: usize = memory.data(128, 16);

/** 16 unsigned bytes as 16 floats. */
// @ts-ignore: decorator
@inline
function storeUnsigned(target: usize, bytes: v128): void {
  const low = i16x8.extend_low_i8x16_u(bytes);
  const high = i16x8.extend_high_i8x16_u(bytes);
  v128.store(target, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)));
  v128.store(target, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), 16);
  v128.store(target, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), 32);
  v128.store(target, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), 48);
}

/** 32 codes of four bits in 16 bytes. */
// @ts-ignore: decorator
@inline
function thirtyTwoNibbles(source: usize, target: usize): void {
  const bytes = v128.load(source);
  const low = v128.and(bytes, i8x16.splat(15));
  const high = i8x16.shr_u(bytes, 4);
  storeUnsigned(target, v128.shuffle<i8>(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  storeUnsigned(target + 64, v128.shuffle<i8>(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}

function nibbles(source: usize, count: i32, target: usize): void {
  const whole = count & ~31;
  for (let i = 0; i < whole; i += 32) thirtyTwoNibbles(source + <usize>(i >> 1), target + ((<usize>i) << 2));
  if (count == whole) return;
  thirtyTwoNibbles(source + <usize>(whole >> 1), tail);
  memory.copy(target + ((<usize>whole) << 2), tail, (<usize>(count - whole)) << 2);
}

function bytes(source: usize, count: i32, target: usize): void {
  const whole = count & ~15;
  for (let i = 0; i < whole; i += 16) storeUnsigned(target + ((<usize>i) << 2), v128.load(source + <usize>i));
  if (count == whole) return;
  storeUnsigned(tail, v128.load(source + <usize>whole));
  memory.copy(target + ((<usize>whole) << 2), tail, (<usize>(count - whole)) << 2);
}

/** One stream of bits without a gap: eight codes fill `bits` bytes. */
export function unpackBits(bits: i32, source: usize, count: i32, target: usize): void {
  if (bits == 4) return nibbles(source, count, target);
  if (bits == 8) return bytes(source, count, target);
  const mask: u64 = (1 << bits) - 1;
  for (let i = 0; i < count; i += 8) {
    let packed = load<u64>(source);
    const many = min(8, count - i);
    for (let k = 0; k < many; k++) {
      store<f32>(target + ((<usize>k) << 2), <f32>(<u32>(packed & mask)));
      packed >>= bits;
    }
    source += <usize>bits;
    target += 32;
  }
}

/**
 * As many whole codes as a word of 32 bits holds, its upper bits left over: other than a stream for 3, 5, 6 and 7 bits.
 */
export function unpackWords(bits: i32, source: usize, count: i32, target: usize): void {
  const each = 32 / bits;
  if (each * bits == 32) return unpackBits(bits, source, count, target);
  const mask: u32 = (1 << bits) - 1;
  for (let i = 0; i < count; i += each) {
    let packed = load<u32>(source);
    const many = min(each, count - i);
    for (let k = 0; k < many; k++) {
      store<f32>(target + ((<usize>k) << 2), <f32>(packed & mask));
      packed >>= bits;
    }
    source += 4;
    target += (<usize>each) << 2;
  }
}
