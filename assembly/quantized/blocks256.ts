/**
 * GGML's K types: 256 elements in sub-blocks of 16 or 32, whose scales (and offsets) are small integers times one
 * d (and one m) in half precision. Products are taken in the reference's order: (d · scale) · q, then the offset.
 */
import { half, highNibbles, lowNibbles, storeAffine, storeScaled } from "./lanes";

/** 16 bytes of scale and offset nibbles, 64 bytes of 2 bits, d, m: d·s·q - m·o in sub-blocks of 16. */
export function q2_k(source: usize, blocks: i32, target: usize): void {
  const three = i8x16.splat(3);
  for (let i = 0; i < blocks; i++) {
    const d = half(source + 80);
    const m = half(source + 82);
    let scales = source;
    for (let part: usize = 0; part < 64; part += 32) {
      const first = v128.load(source + part, 16);
      const second = v128.load(source + part, 32);
      for (let shift = 0; shift < 8; shift += 2) {
        const a = <u32>load<u8>(scales);
        const b = <u32>load<u8>(scales, 1);
        storeAffine(
          target,
          v128.and(i8x16.shr_u(first, shift), three),
          f32x4.splat(d * <f32>(a & 15)),
          f32x4.splat(-(m * <f32>(a >> 4))),
        );
        storeAffine(
          target + 64,
          v128.and(i8x16.shr_u(second, shift), three),
          f32x4.splat(d * <f32>(b & 15)),
          f32x4.splat(-(m * <f32>(b >> 4))),
        );
        scales += 2;
        target += 128;
      }
    }
    source += 84;
  }
}

/** 32 bytes of third bits, 64 bytes of 2 bits, 12 bytes of 6-bit scales, d: d·(s - 32)·(q - 4). */
export function q3_k(source: usize, blocks: i32, target: usize): void {
  const three = i8x16.splat(3);
  const four = i8x16.splat(4);
  for (let i = 0; i < blocks; i++) {
    const d = half(source + 108);
    const thirdFirst = v128.load(source);
    const thirdSecond = v128.load(source, 16);
    let group = 0;
    for (let part: usize = 0; part < 64; part += 32) {
      const first = v128.load(source + part, 32);
      const second = v128.load(source + part, 48);
      for (let shift = 0; shift < 8; shift += 2) {
        const bit = i8x16.splat(<i8>((<i32>1) << (group >> 1)));
        // Where the third bit is missing, 4 is taken away.
        const low = v128.and(four, i8x16.eq(v128.and(thirdFirst, bit), i8x16.splat(0)));
        const high = v128.and(four, i8x16.eq(v128.and(thirdSecond, bit), i8x16.splat(0)));
        storeScaled(
          target,
          i8x16.sub(v128.and(i8x16.shr_u(first, shift), three), low),
          f32x4.splat(d * q3Scale(source + 96, group)),
        );
        storeScaled(
          target + 64,
          i8x16.sub(v128.and(i8x16.shr_u(second, shift), three), high),
          f32x4.splat(d * q3Scale(source + 96, group + 1)),
        );
        group += 2;
        target += 128;
      }
    }
    source += 110;
  }
}

/** Scale g of 16: four bits in the nibbles of the first 8 bytes, two in the last 4 bytes. */
// @ts-ignore: decorator
@inline
function q3Scale(scales: usize, g: i32): f32 {
  const nibble = (<i32>load<u8>(scales + <usize>(g & 7)) >> ((g >> 3) << 2)) & 15;
  const pair = (<i32>load<u8>(scales + <usize>(g & 3), 8) >> ((g >> 2) << 1)) & 3;
  return <f32>((nibble | (pair << 4)) - 32);
}

/**
 * Scale (`upper` 0) or offset (`upper` 4) g of 8 in Q4_K's and Q5_K's 12 bytes: 6 bits, the last four split in 4 + 2.
 */
// @ts-ignore: decorator
@inline
function sixBits(scales: usize, g: i32, upper: i32): f32 {
  if (g < 4) return <f32>(<i32>load<u8>(scales + <usize>(g + upper)) & 63);
  const nibble = (<i32>load<u8>(scales + <usize>(g + 4)) >> upper) & 15;
  return <f32>(nibble | ((<i32>load<u8>(scales + <usize>(g - 4 + upper)) >> 6) << 4));
}

/** d, m, 12 bytes of scales and offsets, 128 bytes of nibbles: d·s·q - m·o in sub-blocks of 32. */
export function q4_k(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    const m = half(source + 2);
    for (let g = 0; g < 8; g += 2) {
      const q = source + 16 + ((<usize>g) << 4);
      const first = v128.load(q);
      const second = v128.load(q, 16);
      const d0 = f32x4.splat(d * sixBits(source + 4, g, 0));
      const m0 = f32x4.splat(-(m * sixBits(source + 4, g, 4)));
      storeAffine(target, lowNibbles(first), d0, m0);
      storeAffine(target + 64, lowNibbles(second), d0, m0);
      const d1 = f32x4.splat(d * sixBits(source + 4, g + 1, 0));
      const m1 = f32x4.splat(-(m * sixBits(source + 4, g + 1, 4)));
      storeAffine(target + 128, highNibbles(first), d1, m1);
      storeAffine(target + 192, highNibbles(second), d1, m1);
      target += 256;
    }
    source += 144;
  }
}

/** As Q4_K, with 32 bytes of fifth bits before the nibbles. */
export function q5_k(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    const m = half(source + 2);
    const fifthFirst = v128.load(source, 16);
    const fifthSecond = v128.load(source, 32);
    for (let g = 0; g < 8; g += 2) {
      const q = source + 48 + ((<usize>g) << 4);
      const first = v128.load(q);
      const second = v128.load(q, 16);
      const d0 = f32x4.splat(d * sixBits(source + 4, g, 0));
      const m0 = f32x4.splat(-(m * sixBits(source + 4, g, 4)));
      storeAffine(target, v128.or(lowNibbles(first), fifthBit(fifthFirst, g)), d0, m0);
      storeAffine(target + 64, v128.or(lowNibbles(second), fifthBit(fifthSecond, g)), d0, m0);
      const d1 = f32x4.splat(d * sixBits(source + 4, g + 1, 0));
      const m1 = f32x4.splat(-(m * sixBits(source + 4, g + 1, 4)));
      storeAffine(target + 128, v128.or(highNibbles(first), fifthBit(fifthFirst, g + 1)), d1, m1);
      storeAffine(target + 192, v128.or(highNibbles(second), fifthBit(fifthSecond, g + 1)), d1, m1);
      target += 256;
    }
    source += 176;
  }
}

/** Bit g of each byte, as 16. */
// @ts-ignore: decorator
@inline
function fifthBit(bytes: v128, g: i32): v128 {
  return i8x16.shl(v128.and(i8x16.shr_u(bytes, g), i8x16.splat(1)), 4);
}

/** 128 bytes of nibbles, 64 of upper pairs, 16 signed scales, d: d·s·(q - 32) in sub-blocks of 16. */
export function q6_k(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = half(source + 208);
    for (let part: usize = 0; part < 2; part++) {
      for (let side: usize = 0; side < 2; side++) {
        const a = v128.load(source + (part << 6) + (side << 4));
        const b = v128.load(source + (part << 6) + (side << 4), 32);
        const upper = v128.load(source + (part << 5) + (side << 4), 128);
        const scales = source + 192 + (part << 3) + side;
        const out = target + (part << 9) + (side << 6);
        q6Store(out, lowNibbles(a), upper, d, load<i8>(scales));
        q6Store(out + 128, lowNibbles(b), i8x16.shr_u(upper, 2), d, load<i8>(scales, 2));
        q6Store(out + 256, highNibbles(a), i8x16.shr_u(upper, 4), d, load<i8>(scales, 4));
        q6Store(out + 384, highNibbles(b), i8x16.shr_u(upper, 6), d, load<i8>(scales, 6));
      }
    }
    source += 210;
    target += 1024;
  }
}

// @ts-ignore: decorator
@inline
function q6Store(target: usize, nibbles: v128, pairs: v128, d: f32, scale: i8): void {
  const q = v128.or(nibbles, i8x16.shl(v128.and(pairs, i8x16.splat(3)), 4));
  storeScaled(target, i8x16.sub(q, i8x16.splat(32)), f32x4.splat(d * <f32>scale));
}

/** d in single precision, 256 signed bytes, sums of 16: d·q. */
export function q8_k(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = v128.load32_splat(source);
    for (let j: usize = 0; j < 256; j += 16) storeScaled(target + (j << 2), v128.load(source + j, 4), d);
    source += 292;
    target += 1024;
  }
}
