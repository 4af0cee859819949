/**
 * Safetensors' floats of 8 bits and fewer beyond the two that decode.ts knows: every pattern once in a table, then
 * look-ups.
 */

/** 256 values in f32. */
const table: usize = memory.data(1024, 16);

/** Sign, exponent, fraction; no infinities, subnormals below exponent 1. */
function minifloat(pattern: u32, exponentBits: u32, fractionBits: u32, bias: i32): f32 {
  const fraction = pattern & ((1 << fractionBits) - 1);
  const exponent = <i32>((pattern >> fractionBits) & ((1 << exponentBits) - 1));
  const significand = <f32>(exponent == 0 ? fraction : fraction | (1 << fractionBits));
  const power = max(exponent, 1) - bias - <i32>fractionBits;
  const magnitude = significand * reinterpret<f32>((<u32>(power + 127)) << 23);
  return (pattern >> (exponentBits + fractionBits)) & 1 ? -magnitude : magnitude;
}

function fill(bits: u32, exponentBits: u32, fractionBits: u32, bias: i32): void {
  for (let pattern: u32 = 0; pattern < (<u32>1) << bits; pattern++)
    store<f32>(table + ((<usize>pattern) << 2), minifloat(pattern, exponentBits, fractionBits, bias));
}

// @ts-ignore: decorator
@inline
function valueOf(pattern: u32): f32 {
  return load<f32>(table + ((<usize>pattern) << 2));
}

function bytes(source: usize, count: i32, target: usize): void {
  for (let i = 0; i < count; i++) store<f32>(target + ((<usize>i) << 2), valueOf(load<u8>(source + <usize>i)));
}

/** A power of two, 2^(x - 127): scales of OCP MX. All ones is NaN. */
export function f8_e8m0(source: usize, count: i32, target: usize): void {
  for (let x: u32 = 0; x < 255; x++)
    store<f32>(table + ((<usize>x) << 2), reinterpret<f32>(x == 0 ? 0x00400000 : x << 23));
  store<f32>(table + 1020, f32.NaN);
  bytes(source, count, target);
}

/** "FNUZ": finite, unsigned zero; NaN stands where -0 would. */
export function f8_fnuz(source: usize, count: i32, target: usize, exponentBits: u32): void {
  fill(8, exponentBits, 7 - exponentBits, 1 << (exponentBits - 1));
  store<f32>(table + 512, f32.NaN);
  bytes(source, count, target);
}

/** Four values in three bytes, the first in the lowest bits. */
export function f6(source: usize, blocks: i32, target: usize, exponentBits: u32): void {
  fill(6, exponentBits, 5 - exponentBits, (1 << (exponentBits - 1)) - 1);
  for (let i = 0; i < blocks; i++) {
    const packed = <u32>load<u8>(source) | ((<u32>load<u8>(source, 1)) << 8) | ((<u32>load<u8>(source, 2)) << 16);
    for (let j: u32 = 0; j < 4; j++) store<f32>(target + ((<usize>j) << 2), valueOf((packed >> (6 * j)) & 63));
    source += 3;
    target += 16;
  }
}

/** E2M1, two in a byte, the first in the low nibble. */
export function f4(source: usize, blocks: i32, target: usize): void {
  fill(4, 2, 1, 1);
  for (let i = 0; i < blocks; i++) {
    const packed = <u32>load<u8>(source++);
    store<f32>(target, valueOf(packed & 15));
    store<f32>(target, valueOf(packed >> 4), 4);
    target += 8;
  }
}
