import { eigenvectors } from "../kernels/eigenvectors.js";
import type { Machine } from "../kernels/machine.js";
import { PackedFactor } from "../kernels/panels.js";

/** Steps of a panel of assembly/double-products.ts. */
const DOUBLE_STEPS = 128;

/** A tall f32 matrix in the arena, `stride` values from row to row; its columns are a multiple of 8. */
export interface Columns {
  pointer: number;
  rows: number;
  columns: number;
  stride: number;
}

/**
 * Makes the columns of a block orthonormal, from the eigenvectors of their products in f64. Directions whose squared
 * length is up to `least` of the largest, of columns of equal length, become zero; or, of columns that are `unit`
 * vectors or what is left of them, up to `least`. They are the last ones. Gives how many are kept, and the smallest
 * squared length of those.
 */
export function normaliseColumns(
  machine: Machine,
  block: Columns,
  least: number,
  unit: boolean,
): { kept: number; least: number } {
  const { pointer, rows, columns, stride } = block;
  const panels = machine.allocate(columns * DOUBLE_STEPS * 8);
  const gram = machine.zeros64(columns * columns);
  machine.exports.addDoubleGram(pointer, rows, columns, stride, panels, gram);
  const entries = machine.float64(gram, columns * columns);
  const squares = Array.from({ length: columns }, (_, k) => entries[k * columns + k]);
  const scale = squares.map((square) => (unit ? 1 : square > 0 ? 1 / Math.sqrt(square) : 0));
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) entries[i * columns + j] *= scale[i] * scale[j];
  }
  const { values, vectors } = eigenvectors(machine, gram, columns, columns, () => columns);
  const found = machine.float64(vectors, columns * columns);
  const factors = new Float32Array(columns * columns);
  const limit = unit ? least : least * values[0];
  let kept = 0;
  for (let j = 0; j < columns && values[j] > limit; j++) {
    kept++;
    const by = 1 / Math.sqrt(values[j]);
    for (let k = 0; k < columns; k++) factors[k * columns + j] = scale[k] * found[j * columns + k] * by;
  }
  const packed = new PackedFactor(machine, columns, columns);
  packed.pack(machine.copyFloat32(factors), columns);
  packed.multiply({ a: pointer, rows, stride, out: pointer, strideOut: stride, sign: 1 });
  return { kept, least: kept > 0 ? values[kept - 1] : 0 };
}
