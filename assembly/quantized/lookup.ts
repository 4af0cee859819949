/**
 * Codes of four bits that stand for one of sixteen values each (bitsandbytes' NF4 and FP4, E2M1). A vector of 16
 * indices picks the four bytes of its floats from four vectors, one for each byte of the table's floats.
 */

const tail: usize = memory.data(128, 16);
const planes: usize = memory.data(64, 16);

// @ts-ignore: decorator
@inline
function sixteen(index: v128, target: usize): void {
  const a = i8x16.swizzle(v128.load(planes), index);
  const b = i8x16.swizzle(v128.load(planes, 16), index);
  const c = i8x16.swizzle(v128.load(planes, 32), index);
  const d = i8x16.swizzle(v128.load(planes, 48), index);
  const lowAB = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const highAB = v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const lowCD = v128.shuffle<i8>(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const highCD = v128.shuffle<i8>(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128.store(target, v128.shuffle<i16>(lowAB, lowCD, 0, 8, 1, 9, 2, 10, 3, 11));
  v128.store(target, v128.shuffle<i16>(lowAB, lowCD, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  v128.store(target, v128.shuffle<i16>(highAB, highCD, 0, 8, 1, 9, 2, 10, 3, 11), 32);
  v128.store(target, v128.shuffle<i16>(highAB, highCD, 4, 12, 5, 13, 6, 14, 7, 15), 48);
}

// @ts-ignore: decorator
@inline
function thirtyTwo(source: usize, highFirst: bool, target: usize): void {
  const bytes = v128.load(source);
  const low = v128.and(bytes, i8x16.splat(15));
  const high = i8x16.shr_u(bytes, 4);
  const first = highFirst ? high : low;
  const second = highFirst ? low : high;
  sixteen(v128.shuffle<i8>(first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), target);
  sixteen(v128.shuffle<i8>(first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), target + 64);
}

/** `count` values, two in a byte, from the 16 floats at `table`. Up to 15 bytes past the codes are read. */
export function lookUpNibbles(source: usize, count: i32, highFirst: bool, table: usize, target: usize): void {
  for (let i: usize = 0; i < 16; i++) {
    for (let byte: usize = 0; byte < 4; byte++) store<u8>(planes + 16 * byte + i, load<u8>(table + 4 * i + byte));
  }
  const whole = count & ~31;
  for (let i = 0; i < whole; i += 32) thirtyTwo(source + <usize>(i >> 1), highFirst, target + ((<usize>i) << 2));
  if (count == whole) return;
  thirtyTwo(source + <usize>(whole >> 1), highFirst, tail);
  memory.copy(target + ((<usize>whole) << 2), tail, (<usize>(count - whole)) << 2);
}
