import type { DataType } from "./dtypes.js";

/** `count` elements of `bytes` as f32, rounded to nearest where the type holds more. */
export async function decodeElements(type: DataType, bytes: Uint8Array, count: number): Promise<Float32Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type.name];
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i);
  return values;
}

const bits = new DataView(new ArrayBuffer(4));

function fromBits(pattern: number): number {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
}

/** IEEE half: 5 exponent bits, 10 of fraction. */
function half(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 31;
  const fraction = pattern & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** OCP 8-bit E4M3: no infinity, NaN at all ones. */
function e4m3(pattern: number): number {
  const sign = pattern & 128 ? -1 : 1;
  const exponent = (pattern >> 3) & 15;
  const fraction = pattern & 7;
  if ((pattern & 127) === 127) return NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10));
}

const readers: Record<string, (view: DataView, i: number) => number> = {
  F32: (view, i) => view.getFloat32(4 * i, true),
  F64: (view, i) => view.getFloat64(8 * i, true),
  F16: (view, i) => half(view.getUint16(2 * i, true)),
  BF16: (view, i) => fromBits(view.getUint16(2 * i, true) << 16),
  F8_E4M3: (view, i) => e4m3(view.getUint8(i)),
  F8_E5M2: (view, i) => half(view.getUint8(i) << 8),
  I8: (view, i) => view.getInt8(i),
  U8: (view, i) => view.getUint8(i),
  I16: (view, i) => view.getInt16(2 * i, true),
  U16: (view, i) => view.getUint16(2 * i, true),
  I32: (view, i) => view.getInt32(4 * i, true),
  U32: (view, i) => view.getUint32(4 * i, true),
  I64: (view, i) => Number(view.getBigInt64(8 * i, true)),
  U64: (view, i) => Number(view.getBigUint64(8 * i, true)),
  BOOL: (view, i) => (view.getUint8(i) ? 1 : 0),
};
