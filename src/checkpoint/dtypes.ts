/**
 * Every storage type that a header may name. A row is a whole number of blocks: one element for plain
 * types, 32 to 256 for GGML's quantised ones, as many as fill whole bytes for those of 4 and 6 bits.
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

type Row = readonly [name: string, elementsPerBlock: number, bytesPerBlock: number, code: number];

const weights: readonly Row[] = [
  ["F32", 1, 4, 0],
  ["F64", 1, 8, 1],
  ["F16", 1, 2, 2],
  ["BF16", 1, 2, 3],
  ["F8_E4M3", 1, 1, 4],
  ["F8_E5M2", 1, 1, 5],
];
const whole: readonly Row[] = [
  ["I8", 1, 1, 6],
  ["U8", 1, 1, 7],
  ["I16", 1, 2, 8],
  ["U16", 1, 2, 9],
  ["I32", 1, 4, 10],
  ["U32", 1, 4, 11],
  ["I64", 1, 8, 12],
  ["U64", 1, 8, 13],
  ["BOOL", 1, 1, 14],
];

/** Safetensors' narrow types, packed from the lowest bit of each byte. Codes from 64, clear of GGML's. */
const narrow: readonly Row[] = [
  ["F8_E8M0", 1, 1, 64],
  ["F8_E4M3FNUZ", 1, 1, 65],
  ["F8_E5M2FNUZ", 1, 1, 66],
  ["F6_E2M3", 4, 3, 67],
  ["F6_E3M2", 4, 3, 68],
  ["F4", 2, 1, 69],
];

/** GGML's block-quantised types, by the numbers that GGUF gives them. */
const quantized: readonly Row[] = [
  ["Q4_0", 32, 18, 2],
  ["Q4_1", 32, 20, 3],
  ["Q5_0", 32, 22, 6],
  ["Q5_1", 32, 24, 7],
  ["Q8_0", 32, 34, 8],
  ["Q8_1", 32, 36, 9],
  ["Q2_K", 256, 84, 10],
  ["Q3_K", 256, 110, 11],
  ["Q4_K", 256, 144, 12],
  ["Q5_K", 256, 176, 13],
  ["Q6_K", 256, 210, 14],
  ["Q8_K", 256, 292, 15],
  ["IQ2_XXS", 256, 66, 16],
  ["IQ2_XS", 256, 74, 17],
  ["IQ3_XXS", 256, 98, 18],
  ["IQ1_S", 256, 50, 19],
  ["IQ4_NL", 32, 18, 20],
  ["IQ3_S", 256, 110, 21],
  ["IQ2_S", 256, 82, 22],
  ["IQ4_XS", 256, 136, 23],
  ["IQ1_M", 256, 56, 29],
  ["TQ1_0", 256, 54, 34],
  ["TQ2_0", 256, 66, 35],
  ["MXFP4", 32, 17, 39],
];

const unread: readonly Row[] = [
  ["C64", 1, 8, -1],
  ["NVFP4", 64, 36, -1],
  ["Q1_0", 128, 18, -1],
];

const rows = (kernel: DataType["kernel"], integer: boolean, all: readonly Row[]): [string, DataType][] =>
  all.map(([name, elementsPerBlock, bytesPerBlock, code]) => [
    name,
    { name, elementsPerBlock, bytesPerBlock, integer, kernel, code },
  ]);

// Marked as without effects, here and in other tables: a bundler then leaves out what is not used.
const everyType = () =>
  new Map([
    ...rows("decode", false, weights),
    ...rows("decode", true, whole),
    ...rows("dequantize", false, narrow),
    ...rows("dequantize", false, quantized),
    ...rows(null, false, unread),
  ]);
const types = /* @__PURE__ */ everyType();

/** The type of that name, or undefined. */
export function dataType(name: string): DataType | undefined {
  return types.get(name);
}

const safetensorsNames = new Set([
  "BOOL",
  "F4",
  "F6_E2M3",
  "F6_E3M2",
  "U8",
  "I8",
  "F8_E5M2",
  "F8_E4M3",
  "F8_E8M0",
  "F8_E4M3FNUZ",
  "F8_E5M2FNUZ",
  "I16",
  "U16",
  "F16",
  "BF16",
  "I32",
  "U32",
  "F32",
  "C64",
  "F64",
  "I64",
  "U64",
]);

/** The types a safetensors header may name. */
export function safetensorsType(name: string): DataType | undefined {
  return safetensorsNames.has(name) ? types.get(name) : undefined;
}

const ggufPlain: Record<number, string> = {
  0: "F32",
  1: "F16",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  30: "BF16",
  40: "NVFP4",
  41: "Q1_0",
};
const typesOfGguf = () => {
  const found = new Map(Object.entries(ggufPlain).map(([number, name]) => [Number(number), types.get(name)!]));
  for (const type of types.values()) if (type.kernel === "dequantize" && type.code < 64) found.set(type.code, type);
  return found;
};
const ggufTypes = /* @__PURE__ */ typesOfGguf();

/**
 * The type of that number in a GGUF header. Numbers of removed types (4, 5, 31–33, 36–38) are unknown, as to the
 * reference.
 */
export function ggufType(number: number): DataType | undefined {
  return ggufTypes.get(number);
}

/** The number that GGUF gives a type. @throws RangeError for a type that it does not have. */
export function ggufNumber(name: string): number {
  for (const [number, type] of ggufTypes) if (type.name === name) return number;
  throw new RangeError(`GGUF has no type ${name}`);
}
