import type { LocalFile } from "../host/contract.js";
import type { TensorInfo } from "../types.js";
import type { DataType } from "./dtypes.js";
import { meaningOf, otherRole } from "./names.js";
import { asStored, type Orientation, orientationOf } from "./orientation.js";
import type { Interpreted } from "./views/interpreted.js";

/** One matrix of a checkpoint: a tensor, a slice of one, or put together from several. Plain data. */
export interface CheckpointMatrix {
  name: string;
  /** The whole name before the layer number. */
  stack: string | null;
  layer: number | null;
  role: string | null;
  /** Of the tensor it is, or is a slice of. */
  tensor: TensorInfo;
  type: DataType;
  /** As stored. */
  shape: number[];
  /** After transposing. */
  rows: number;
  columns: number;
  transposed: boolean;
  /** Bytes of the tensor before this slice, of a stored row, and of the whole. */
  byteStart: number;
  rowBytes: number;
  byteLength: number;
  /** Where it begins in a file that every thread may read. */
  file: LocalFile | null;
  /** Whether all its singular values are described: an analysis says so. Here, so that none grows after it is made. */
  spectrum: boolean;
}

/** Which matrices are transposed: those that names and shapes give away, none, or those of these names. */
export type Transposition = "auto" | "none" | RegExp;

/** The matrices of a checkpoint in the order of its tensors, and what of it is none. */
export interface CheckpointMatrices {
  matrices: CheckpointMatrix[];
  /** What is no matrix, with the weights that it holds all the same (vectors, what cannot be dequantised). */
  skipped: { name: string; reason: string; weights: number }[];
  notes: string[];
}

/** Names of tensors that hold one matrix for each expert. */
const EXPERTS = /(?:^|[._/])(?:experts?|switch_mlp|moe|block_sparse_moe|\w+_exps)(?=[._/]|$)/;
/** Maps to several heads: DenseGeneral keeps inputs first, then heads. */
const TO_HEADS = /(?:^|[./])(?:query|key|value|q|k|v|q_proj|k_proj|v_proj)[./]kernel$/;

/** Matrices that one tensor is cut into: five times the experts of all layers of the largest models. */
const MAXIMUM_SLICES = 100_000;

interface Slice {
  suffix: string;
  rows: number;
  columns: number;
}

const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/**
 * Stored rows × columns of each matrix in a tensor, with the suffix of its name (docs/method.md §1); null where a shape
 * claims more of them than are worth making.
 */
function slicesOf({ name, shape }: TensorInfo, whole: boolean, kernel: boolean): Slice[] | null {
  const [rows, columns] = shape.slice(-2);
  if (shape.length < 3) return [{ suffix: "", rows, columns }];
  if (!whole && !EXPERTS.test(name)) {
    // A kernel's outputs come last, all of them.
    const inputs = kernel ? (TO_HEADS.test(name) ? 1 : shape.length - 1) : 1;
    return [{ suffix: "", rows: product(shape.slice(0, inputs)), columns: product(shape.slice(inputs)) }];
  }
  const outer = shape.slice(0, -2);
  if (product(outer) > MAXIMUM_SLICES) return null;
  return Array.from({ length: product(outer) }, (_, index) => {
    const at = outer.map((length, axis) => Math.floor(index / product(outer.slice(axis + 1))) % length);
    return { suffix: `[${at.join(",")}]`, rows, columns };
  });
}

function reasonToSkip(
  checkpoint: Interpreted,
  tensor: TensorInfo,
  type: DataType,
  slices: Slice[] | null,
): string | null {
  if (type.integer) return `integers (${tensor.dtype})`;
  if (tensor.parameters === 0) return "empty";
  if (tensor.shape.length === 0) return "scalar";
  if (tensor.shape.length === 1) return "vector";
  if (slices === null) return `more than ${MAXIMUM_SLICES} matrices`;
  const [{ rows, columns }] = slices;
  if (rows === 1 || columns === 1) return "a single row or column";
  return checkpoint.undecodable(tensor);
}

/** All matrices of a checkpoint, and all that is none, in the order of its tensors. */
export function matricesOf(checkpoint: Interpreted, transpose: Transposition = "auto"): CheckpointMatrices {
  const found: CheckpointMatrices = { matrices: [], skipped: [], notes: [...checkpoint.notes] };
  const orientation =
    transpose === "auto" && checkpoint.format !== "gguf" ? orientationOf(checkpoint.tensors) : asStored;
  const assembled = new Map(
    checkpoint.tensors.flatMap((tensor) => {
      const parts = checkpoint.assembled(tensor)?.parts;
      return parts ? [[parts[0], tensor] as const] : [];
    }),
  );
  const copies = new Map<string, string>();
  const oneCopy: OneCopy = (text) => {
    if (text !== null && !copies.has(text)) copies.set(text, text);
    return text === null ? null : copies.get(text)!;
  };
  for (const stored of checkpoint.stored.tensors) {
    const aside = checkpoint.asides.get(stored.name);
    if (aside) {
      found.skipped.push({ name: stored.name, reason: aside.reason, weights: aside.weights ?? 0 });
      continue;
    }
    const tensor = assembled.get(stored.name) ?? stored;
    const type = checkpoint.dataType(tensor);
    const slices = slicesOf(tensor, assembled.has(stored.name), orientation.reason(tensor) !== null);
    const reason = slices?.length === 0 ? "empty" : reasonToSkip(checkpoint, tensor, type, slices);
    if (reason !== null)
      found.skipped.push({ name: tensor.name, reason, weights: type.integer ? 0 : tensor.parameters });
    else {
      const file = checkpoint.localFile(tensor);
      for (const matrix of matricesIn({ tensor, type, file, oneCopy }, slices!, transpose, orientation))
        found.matrices.push(matrix);
    }
  }
  const note = turnedNote(found.matrices, orientation);
  if (note !== null) found.notes.push(note);
  return found;
}

/** The same text as one string: of 100,000 matrices the copies count. */
type OneCopy = (text: string | null) => string | null;

function matricesIn(
  { tensor, type, file, oneCopy }: Pick<CheckpointMatrix, "tensor" | "type" | "file"> & { oneCopy: OneCopy },
  slices: Slice[],
  transpose: Transposition,
  orientation: Orientation,
): CheckpointMatrix[] {
  const { stack, layer, role: known } = meaningOf(tensor.name);
  // Nothing inside a block falls out of the tables by role.
  const role = known ?? (layer === null ? null : otherRole(tensor.name));
  const place = { stack: oneCopy(stack), layer, role: oneCopy(role) };
  const turned = orientation.reason(tensor) !== null;
  let byteStart = 0;
  return slices.map(({ suffix, rows, columns }) => {
    const name = tensor.name + suffix;
    const rowBytes = (columns / type.elementsPerBlock) * type.bytesPerBlock;
    const transposed = transpose instanceof RegExp ? matches(transpose, name) : turned;
    const matrix: CheckpointMatrix = {
      name,
      ...place,
      tensor,
      type,
      shape: suffix === "" ? tensor.shape : [rows, columns],
      rows: transposed ? columns : rows,
      columns: transposed ? rows : columns,
      transposed,
      byteStart,
      rowBytes,
      byteLength: rows * rowBytes,
      file: file && { ...file, start: file.start + byteStart },
      spectrum: false,
    };
    byteStart += matrix.byteLength;
    return matrix;
  });
}

/** Whether a pattern is in a name, a global one too. */
export function matches(pattern: RegExp, name: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(name);
}

function turnedNote(matrices: readonly CheckpointMatrix[], orientation: Orientation): string | null {
  const reasons = new Set<string>();
  let count = 0;
  for (const { tensor } of matrices) {
    const reason = orientation.reason(tensor);
    if (reason === null) continue;
    reasons.add(reason);
    count++;
  }
  if (count === 0) return null;
  const [first, ...others] = reasons;
  const why =
    others.length === 0 ? first : `${first} and ${others.length} other reason${others.length === 1 ? "" : "s"}`;
  const verb = count === 1 ? "matrix is stored inputs × outputs and" : "matrices are stored inputs × outputs and";
  return `${count} ${verb} turned, as ${why} shows; --transpose none leaves them as stored`;
}
