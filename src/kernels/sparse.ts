import { arrayKind, inShort } from "../base/arguments.js";
import type { SparseMatrix } from "../types.js";
import type { Machine } from "./machine.js";

/** Compressed sparse rows in a machine's arena (assembly/sparse.ts): u32 offsets and indices, f32 values. */
export interface PlacedSparse {
  rows: number;
  columns: number;
  offsets: number;
  indices: number;
  values: number;
}

/**
 * @throws RangeError for arrays that do not fit each other, indices out of range or not ascending within a row, values
 * not finite in 32 bits.
 */
export function checkSparse({ rows, columns, offsets, indices, values }: SparseMatrix): void {
  for (const [name, value] of [
    ["rows", rows],
    ["columns", columns],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
      throw new RangeError(`${name} must be a whole number from 0, not ${value}`);
  }
  for (const [name, array] of [
    ["offsets", offsets],
    ["indices", indices],
  ] as const) {
    if (arrayKind(array) !== "Uint32Array") throw new TypeError(`${name} must be a Uint32Array, not ${inShort(array)}`);
  }
  if (!/^Float(32|64)Array$/.test(arrayKind(values)))
    throw new TypeError(`values must be a Float32Array or a Float64Array, not ${inShort(values)}`);
  if (offsets.length !== rows + 1)
    throw new RangeError(`offsets has ${offsets.length} entries, not rows + 1 = ${rows + 1}`);
  if (indices.length !== values.length)
    throw new RangeError(`there are ${indices.length} indices and ${values.length} values`);
  if (offsets[0] !== 0 || offsets[rows] !== values.length)
    throw new RangeError(`offsets must run from 0 to the number of values, ${values.length}`);
  for (let i = 0; i < rows; i++) {
    if (offsets[i + 1] < offsets[i]) throw new RangeError(`offsets must not fall: row ${i}`);
    for (let k = offsets[i]; k < offsets[i + 1]; k++) {
      if (indices[k] >= columns) throw new RangeError(`row ${i} has index ${indices[k]} of ${columns} columns`);
      if (k > offsets[i] && indices[k] <= indices[k - 1]) throw new RangeError(`the indices of row ${i} must ascend`);
      if (!Number.isFinite(Math.fround(values[k])))
        throw new RangeError(`weights must be finite in 32 bits: row ${i}, column ${indices[k]} is ${values[k]}`);
    }
  }
}

/** Wᵀ, its indices ascending. */
export function transpose({ rows, columns, offsets, indices, values }: SparseMatrix): SparseMatrix {
  const starts = new Uint32Array(columns + 1);
  for (const j of indices) starts[j + 1]++;
  for (let j = 0; j < columns; j++) starts[j + 1] += starts[j];
  const next = starts.slice(0, columns);
  const across = new Uint32Array(indices.length);
  const moved =
    arrayKind(values) === "Float32Array" ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let k = offsets[i]; k < offsets[i + 1]; k++) {
      const at = next[indices[k]]++;
      across[at] = i;
      moved[at] = values[k];
    }
  }
  return { rows: columns, columns: rows, offsets: starts, indices: across, values: moved };
}

/** Copies into the arena; values times `scale`, in f32. */
export function placeSparse(
  machine: Machine,
  { rows, columns, offsets, indices, values }: SparseMatrix,
  scale: number,
): PlacedSparse {
  const placed = {
    rows,
    columns,
    offsets: machine.copyUint32(offsets),
    indices: machine.copyUint32(indices),
    values: machine.allocate(values.length * 4),
  };
  const target = machine.float32(placed.values, values.length);
  for (let k = 0; k < values.length; k++) target[k] = Math.fround(values[k]) * scale;
  return placed;
}

/** Σ of squares, in f64, of the values as f32. */
export function squaredNorm(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += Math.fround(values[k]) ** 2;
  return sum;
}

/** ‖WᵀW‖², row by row; about Σ (values in a row of W)² multiplications. */
export function gramSquares(machine: Machine, w: PlacedSparse, across: PlacedSparse): number {
  const sum = machine.zeros64(w.columns);
  return machine.exports.productSquares(
    0,
    w.columns,
    across.offsets,
    across.indices,
    across.values,
    w.offsets,
    w.indices,
    w.values,
    w.columns,
    sum,
    0,
    0,
  );
}
