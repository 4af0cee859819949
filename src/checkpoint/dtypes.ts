/**
 * Every storage type that a header may name. A row is a whole number of blocks: one element for plain
 * types, 32 or 256 for GGML's quantised ones, as many as fill whole bytes for those of 4 and 6 bits.
 */
export interface DataType {
  readonly name: string;
  readonly elementsPerBlock: number;
  readonly bytesPerBlock: number;
  /** Integers and booleans are no weights: `analyze` skips them. */
  readonly integer: boolean;
  /** The kernel that decodes it: `decode` of assembly/decode.ts, `dequantize` of assembly/quantized.ts, or none. */
  readonly kernel: "decode" | "dequantize" | null;
  /** The type code that kernel takes; -1 where there is none. */
  readonly code: number;
}

const types = new Map<string, DataType>();

function define(name: string, elementsPerBlock: number, bytesPerBlock: number, integer: boolean, kernel: DataType["kernel"], code: number): void {
  types.set(name, { name, elementsPerBlock, bytesPerBlock, integer, kernel, code });
}

// The codes of `decode` (assembly/decode.ts).
define("F32", 1, 4, false, "decode", 0);
define("F64", 1, 8, false, "decode", 1);
define("F16", 1, 2, false, "decode", 2);
define("BF16", 1, 2, false, "decode", 3);
define("F8_E4M3", 1, 1, false, "decode", 4);
define("F8_E5M2", 1, 1, false, "decode", 5);
define("I8", 1, 1, true, "decode", 6);
define("U8", 1, 1, true, "decode", 7);
define("I16", 1, 2, true, "decode", 8);
define("U16", 1, 2, true, "decode", 9);
define("I32", 1, 4, true, "decode", 10);
define("U32", 1, 4, true, "decode", 11);
define("I64", 1, 8, true, "decode", 12);
define("U64", 1, 8, true, "decode", 13);
define("BOOL", 1, 1, true, "decode", 14);
define("C64", 1, 8, false, null, -1);
define("F8_E8M0", 1, 1, false, null, -1);
define("F8_E4M3FNUZ", 1, 1, false, null, -1);
define("F8_E5M2FNUZ", 1, 1, false, null, -1);
define("F6_E2M3", 4, 3, false, null, -1);
define("F6_E3M2", 4, 3, false, null, -1);
define("F4", 2, 1, false, null, -1);

/** The type of that name, or undefined. */
export function dataType(name: string): DataType | undefined {
  return types.get(name);
}

export function isDecodable(type: DataType): boolean {
  return type.kernel !== null;
}

/** Bits an element takes; whole for safetensors' types, a fraction for quantised ones. */
export function bitsPerElement(type: DataType): number {
  return (type.bytesPerBlock * 8) / type.elementsPerBlock;
}
