import { allocate, dequantize, mark, release } from "../quantized";

/** Element `at` of the one block that the bytes are, padded with zeros. */
function element(type: i32, size: i32, bytes: u8[], at: i32): f32 {
  const marked = mark();
  const source = allocate(<f64>size);
  const target = allocate(1024);
  memory.fill(source, 0, size);
  for (let i = 0; i < bytes.length; i++) store<u8>(source + i, bytes[i]);
  dequantize(type, source, 1, target);
  const value = load<f32>(target + ((<usize>at) << 2));
  release(marked);
  return value;
}

// 0x3c00 is 1 in half precision, 0x3800 is 1/2.
describe("dequantize", () => {
  it("Q4_0: nibbles less 8, times the scale", () => {
    expect<f32>(element(2, 18, [0, 0x3c, 0x9f], 0)).toBe(7);
    expect<f32>(element(2, 18, [0, 0x3c, 0x9f], 16)).toBe(1);
    expect<f32>(element(2, 18, [0, 0x38, 0x9f], 1)).toBe(-4);
  });

  it("Q4_1: nibbles times the scale, plus the offset", () => {
    expect<f32>(element(3, 20, [0, 0x38, 0, 0xbc, 0x4f], 0)).toBe(6.5);
    expect<f32>(element(3, 20, [0, 0x38, 0, 0xbc, 0x4f], 16)).toBe(1);
  });

  it("Q5_0: a fifth bit apart", () => {
    expect<f32>(element(6, 22, [0, 0x3c, 1, 0, 0, 0, 3], 0)).toBe(3);
    expect<f32>(element(6, 22, [0, 0x3c, 1, 0, 0, 0, 3], 16)).toBe(-16);
  });

  it("Q8_0: signed bytes times the scale, subnormal and infinite scales too", () => {
    expect<f32>(element(8, 34, [0, 0x38, 128], 0)).toBe(-64);
    expect<f32>(element(8, 34, [1, 0, 2], 0)).toBe(reinterpret<f32>(0x34000000));
    expect<f32>(element(8, 34, [0, 0x7c, 1], 0)).toBe(f32.MAX_VALUE * 2);
  });

  it("MXFP4: an exponent for 32, subnormal below 2", () => {
    expect<f32>(element(39, 17, [128, 0x0f], 0)).toBe(-12);
    expect<f32>(element(39, 17, [0, 0x01], 0)).toBe(reinterpret<f32>(0x00200000));
  });

  it("TQ2_0 and TQ1_0: -1, 0 and 1", () => {
    const twoBits: u8[] = [0b10010010];
    for (let i = 1; i < 66; i++) twoBits.push(0);
    twoBits[65] = 0x3c;
    expect<f32>(element(35, 66, twoBits, 0)).toBe(1);
    expect<f32>(element(35, 66, twoBits, 32)).toBe(-1);
    expect<f32>(element(35, 66, twoBits, 64)).toBe(0);
    const thirds: u8[] = [171];
    for (let i = 1; i < 54; i++) thirds.push(0);
    thirds[53] = 0x3c;
    expect<f32>(element(34, 54, thirds, 0)).toBe(1);
    expect<f32>(element(34, 54, thirds, 1)).toBe(-1);
  });

  it("IQ4_NL: sixteen uneven levels", () => {
    expect<f32>(element(20, 18, [0, 0x3c, 0xf0], 0)).toBe(-127);
    expect<f32>(element(20, 18, [0, 0x3c, 0xf0], 16)).toBe(113);
  });

  it("IQ2_XXS: the first point of the codebook is all 8", () => {
    // (1/2 + 0) / 4 of 8.
    expect<f32>(element(16, 66, [0, 0x3c], 3)).toBe(1);
    expect<f32>(element(16, 66, [0, 0x3c, 0, 0, 0, 0, 8], 3)).toBe(-1);
  });

  it("nothing where there are no blocks", () => {
    const marked = mark();
    const target = allocate(16);
    store<f32>(target, 5);
    dequantize(2, target, 0, target);
    expect<f32>(load<f32>(target)).toBe(5);
    release(marked);
  });
});
