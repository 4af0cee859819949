/**
 * GGML's types of 32 elements: a scale d in half precision, for some an offset m, then the integers. In a byte of two,
 * the low nibble belongs to element j and the high one to element j + 16.
 */
import { half, highNibbles, lowNibbles, maskOfBits, storeAffine, storeScaled } from "./lanes";

/** d, 16 bytes: d·(q - 8). */
export function q4_0(source: usize, blocks: i32, target: usize): void {
  const eight = i8x16.splat(8);
  for (let i = 0; i < blocks; i++) {
    const d = f32x4.splat(half(source));
    const q = v128.load(source, 2);
    storeScaled(target, i8x16.sub(lowNibbles(q), eight), d);
    storeScaled(target + 64, i8x16.sub(highNibbles(q), eight), d);
    source += 18;
    target += 128;
  }
}

/** d, m, 16 bytes: d·q + m. */
export function q4_1(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = f32x4.splat(half(source));
    const m = f32x4.splat(half(source + 2));
    const q = v128.load(source, 4);
    storeAffine(target, lowNibbles(q), d, m);
    storeAffine(target + 64, highNibbles(q), d, m);
    source += 20;
    target += 128;
  }
}

/** d, 32 fifth bits, 16 bytes: d·(q - 16). */
export function q5_0(source: usize, blocks: i32, target: usize): void {
  const sixteen = i8x16.splat(16);
  for (let i = 0; i < blocks; i++) {
    const d = f32x4.splat(half(source));
    const fifth = load<u32>(source, 2);
    const q = v128.load(source, 6);
    // Where the fifth bit is missing, 16 is taken away from the nibble.
    storeScaled(target, i8x16.sub(lowNibbles(q), v128.andnot(sixteen, maskOfBits(fifth))), d);
    storeScaled(target + 64, i8x16.sub(highNibbles(q), v128.andnot(sixteen, maskOfBits(fifth >> 16))), d);
    source += 22;
    target += 128;
  }
}

/** d, m, 32 fifth bits, 16 bytes: d·q + m. */
export function q5_1(source: usize, blocks: i32, target: usize): void {
  const sixteen = i8x16.splat(16);
  for (let i = 0; i < blocks; i++) {
    const d = f32x4.splat(half(source));
    const m = f32x4.splat(half(source + 2));
    const fifth = load<u32>(source, 4);
    const q = v128.load(source, 8);
    storeAffine(target, v128.or(lowNibbles(q), v128.and(sixteen, maskOfBits(fifth))), d, m);
    storeAffine(target + 64, v128.or(highNibbles(q), v128.and(sixteen, maskOfBits(fifth >> 16))), d, m);
    source += 24;
    target += 128;
  }
}

/** d, for Q8_1 the sum of the block too, 32 signed bytes: d·q. */
export function q8(source: usize, blocks: i32, target: usize, header: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = f32x4.splat(half(source));
    storeScaled(target, v128.load(source + header), d);
    storeScaled(target + 64, v128.load(source + header, 16), d);
    source += header + 32;
    target += 128;
  }
}

/** d, 16 bytes of indices into 16 uneven levels. */
export function iq4_nl(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    storeLevels(target, v128.load(source, 2), f32x4.splat(half(source)));
    source += 18;
    target += 128;
  }
}

/** 32 elements of IQ4_NL's levels, which IQ4_XS shares. */
// @ts-ignore: decorator
@inline
export function storeLevels(target: usize, q: v128, scale: v128): void {
  const levels = i8x16(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
  storeScaled(target, i8x16.swizzle(levels, lowNibbles(q)), scale);
  storeScaled(target + 64, i8x16.swizzle(levels, highNibbles(q)), scale);
}

/** OCP MX: an exponent e, 16 bytes of E2M1 floats, here doubled to be integers and scaled by 2^(e - 128). */
export function mxfp4(source: usize, blocks: i32, target: usize): void {
  const doubled = i8x16(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
  for (let i = 0; i < blocks; i++) {
    const e = <u32>load<u8>(source);
    // Below 2 the power is a subnormal float.
    const d = f32x4.splat(reinterpret<f32>(e < 2 ? (<u32>0x00200000) << e : (e - 1) << 23));
    const q = v128.load(source, 1);
    storeScaled(target, i8x16.swizzle(doubled, lowNibbles(q)), d);
    storeScaled(target + 64, i8x16.swizzle(doubled, highNibbles(q)), d);
    source += 17;
    target += 128;
  }
}
