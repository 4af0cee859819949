import type { TensorInfo } from "../../types.js";
import type { AdapterConfig, Hints } from "./hints.js";
import type { Recipe, Scales } from "./recipe.js";

/** Stored tensors that look like one matrix. */
export interface Found {
  /** Its name whole. */
  name: string;
  codes: TensorInfo;
  /** By the suffix that the family's table has for it. */
  companion(suffix: string): TensorInfo | undefined;
  hints: Hints;
  adapterConfig(): Promise<AdapterConfig>;
  /** A small tensor's bytes. */
  read(tensor: TensorInfo): Promise<Uint8Array>;
}

/** What was recognised and is left alone: why, and how many weights it stands for where that is known. */
export interface Unread {
  family: string;
  reason: string;
  weights: number | null;
}

/** A way to keep one matrix in several tensors. Rows of the table in recognise.ts, tried in their order. */
export interface Family {
  /** What the name of the codes ends with, and what stands there in the whole matrix's name. */
  anchor: string;
  whole: string;
  /** Types the codes may have. */
  types: readonly string[];
  /** One of each entry must be there ("a|b": one or the other); the ends of names, in place of the anchor. */
  needs: readonly string[];
  /** What else belongs to it and is no tensor of its own. */
  takes: readonly string[];
  /** Null where it is something else after all. */
  recipe(found: Found): Recipe | Unread | null | Promise<Recipe | Unread | null>;
}

/** Whether a family knew the tensors and cannot dequantise them, the reason within. */
export const isUnread = (result: Recipe | Unread): result is Unread => "reason" in result;

/** "4 × 128", or "scalar". */
export const shown = (shape: readonly number[]): string => shape.join(" × ") || "scalar";

/** Why tensors are not dequantised: one has another shape than its family's; `weights` as in `Unread`. */
export const wrongShape = (
  family: string,
  tensor: TensorInfo,
  wanted: readonly (number | string)[],
  weights: number | null,
): Unread => {
  const last = tensor.name.split(".").pop()!;
  return {
    family,
    reason: `${family}: ${last} is ${shown(tensor.shape)} where ${wanted.join(" × ")} is wanted`,
    weights,
  };
};

/** A tensor as `slices` matrices of rows × columns; `outer` are the dimensions that count them. */
export interface Stack {
  outer: readonly number[];
  slices: number;
  rows: number;
  columns: number;
}

/** Leading dimensions, their product, and the last two. */
export function stackOf(shape: readonly number[]): Stack {
  const [rows, columns] = shape.slice(-2);
  const outer = shape.slice(0, -2);
  return { outer, slices: outer.reduce((a, b) => a * b, 1), rows, columns };
}

const USUAL = [128, 64, 32, 16, 256, 512, 1024, 8, 4, 2];

/** How many of `length` share each of `count` numbers, or null where they do not divide it in any usual way. */
export function shareOf(length: number, count: number, preferred: number | null): number | null {
  if (preferred !== null && Math.ceil(length / preferred) === count) return preferred;
  if (count === 1) return length;
  if (count === length) return 1;
  const usual = USUAL.find((each) => Math.ceil(length / each) === count);
  return usual ?? (count > 0 && length % count === 0 ? length / count : null);
}

/** The scales in `tensor` for a stack of matrices: one for all, for each slice, row or column, or for each block. */
export function scalesFor(
  tensor: TensorInfo,
  type: string,
  stack: { slices: number; rows: number; columns: number },
  block: [number, number] | null,
): Scales | null {
  const { slices, rows, columns } = stack;
  const { shape, parameters } = tensor;
  if (parameters === 1) return { tensor, type, rowsEach: rows, columnsEach: columns, shared: true };
  let down = 1;
  let across = 1;
  let outer = 1;
  if (shape.length === 1) {
    if (slices > 1 && parameters === slices) outer = slices;
    else [outer, down] = [slices > 1 ? 0 : 1, parameters];
  } else
    [outer, down, across] = [shape.slice(0, -2).reduce((a, b) => a * b, 1), ...(shape.slice(-2) as [number, number])];
  if (outer !== slices) return null;
  const rowsEach = shareOf(rows, down, block?.[0] ?? null);
  const columnsEach = shareOf(columns, across, block?.[1] ?? null);
  return rowsEach === null || columnsEach === null ? null : { tensor, type, rowsEach, columnsEach, shared: false };
}

/** "tensor", "row", "column", or the block that shares a scale. */
export function sharing(
  { rowsEach, columnsEach }: Scales,
  { rows, columns }: { rows: number; columns: number },
): string {
  if (rowsEach >= rows && columnsEach >= columns && rowsEach !== 128) return "tensor";
  if (rowsEach === 1 && columnsEach >= columns) return "row";
  if (rowsEach >= rows && columnsEach === 1) return "column";
  return `${rowsEach}×${columnsEach}`;
}

/** E2M1, the four-bit float of OCP MX and NVFP4. */
export const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6] as const;
