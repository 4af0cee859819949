import type { TensorInfo } from "../../types.js";

/**
 * How a matrix is put together from stored tensors. Plain data. A stack of `slices` matrices of rows × columns lies
 * one after the other; rows are the outputs of the linear map, columns its inputs.
 */
export type Recipe = RowRecipe | ColumnRecipe | FlatRecipe | LowRankRecipe;

interface Common {
  /** What stands where a type does: "GPTQ-4", "FP8 128×128". */
  family: string;
  /** Dimensions before the last two, and how many matrices they make. */
  outer: readonly number[];
  slices: number;
  rows: number;
  columns: number;
}

/**
 * One number for each `rowsEach` rows and `columnsEach` columns of a slice, row-major, in a type that decodes value by
 * value.
 */
export interface Scales {
  tensor: TensorInfo;
  /** A name of dtypes.ts: how the bytes are read, which for E8M0 stored as U8 is not what the header says. */
  type: string;
  rowsEach: number;
  columnsEach: number;
  /** Whether all slices have the same ones. */
  shared: boolean;
}

/** Codes of a row lie together, in whole bytes: (code − zero) · scale · factor, or code · scale + bias. */
export interface RowRecipe extends Common {
  kind: "rows";
  codes: { tensor: TensorInfo; rowBytes: number } & (
    | { kind: "values"; type: string }
    /** Lowest bits first; `words`: as many whole codes as 32 bits hold. */
    | { kind: "bits"; bits: number; words: boolean }
    | { kind: "nibbles"; table: readonly number[]; highFirst: boolean }
  );
  scales: Scales;
  /** A constant, one for each scale, or codes of `bits` bits packed down the rows into words of 32 bits. */
  zeros: number | Scales | { tensor: TensorInfo; bits: number };
  biases: Scales | null;
  /** What scales are multiplied by (or divided): one F32 for all, or for each slice. */
  factor: number | { tensor: TensorInfo; inverse: boolean };
  /** Group of each column, I32; null where groups follow each other. */
  groupOf: TensorInfo | null;
}

/** Codes of a column (one input) lie apart, those of neighbouring outputs together. Scales are groups × outputs. */
export interface ColumnRecipe extends Common {
  kind: "columns";
  codes: TensorInfo;
  /** "stream": words of 32 bits down each output's inputs; "interleaved": eight outputs in a word, in AWQ's order. */
  packing: "stream" | "interleaved";
  bits: number;
  scales: TensorInfo;
  /** Packed along the outputs; null: half of the codes' range. */
  zeros: TensorInfo | null;
  /** Added to stored zeros (1 in GPTQ's first version), within the codes' range. */
  zeroOffset: number;
  group: number;
  groupOf: TensorInfo | null;
}

/** Codes of four bits, the first in the high ones, and a scale for each block, both running on from row to row. */
export interface FlatRecipe extends Common {
  kind: "flat";
  codes: TensorInfo;
  block: number;
  table: TensorInfo;
  /** F32, or bytes that stand for `nested`'s values. */
  scales: TensorInfo;
  nested: { table: TensorInfo; scales: TensorInfo; block: number; offset: number } | null;
}

/** factor · B · A. */
export interface LowRankRecipe extends Common {
  kind: "low-rank";
  rank: number;
  a: TensorInfo;
  b: TensorInfo;
  /** A is stored rank × columns, B rows × rank; embeddings have one of them the other way round. */
  aTurned: boolean;
  bTurned: boolean;
  factor: number;
}

/** The stored tensors that a recipe reads. */
export function partsOf(recipe: Recipe): TensorInfo[] {
  const found: TensorInfo[] = [];
  const look = (part: unknown): void => {
    if (part === null || typeof part !== "object") return;
    if ("byteOffset" in part) found.push(part as TensorInfo);
    else for (const one of Object.values(part)) look(one);
  };
  look(recipe);
  return found;
}
