import { planMatrices } from "../analyze/plan.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { decodeElements } from "../checkpoint/decode.js";
import type { DataType } from "../checkpoint/dtypes.js";
import { type Interpreted, interpret, weightsOf } from "../checkpoint/views/interpreted.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { Report, TensorInfo } from "../types.js";
import { inAuthorsOrder, type ReadRows, reorderedHeads } from "./rotary.js";

/** A tensor that is no matrix, as a row of values. */
export interface StoredVector {
  name: string;
  rows: number;
  columns: number;
  tensor: TensorInfo;
  type: DataType;
}

/** One of the two checkpoints: its matrices, its vectors, and how their values are read. */
export interface Side {
  checkpoint: Interpreted;
  matrices: StoredMatrix[];
  vectors: StoredVector[];
  source: Report["source"];
}

/** Plans a side; no weights are read but those that say what tensors mean. */
export async function sideOf(raw: RawCheckpoint, signal?: AbortSignal): Promise<Side> {
  const checkpoint = await interpret(raw, signal);
  const { matrices, skipped, notes } = planMatrices(checkpoint, {});
  const inMatrices = new Set(matrices.map(({ tensor }) => tensor.name));
  const vectors: StoredVector[] = [];
  for (const tensor of checkpoint.tensors) {
    const type = checkpoint.dataType(tensor);
    if (
      inMatrices.has(tensor.name) ||
      type.integer ||
      tensor.parameters === 0 ||
      checkpoint.undecodable(tensor) !== null
    )
      continue;
    vectors.push({ name: tensor.name, rows: 1, columns: tensor.parameters, tensor, type });
  }
  return {
    checkpoint,
    matrices,
    vectors,
    source: {
      name: checkpoint.name.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, ""),
      format: checkpoint.format,
      byteLength: checkpoint.byteLength,
      parameters: weightsOf(checkpoint),
      matrices: matrices.length,
      skipped,
      notes,
    },
  };
}

/** Bits that are stored for a weight of the matrix, scales and all that belongs to it included. */
export function bitsOf({ checkpoint }: Side, { tensor, type }: StoredMatrix): number {
  const parts = checkpoint.assembled(tensor)?.parts;
  if (!parts) return (8 * type.bytesPerBlock) / type.elementsPerBlock;
  const stored = checkpoint.stored.tensors.filter(({ name }) => parts.includes(name));
  return (8 * stored.reduce((sum, { byteLength }) => sum + byteLength, 0)) / tensor.parameters;
}

/** Elements [first, last) of a vector, whole blocks of its type. */
export async function readElements(
  { checkpoint }: Side,
  { tensor, type }: StoredVector,
  range: { first: number; last: number },
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { first, last } = range;
  const at = (element: number): number => Math.ceil(element / type.elementsPerBlock) * type.bytesPerBlock;
  return decodeElements(type, await checkpoint.readBytes(tensor, at(first), at(last), signal), last - first);
}

/**
 * Reads rows of a matrix as they are analysed: turned where the file stores columns, in the authors' order where
 * llama.cpp has another.
 */
export function rowReader(
  { checkpoint }: Side,
  matrix: StoredMatrix,
  signal?: AbortSignal,
  otherFormat = false,
): ReadRows {
  const read: ReadRows = matrix.transposed ? turned(checkpoint, matrix, signal) : straight(checkpoint, matrix, signal);
  const heads =
    checkpoint.format === "gguf" && otherFormat ? reorderedHeads(checkpoint.metadata, matrix.role, matrix.rows) : 0;
  return heads > 0 ? inAuthorsOrder(read, matrix.rows, matrix.columns, heads) : read;
}

function straight(
  checkpoint: RawCheckpoint,
  { tensor, type, byteStart, rowBytes, columns }: StoredMatrix,
  signal?: AbortSignal,
): ReadRows {
  return async (first, last) =>
    decodeElements(
      type,
      await checkpoint.readBytes(tensor, byteStart + first * rowBytes, byteStart + last * rowBytes, signal),
      (last - first) * columns,
    );
}

/** Stored rows read together where a panel of their columns is wanted. */
const AT_ONCE = 64;

/** Rows of the matrix are columns of the file: of each stored row the blocks that hold them. */
function turned(
  checkpoint: RawCheckpoint,
  { tensor, type, byteStart, rowBytes, rows, columns }: StoredMatrix,
  signal?: AbortSignal,
): ReadRows {
  const each = type.elementsPerBlock;
  return async (first, last) => {
    const from = Math.floor(first / each) * each;
    const width = Math.min(rows, Math.ceil(last / each) * each) - from;
    const out = new Float32Array((last - first) * columns);
    if (width === rows)
      return transposed(
        await decodeElements(
          type,
          await checkpoint.readBytes(tensor, byteStart, byteStart + columns * rowBytes, signal),
          columns * rows,
        ),
        rows,
        columns,
      ).subarray(first * columns, last * columns);
    const offset = (from / each) * type.bytesPerBlock;
    const length = (width / each) * type.bytesPerBlock;
    for (let row = 0; row < columns; row += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, columns - row) }, async (_, k) => {
        const start = byteStart + (row + k) * rowBytes + offset;
        return decodeElements(type, await checkpoint.readBytes(tensor, start, start + length, signal), width);
      });
      (await Promise.all(batch)).forEach((values, k) => {
        for (let i = first; i < last; i++) out[(i - first) * columns + row + k] = values[i - from];
      });
    }
    return out;
  };
}

function transposed(stored: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(stored.length);
  for (let j = 0; j < columns; j++) for (let i = 0; i < rows; i++) out[i * columns + j] = stored[j * rows + i];
  return out;
}
