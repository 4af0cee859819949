import { blocksOfRow, packNibbles, quantizeBlocks } from "../checkpoint/blocks.js";
import type { FactorBits } from "../checkpoint/compressed/metadata.js";
import { type EncodedType, encodedSize, encodeElements } from "../checkpoint/encode.js";
import type { CompressSettings } from "./options.js";

/** How the numbers that stand for a matrix are stored. */
export interface Codec {
  /** As safetensors calls the type. */
  dtype: "F32" | "BF16" | "F16" | "I8" | "U8";
  bits: FactorBits;
  /** Of a number, its part of the block's scale included. */
  bitsEach: number;
}

const CODECS: Record<Exclude<CompressSettings["factors"], "source">, Codec> = {
  f32: { dtype: "F32", bits: 32, bitsEach: 32 },
  bf16: { dtype: "BF16", bits: 16, bitsEach: 16 },
  f16: { dtype: "F16", bits: 16, bitsEach: 16 },
  q8: { dtype: "I8", bits: 8, bitsEach: 8.5 },
  q4: { dtype: "U8", bits: 4, bitsEach: 4.5 },
};

/** "source" is the tensor's own type, or 16 bits where that is quantised: BF16, or F16 as GGUF's are. */
export function codecFor(factors: CompressSettings["factors"], dtype: string, format: string): Codec {
  if (factors !== "source") return CODECS[factors];
  if (dtype === "F32" || dtype === "F64") return CODECS.f32;
  return dtype === "F16" || (dtype !== "BF16" && format === "gguf") ? CODECS.f16 : CODECS.bf16;
}

/** Whether numbers are rounded in blocks with scales. */
export const isBlocked = (codec: Codec): boolean => codec.bits <= 8;

/** Bytes of a stored row of `columns` numbers. */
export function rowLength({ dtype, bits }: Codec, columns: number): number {
  if (bits === 8) return columns;
  return bits === 4 ? Math.ceil(columns / 2) : columns * encodedSize(dtype as EncodedType);
}

/** The stored bytes of rows. @throws RangeError where a number does not fit its type. */
export function encodeRows({ dtype, bits }: Codec, values: Float32Array, columns: number): Uint8Array {
  if (bits > 8) {
    if (dtype === "F16" && values.some((x) => Math.abs(x) >= 65520)) {
      throw new RangeError("a factor is too large for f16; --factors bf16 or f32 holds it");
    }
    return encodeElements(dtype as EncodedType, values);
  }
  const { codes } = quantizeBlocks(values, columns, bits);
  return bits === 4 ? packNibbles(codes, columns) : new Uint8Array(codes.buffer);
}

/** The f16 scales of the blocks of rows, as bytes. */
export function encodeScales({ bits }: Codec, values: Float32Array, columns: number): Uint8Array {
  return new Uint8Array(quantizeBlocks(values, columns, bits).scales.buffer);
}

/** Bytes of the scales of a row. */
export const scalesLength = (columns: number): number => blocksOfRow(columns) * 2;
