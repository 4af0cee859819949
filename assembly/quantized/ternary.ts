/** Types of 256 elements that are -1, 0 or 1 times one d in half precision. */
import { half, storeScaled } from "./lanes";

/** 64 bytes of 2 bits, d: d·(q - 1). Each 32 bytes hold 128 elements, 32 at each shift. */
export function tq2_0(source: usize, blocks: i32, target: usize): void {
  const three = i8x16.splat(3);
  const one = i8x16.splat(1);
  for (let i = 0; i < blocks; i++) {
    const d = f32x4.splat(half(source + 64));
    for (let part: usize = 0; part < 64; part += 32) {
      const first = v128.load(source + part);
      const second = v128.load(source + part, 16);
      for (let shift = 0; shift < 8; shift += 2) {
        storeScaled(target, i8x16.sub(v128.and(i8x16.shr_u(first, shift), three), one), d);
        storeScaled(target + 64, i8x16.sub(v128.and(i8x16.shr_u(second, shift), three), one), d);
        target += 128;
      }
    }
    source += 66;
  }
}

/**
 * Five ternary digits a byte, as the fraction byte/256 in base 3: 32 bytes, 16 bytes, then 4 bytes of four digits; d.
 * The leading digit of a fraction is ⌊3·byte/256⌋, the rest of it 3·byte modulo 256.
 */
export function tq1_0(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = f32x4.splat(half(source + 52));
    let a = v128.load(source);
    let b = v128.load(source, 16);
    let c = v128.load(source, 32);
    for (let digit: usize = 0; digit < 5; digit++) {
      storeScaled(target + (digit << 7), leading(a), d);
      storeScaled(target + (digit << 7) + 64, leading(b), d);
      storeScaled(target + 640 + (digit << 6), leading(c), d);
      a = thrice(a);
      b = thrice(b);
      c = thrice(c);
    }
    // Four bytes, four digits: lane 4·digit + byte.
    const q0 = v128.load32_splat(source, 48);
    const q1 = thrice(q0);
    const q2 = thrice(q1);
    const q3 = thrice(q2);
    const q = v128.shuffle<i32>(
      v128.shuffle<i32>(q0, q1, 0, 4, 0, 4),
      v128.shuffle<i32>(q2, q3, 0, 4, 0, 4),
      0,
      1,
      4,
      5,
    );
    storeScaled(target + 960, leading(q), d);
    source += 54;
    target += 1024;
  }
}

// @ts-ignore: decorator
@inline
function thrice(q: v128): v128 {
  return i8x16.add(i8x16.add(q, q), q);
}

/** ⌊3q/256⌋ - 1: from 86 it is at least 0, from 171 it is 1. A mask is -1 in every lane that is true. */
// @ts-ignore: decorator
@inline
function leading(q: v128): v128 {
  const from86 = i8x16.ge_u(q, i8x16.splat(86));
  const from171 = i8x16.ge_u(q, i8x16.splat(<i8>171));
  return i8x16.sub(i8x16.sub(i8x16.splat(-1), from86), from171);
}
