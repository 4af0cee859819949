/** IQ1: points of -1, 0 and 1, all shifted by an eighth. */
import { iq1, prepareCodebooks } from "./codebook";
import { half, halfOf, storeScaled } from "./lanes";
import { pair } from "./codebook-blocks";

/** Sixteen of scale · (point ± 1/8): eighths are integers, and an eighth of the scale is exact. */
// @ts-ignore: decorator
@inline
export function storeShifted(
  target: usize,
  first: u32,
  second: u32,
  shiftFirst: bool,
  shiftSecond: bool,
  scale: f32,
): void {
  const shift = i64x2.replace_lane(
    i64x2.splat(shiftFirst ? -1 : 0x0101010101010101),
    1,
    shiftSecond ? -1 : 0x0101010101010101,
  );
  storeScaled(target, i8x16.add(i8x16.shl(pair(iq1, first, second), 3), shift), f32x4.splat(scale * <f32>0.125));
}

/**
 * d, 32 bytes of indices, then for each sub-block four times their upper three bits, a scale of 3 bits, the shift's
 * sign.
 */
export function iq1_s(source: usize, blocks: i32, target: usize): void {
  prepareCodebooks();
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    for (let sub: usize = 0; sub < 8; sub++) {
      const q = source + 2 + (sub << 2);
      const upper = <u32>load<u16>(source + (sub << 1), 34);
      const scale = d * <f32>(((upper >> 12) & 7) * 2 + 1);
      const negative = (upper & 0x8000) != 0;
      storeShifted(
        target,
        load<u8>(q) | ((upper & 7) << 8),
        load<u8>(q, 1) | (((upper >> 3) & 7) << 8),
        negative,
        negative,
        scale,
      );
      storeShifted(
        target + 64,
        load<u8>(q, 2) | (((upper >> 6) & 7) << 8),
        load<u8>(q, 3) | (((upper >> 9) & 7) << 8),
        negative,
        negative,
        scale,
      );
      target += 128;
    }
    source += 50;
  }
}

/**
 * 32 bytes of indices, 16 of two times their upper three bits and a shift's sign, four words of four scales; d is in
 * their upper nibbles.
 */
export function iq1_m(source: usize, blocks: i32, target: usize): void {
  prepareCodebooks();
  for (let i = 0; i < blocks; i++) {
    const d = halfOf(
      (<u32>load<u16>(source, 48) >> 12) |
        ((<u32>load<u16>(source, 50) >> 8) & 0xf0) |
        ((<u32>load<u16>(source, 52) >> 4) & 0xf00) |
        (<u32>load<u16>(source, 54) & 0xf000),
    );
    for (let sub: usize = 0; sub < 16; sub++) {
      const upper = <u32>load<u8>(source + sub, 32);
      const word = <u32>load<u16>(source + ((sub >> 2) << 1), 48);
      const scale = d * <f32>(((word >> (3 * <u32>(sub & 3))) & 7) * 2 + 1);
      storeShifted(
        target,
        <u32>load<u8>(source + (sub << 1)) | ((upper & 7) << 8),
        <u32>load<u8>(source + (sub << 1), 1) | (((upper >> 4) & 7) << 8),
        (upper & 8) != 0,
        (upper & 128) != 0,
        scale,
      );
      target += 64;
    }
    source += 56;
  }
}
