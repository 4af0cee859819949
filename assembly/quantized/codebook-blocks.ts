import { storeLevels } from "./blocks32";
import { iq2s, iq2xs, iq2xxs, iq3s, iq3xxs, prepareCodebooks } from "./codebook";
import { half, maskOfBits, storeScaled } from "./lanes";

/**
 * GGML's IQ types: 256 elements, eight sub-blocks of 32. Elements come in groups of eight (or four) as one index into a
 * codebook of absolute values and a byte of signs, of which seven are stored where their product is always positive.
 */

/** Seven signs and the eighth that makes their number even. */
// @ts-ignore: decorator
@inline
function evenSigns(seven: u32): u32 {
  return seven | ((popcnt<u32>(seven) & 1) << 7);
}

/** Sixteen elements: two points of eight lanes, negative where a sign is set. */
// @ts-ignore: decorator
@inline
function storeSigned(target: usize, points: v128, signs: u32, scale: f32): void {
  const mask = maskOfBits(signs);
  storeScaled(target, i8x16.sub(v128.xor(points, mask), mask), f32x4.splat(scale));
}

// @ts-ignore: decorator
@inline
export function pair(book: usize, first: u32, second: u32): v128 {
  return v128.load64_lane(book + ((<usize>second) << 3), v128.load64_zero(book + ((<usize>first) << 3)), 1);
}

// @ts-ignore: decorator
@inline
function four(book: usize, a: u32, b: u32, c: u32, d: u32): v128 {
  let points = v128.load32_zero(book + ((<usize>a) << 2));
  points = v128.load32_lane(book + ((<usize>b) << 2), points, 1);
  points = v128.load32_lane(book + ((<usize>c) << 2), points, 2);
  return v128.load32_lane(book + ((<usize>d) << 2), points, 3);
}

/** d, then for each sub-block four indices and a word of four times seven signs and a scale of 4 bits. */
export function iq2_xxs(source: usize, blocks: i32, target: usize): void {
  prepareCodebooks();
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    for (let sub = source + 2; sub < source + 66; sub += 8) {
      const word = load<u32>(sub, 4);
      const scale = d * (<f32>0.5 + <f32>(word >> 28)) * <f32>0.25;
      storeSigned(
        target,
        pair(iq2xxs, load<u8>(sub), load<u8>(sub, 1)),
        evenSigns(word & 127) | (evenSigns((word >> 7) & 127) << 8),
        scale,
      );
      storeSigned(
        target + 64,
        pair(iq2xxs, load<u8>(sub, 2), load<u8>(sub, 3)),
        evenSigns((word >> 14) & 127) | (evenSigns((word >> 21) & 127) << 8),
        scale,
      );
      target += 128;
    }
    source += 66;
  }
}

/** d, 32 times an index of 9 bits with seven signs, 8 bytes of two scales. */
export function iq2_xs(source: usize, blocks: i32, target: usize): void {
  prepareCodebooks();
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    for (let sub: usize = 0; sub < 16; sub++) {
      const a = <u32>load<u16>(source + (sub << 2), 2);
      const b = <u32>load<u16>(source + (sub << 2), 4);
      const nibble = (<u32>load<u8>(source + (sub >> 1), 66) >> <u32>((sub & 1) << 2)) & 15;
      storeSigned(
        target,
        pair(iq2xs, a & 511, b & 511),
        evenSigns(a >> 9) | (evenSigns(b >> 9) << 8),
        d * (<f32>0.5 + <f32>nibble) * <f32>0.25,
      );
      target += 64;
    }
    source += 74;
  }
}

/** d, 32 bytes of indices, 32 of signs, 8 of the indices' upper two bits, 8 of two scales. */
export function iq2_s(source: usize, blocks: i32, target: usize): void {
  prepareCodebooks();
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    for (let sub: usize = 0; sub < 16; sub++) {
      const upper = <u32>load<u8>(source + (sub >> 1), 66) >> <u32>((sub & 1) << 2);
      const a = <u32>load<u8>(source + (sub << 1), 2) | ((upper & 3) << 8);
      const b = <u32>load<u8>(source + (sub << 1), 3) | (((upper >> 2) & 3) << 8);
      const nibble = (<u32>load<u8>(source + (sub >> 1), 74) >> <u32>((sub & 1) << 2)) & 15;
      storeSigned(
        target,
        pair(iq2s, a, b),
        <u32>load<u16>(source + (sub << 1), 34),
        d * (<f32>0.5 + <f32>nibble) * <f32>0.25,
      );
      target += 64;
    }
    source += 82;
  }
}

/** d, 64 bytes of indices, then a word for each sub-block as in IQ2_XXS. */
export function iq3_xxs(source: usize, blocks: i32, target: usize): void {
  prepareCodebooks();
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    for (let sub: usize = 0; sub < 8; sub++) {
      const q = source + 2 + (sub << 3);
      const word = load<u32>(source + (sub << 2), 66);
      const scale = d * (<f32>0.5 + <f32>(word >> 28)) * <f32>0.5;
      storeSigned(
        target,
        four(iq3xxs, load<u8>(q), load<u8>(q, 1), load<u8>(q, 2), load<u8>(q, 3)),
        evenSigns(word & 127) | (evenSigns((word >> 7) & 127) << 8),
        scale,
      );
      storeSigned(
        target + 64,
        four(iq3xxs, load<u8>(q, 4), load<u8>(q, 5), load<u8>(q, 6), load<u8>(q, 7)),
        evenSigns((word >> 14) & 127) | (evenSigns((word >> 21) & 127) << 8),
        scale,
      );
      target += 128;
    }
    source += 98;
  }
}

/** d, 64 bytes of indices, 8 of their ninth bits, 32 of signs, 4 of two scales. */
export function iq3_s(source: usize, blocks: i32, target: usize): void {
  prepareCodebooks();
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    for (let sub: usize = 0; sub < 8; sub++) {
      const q = source + 2 + (sub << 3);
      const ninth = <u32>load<u8>(source + sub, 66);
      const nibble = (<u32>load<u8>(source + (sub >> 1), 106) >> <u32>((sub & 1) << 2)) & 15;
      const scale = d * <f32>(nibble * 2 + 1);
      const signs = load<u32>(source + (sub << 2), 74);
      storeSigned(
        target,
        four(
          iq3s,
          load<u8>(q) | ((ninth << 8) & 256),
          load<u8>(q, 1) | ((ninth << 7) & 256),
          load<u8>(q, 2) | ((ninth << 6) & 256),
          load<u8>(q, 3) | ((ninth << 5) & 256),
        ),
        signs,
        scale,
      );
      storeSigned(
        target + 64,
        four(
          iq3s,
          load<u8>(q, 4) | ((ninth << 4) & 256),
          load<u8>(q, 5) | ((ninth << 3) & 256),
          load<u8>(q, 6) | ((ninth << 2) & 256),
          load<u8>(q, 7) | ((ninth << 1) & 256),
        ),
        signs >> 16,
        scale,
      );
      target += 128;
    }
    source += 110;
  }
}

/** d, the scales' upper two bits, 4 bytes of two lower nibbles, 128 bytes of IQ4_NL's indices: d·(s - 32). */
export function iq4_xs(source: usize, blocks: i32, target: usize): void {
  for (let i = 0; i < blocks; i++) {
    const d = half(source);
    const upper = <u32>load<u16>(source, 2);
    for (let sub: usize = 0; sub < 8; sub++) {
      const nibble = (<u32>load<u8>(source + (sub >> 1), 4) >> <u32>((sub & 1) << 2)) & 15;
      const scale = <i32>(nibble | (((upper >> <u32>(sub << 1)) & 3) << 4)) - 32;
      storeLevels(target, v128.load(source + (sub << 4), 8), f32x4.splat(d * <f32>scale));
      target += 128;
    }
    source += 136;
  }
}
