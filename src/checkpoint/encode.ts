import { bfloat16Bits, float16Bits } from "../base/half.js";

/** Types in which `encodeElements` writes. */
export const ENCODED = ["F64", "F32", "F16", "BF16"] as const;
/** One of them. */
export type EncodedType = (typeof ENCODED)[number];

/** Whether a type of that name can be written. */
export const isEncoded = (name: string): name is EncodedType => (ENCODED as readonly string[]).includes(name);

/** Bytes of a value. */
export const encodedSize = (type: EncodedType): number => (type === "F64" ? 8 : type === "F32" ? 4 : 2);

/**
 * f32 values as stored bytes, little-endian, rounded to nearest with ties to even. Little-endian hosts only, as
 * WebAssembly's are.
 */
export function encodeElements(type: EncodedType, values: Float32Array): Uint8Array {
  if (type === "F32") return new Uint8Array(values.slice().buffer);
  if (type === "F64") return new Uint8Array(Float64Array.from(values).buffer);
  const aligned = values.byteOffset % 4 === 0 ? values : values.slice();
  const bits = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length);
  const halves = new Uint16Array(values.length);
  if (type === "F16") for (let i = 0; i < halves.length; i++) halves[i] = float16Bits(bits[i]);
  else for (let i = 0; i < halves.length; i++) halves[i] = bfloat16Bits(bits[i]);
  return new Uint8Array(halves.buffer);
}
