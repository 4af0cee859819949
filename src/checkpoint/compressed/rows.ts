import { gaussianBasis, reconstruct } from "../../gaussians/uniform.js";
import { loadMachine } from "../../kernels/load-machine.js";
import type { Machine } from "../../kernels/machine.js";
import { addProduct } from "../../kernels/products.js";
import { type Factors, factoredShape } from "./factors.js";
import type { ReplacedTensor } from "./metadata.js";

/** Rows that a product takes at once. */
const BLOCK_ROWS = 64;

/**
 * Rows [first, last) of the matrix that factors stand for, as the original has them: sums in f64 over ascending
 * directions or Gaussians, rounded once to f32 (docs/method.md §9).
 */
export async function restoredRows(
  entry: ReplacedTensor,
  factors: Factors,
  first: number,
  last: number,
): Promise<Float32Array> {
  const machine = await loadMachine();
  if (factors.method === "gaussian") return gaussianRows(machine, entry, factors, first, last);
  const { rows, columns } = factoredShape(entry);
  const { left, right } = factors;
  const { kept, transposed } = entry;
  // By directions, each side is stored as the other is: a turned matrix has them change places.
  const [across, height, along, width] = transposed ? [right, columns, left, rows] : [left, rows, right, columns];
  const values = new Float32Array((last - first) * width);
  machine.scope(() => {
    const b = machine.copyFloat32(along);
    const a = machine.allocate(kept * BLOCK_ROWS * 4);
    const c = machine.allocate(BLOCK_ROWS * width * 8);
    const rounded = machine.allocate(BLOCK_ROWS * width * 4);
    for (let row = first; row < last; row += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, last - row);
      const block = machine.float32(a, kept * BLOCK_ROWS);
      for (let k = 0; k < kept; k++)
        block.set(across.subarray(k * height + row, k * height + row + count), k * BLOCK_ROWS);
      machine.bytes(c, count * width * 8).fill(0);
      addProduct(machine, {
        a,
        rowStep: 1,
        innerStep: BLOCK_ROWS,
        rows: count,
        inner: kept,
        b,
        strideB: width,
        columns: width,
        c,
        strideC: width,
      });
      machine.exports.roundValues(c, count * width, rounded);
      values.set(machine.float32(rounded, count * width), (row - first) * width);
    }
  });
  return values;
}

/** The same of Gaussians. Columns of a turned matrix come of all its rows, block by block. */
function gaussianRows(
  machine: Machine,
  entry: ReplacedTensor,
  factors: Factors & { method: "gaussian" },
  first: number,
  last: number,
): Float32Array {
  const { rows, columns } = factoredShape(entry);
  const { kept, width, transposed } = entry;
  const { amplitudes, order } = factors;
  const basis = gaussianBasis(columns, kept, width!);
  const block = (from: number, to: number): Float32Array => {
    const values = reconstruct(machine, {
      basis,
      rows: to - from,
      amplitudes: amplitudes.subarray(from * kept, to * kept),
    });
    return order === null ? values : unordered(values, columns, order);
  };
  if (!transposed) return block(first, last);
  const values = new Float32Array((last - first) * rows);
  for (let row = 0; row < rows; row += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - row);
    const part = block(row, row + count);
    for (let i = 0; i < count; i++) {
      for (let j = first; j < last; j++) values[(j - first) * rows + row + i] = part[i * columns + j];
    }
  }
  return values;
}

/** Column j of the ordered matrix back in its place, order[j]. */
function unordered(values: Float32Array, columns: number, order: Int32Array): Float32Array {
  const back = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += columns) {
    for (let j = 0; j < columns; j++) back[row + order[j]] = values[row + j];
  }
  return back;
}
