import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import type { DataType } from "../checkpoint/dtypes.js";
import { layerOf, roleOf } from "../checkpoint/names.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { TensorInfo } from "../types.js";

export interface CheckpointPlan {
  matrices: StoredMatrix[];
  skipped: { name: string; reason: string }[];
  /** Weights of the tensors the filters keep that are in no matrix. */
  otherParameters: number;
}

/** From this many rows and columns on, the last two dimensions of a stack are matrices of their own. */
const SLICE = 32;

/** Stored rows × columns of each matrix in a tensor, with the suffix of its name (docs/method.md §1). */
function slices(shape: readonly number[]): { suffix: string; rows: number; columns: number }[] {
  const [rows, columns] = shape.slice(-2);
  if (shape.length < 3) return [{ suffix: "", rows, columns }];
  if (rows < SLICE || columns < SLICE)
    return [{ suffix: "", rows: shape[0], columns: shape.slice(1).reduce((a, b) => a * b, 1) }];
  const outer = shape.slice(0, -2);
  const count = outer.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, index) => {
    const at = outer.map(
      (_, axis) => Math.floor(index / outer.slice(axis + 1).reduce((a, b) => a * b, 1)) % outer[axis],
    );
    return { suffix: `[${at.join(",")}]`, rows, columns };
  });
}

function reasonToSkip(checkpoint: RawCheckpoint, tensor: TensorInfo, type: DataType): string | null {
  if (type.integer) return `integers (${tensor.dtype})`;
  if (tensor.parameters === 0) return "empty";
  if (tensor.shape.length === 0) return "scalar";
  if (tensor.shape.length === 1) return "vector";
  const [{ rows, columns }] = slices(tensor.shape);
  if (rows === 1 || columns === 1) return "a single row or column";
  return checkpoint.undecodable(tensor);
}

/** Matrices in the order of the checkpoint; `include` and `exclude` choose tensors by name, and slices by theirs. */
export function planMatrices(
  checkpoint: RawCheckpoint,
  filter: { include?: RegExp; exclude?: RegExp; transpose?: RegExp },
): CheckpointPlan {
  const plan: CheckpointPlan = { matrices: [], skipped: [], otherParameters: 0 };
  const matches = (pattern: RegExp, name: string): boolean => {
    pattern.lastIndex = 0;
    return pattern.test(name);
  };
  const kept = (name: string): boolean =>
    (!filter.include || matches(filter.include, name)) && !(filter.exclude && matches(filter.exclude, name));
  for (const tensor of checkpoint.tensors) {
    const type = checkpoint.dataType(tensor);
    const reason = reasonToSkip(checkpoint, tensor, type);
    if (reason !== null) {
      if (!kept(tensor.name)) continue;
      plan.skipped.push({ name: tensor.name, reason });
      if (!type.integer) plan.otherParameters += tensor.parameters;
      continue;
    }
    const file = checkpoint.localFile(tensor);
    let byteStart = 0;
    for (const { suffix, rows, columns } of slices(tensor.shape)) {
      const name = tensor.name + suffix;
      const rowBytes = (columns / type.elementsPerBlock) * type.bytesPerBlock;
      const byteLength = rows * rowBytes;
      if (kept(name)) {
        const transposed = filter.transpose !== undefined && matches(filter.transpose, name);
        plan.matrices.push({
          name,
          layer: layerOf(tensor.name),
          role: roleOf(tensor.name),
          tensor,
          type,
          shape: suffix === "" ? tensor.shape : [rows, columns],
          rows: transposed ? columns : rows,
          columns: transposed ? rows : columns,
          transposed,
          byteStart,
          file: file && { ...file, start: file.start + byteStart },
          rowBytes,
          byteLength,
        });
      }
      byteStart += byteLength;
    }
  }
  return plan;
}
