import { decode, decodeRows } from "../decode";
import { StorageType } from "../floats";
import { allocate, mark, release } from "../memory";

function bytes(values: u8[]): usize {
  const p = allocate(<f64>values.length + 128);
  for (let i = 0; i < values.length; i++) store<u8>(p + i, values[i]);
  return p;
}

/** The first of what `type` makes of a value's little-endian bytes. */
function first(type: StorageType, values: u8[]): f32 {
  const marked = mark();
  const out = allocate(16);
  decode(type, bytes(values), 1, out, 1);
  const value = load<f32>(out);
  release(marked);
  return value;
}

describe("decode", () => {
  it("reads every storage type", () => {
    expect<f32>(first(StorageType.F32, [0, 0, 192, 63])).toBe(1.5);
    expect<f32>(first(StorageType.F64, [0, 0, 0, 0, 0, 0, 4, 192])).toBe(-2.5);
    expect<f32>(first(StorageType.BF16, [192, 63])).toBe(1.5);
    expect<f32>(first(StorageType.I8, [255])).toBe(-1);
    expect<f32>(first(StorageType.U8, [255])).toBe(255);
    expect<f32>(first(StorageType.I16, [0, 128])).toBe(-32768);
    expect<f32>(first(StorageType.U16, [255, 255])).toBe(65535);
    expect<f32>(first(StorageType.I32, [255, 255, 255, 255])).toBe(-1);
    expect<f32>(first(StorageType.U32, [0, 0, 0, 128])).toBe(2147483648);
    expect<f32>(first(StorageType.I64, [254, 255, 255, 255, 255, 255, 255, 255])).toBe(-2);
    expect<f32>(first(StorageType.U64, [0, 0, 0, 0, 0, 0, 0, 128])).toBe(<f32>9223372036854775808.0);
    expect<f32>(first(StorageType.BOOL, [1])).toBe(1);
  });

  it("reads all 65,536 halves", () => {
    const marked = mark();
    const from = allocate(131072 + 128);
    const to = allocate(262144);
    for (let i = 0; i < 65536; i++) store<u16>(from + ((<usize>i) << 1), <u16>i);
    decode(StorageType.F16, from, 65536, to, 1);
    let wrong = 0;
    for (let i = 0; i < 65536; i++) {
      const sign: f64 = i & 0x8000 ? -1 : 1;
      const exponent = (i >> 10) & 31;
      const fraction = <f64>(i & 1023);
      const found = <f64>load<f32>(to + ((<usize>i) << 2));
      let expected = sign * (exponent == 0 ? fraction / 16777216 : (1024 + fraction) * Math.pow(2, <f64>exponent - 25));
      if (exponent == 31) expected = fraction == 0 ? sign * Infinity : NaN;
      if (isNaN(expected) ? !isNaN(found) : found != expected) wrong++;
    }
    expect<i32>(wrong).toBe(0);
    release(marked);
  });

  it("reads all 256 values of both 8-bit floats", () => {
    let wrong = 0;
    for (let i = 0; i < 256; i++) {
      const sign: f64 = i & 128 ? -1 : 1;
      const e4 = (i >> 3) & 15;
      const m3 = <f64>(i & 7);
      const e5 = (i >> 2) & 31;
      const m2 = <f64>(i & 3);
      const four = <f64>first(StorageType.F8_E4M3, [<u8>i]);
      const five = <f64>first(StorageType.F8_E5M2, [<u8>i]);
      const nan4 = (i & 127) == 127;
      const x4 = sign * (e4 == 0 ? m3 / 512 : (8 + m3) * Math.pow(2, <f64>e4 - 10));
      let x5 = sign * (e5 == 0 ? m2 / 65536 : (4 + m2) * Math.pow(2, <f64>e5 - 17));
      if (e5 == 31) x5 = m2 == 0 ? sign * Infinity : NaN;
      if (nan4 ? !isNaN(four) : four != x4) wrong++;
      if (isNaN(x5) ? !isNaN(five) : five != x5) wrong++;
    }
    expect<i32>(wrong).toBe(0);
  });

  it("writes exactly as many values as it is asked for", () => {
    const marked = mark();
    const from = allocate(256);
    const to = allocate(256);
    for (let i: usize = 0; i < 64; i++) store<u16>(from + (i << 1), 0x3f80);
    for (let count = 0; count <= 20; count++) {
      memory.fill(to, 7, 128);
      decode(StorageType.BF16, from, count, to, 1);
      if (count > 0) expect<f32>(load<f32>(to + ((<usize>(count - 1)) << 2))).toBe(1);
      expect<u32>(load<u32>(to + ((<usize>count) << 2))).toBe(0x07070707);
    }
    release(marked);
  });

  it("pads rows with zeros, skips between them, and scales", () => {
    const marked = mark();
    const from = allocate(256);
    const to = allocate(256);
    for (let i: usize = 0; i < 64; i++) store<f32>(from + (i << 2), <f32>i);
    memory.fill(to, 7, 128);
    decodeRows(StorageType.F32, from, 20, 2, 3, to, 4, 0.5);
    const expected: f32[] = [0, 0.5, 1, 0, 2.5, 3, 3.5, 0];
    for (let i = 0; i < 8; i++) expect<f32>(load<f32>(to + ((<usize>i) << 2))).toBe(expected[i]);
    release(marked);
  });

  it("makes one NaN of what arithmetic touches", () => {
    const marked = mark();
    const out = allocate(16);
    decode(StorageType.F64, bytes([1, 2, 3, 4, 5, 6, 240, 255]), 1, out, 1);
    expect<u32>(load<u32>(out)).toBe(0x7fc00000);
    decode(StorageType.F32, bytes([1, 2, 160, 255, 1, 2, 160, 255, 1, 2, 160, 255, 1, 2, 160, 255]), 4, out, 2);
    expect<u32>(load<u32>(out)).toBe(0x7fc00000);
    release(marked);
  });
});
