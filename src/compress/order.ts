import type { Slices } from "../base/chunks.js";
import { Random } from "../base/random.js";
import { atOnce } from "../kernels/eigenvalues.js";
import type { Machine } from "../kernels/machine.js";
import type { Matrix } from "../types.js";
import { columnPath, firstLargest, visitRows } from "./column-path.js";

/**
 * Orders of a matrix's columns that make neighbours alike, so that smooth functions of the column's number have a
 * chance: the order in which a checkpoint stores its columns is arbitrary (permuting the hidden units of a network
 * changes nothing it computes).
 */
export type Order = "leading" | "path";

const POWER_STEPS = 200;
/** Rows a panel: DOUBLE_STEPS of assembly/double-products.ts. */
const GRAM_STEPS = 128;
/** Change of the leading vector, squared, at which its order no longer matters. */
const SETTLED = 1e-24;
/** Products that a slice of a Gram matrix takes: some ten milliseconds. */
const SLICE_PRODUCTS = 1 << 25;

/**
 * The order of `columns` columns by their Gram matrix WᵀW, f64, of which the upper triangle is read, `stride` values
 * a row: column j of the ordered matrix is column order[j] of the stored one. No randomness: the same Gram matrix, the
 * same order; ties keep the stored order. O(columns²) a round, and columns² f32 beside the Gram matrix.
 *
 * - "leading": by the leading right singular vector, whose largest entry is positive, ascending.
 * - "path": from the longest column on always to the most alike (cosine) of those left, then 2-opt (Croes 1958) until
 *   no reversal of a stretch makes the sum over neighbours larger.
 *
 * @param gramOf the Gram matrix, asked for anew in each slice: memory that grows meanwhile moves it
 * @throws RangeError where a value of the Gram matrix is not finite.
 */
export function* orderInSlices(
  gramOf: () => Float64Array,
  columns: number,
  kind: Order,
  stride: number = columns,
): Slices<Int32Array> {
  const lengths = new Float64Array(columns);
  const gram = gramOf();
  for (let i = 0; i < columns; i++) {
    lengths[i] = Math.sqrt(gram[i * stride + i]);
    if (!Number.isFinite(lengths[i]))
      throw new RangeError(`an order needs finite weights: those of column ${i} are not`);
  }
  if (kind === "leading") return ascending(yield* leadingVector(gramOf, columns, stride));
  return yield* columnPath(gramOf, lengths, stride);
}

/** WᵀW with f64 products in the arena: its upper triangle at `pointer`, `side` f64 a row. Rows in one piece. */
export function* columnGramInSlices(
  machine: Machine,
  { rows, columns, data }: Matrix,
): Slices<{ pointer: number; side: number }> {
  const side = Math.ceil(columns / 4) * 4;
  const pointer = machine.zeros64(side * side);
  const marked = machine.exports.mark();
  const weights = machine.copyFloat32(data);
  const panels = machine.allocate(side * GRAM_STEPS * 8);
  // Panels begin where they would in one call: the same bits.
  const each = GRAM_STEPS * Math.max(1, Math.floor(SLICE_PRODUCTS / GRAM_STEPS / Math.max(1, columns * columns)));
  for (let row = 0; row < rows; row += each) {
    const some = Math.min(each, rows - row);
    machine.exports.addDoubleGram(weights + row * columns * 4, some, columns, columns, panels, pointer);
    yield;
  }
  machine.exports.release(marked);
  return { pointer, side };
}

/** The same from the weights. */
export function columnOrder(machine: Machine, matrix: Matrix, kind: Order): Int32Array {
  return machine.scope(() => {
    const { pointer, side } = atOnce(columnGramInSlices(machine, matrix));
    return atOnce(orderInSlices(() => machine.float64(pointer, side * side), matrix.columns, kind, side));
  });
}

/** The columns of `weights` in an order. */
export function orderedColumns({ rows, columns, data }: Matrix, order: Int32Array): Matrix {
  const ordered = new Float32Array(rows * columns);
  for (let at = 0; at < ordered.length; at += columns) {
    for (let j = 0; j < columns; j++) ordered[at + j] = data[at + order[j]];
  }
  return { rows, columns, data: ordered };
}

/**
 * The null of an order: a copy whose entries are shuffled within each row, seeded. What a search finds in it, it found
 * in chance.
 */
export function shuffledWithinRows({ rows, columns, data }: Matrix, seed: number): Matrix {
  const random = new Random(seed);
  const shuffled = data.slice();
  for (let row = 0; row < rows; row++) random.shuffle(shuffled.subarray(row * columns, (row + 1) * columns));
  return { rows, columns, data: shuffled };
}

function ascending(values: Float64Array): Int32Array {
  return Int32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
}

/**
 * The leading eigenvector by the power method, from the longest column of the Gram matrix; its largest entry positive.
 */
function* leadingVector(gramOf: () => Float64Array, columns: number, stride: number): Slices<Float64Array> {
  const gram = gramOf();
  const at = (i: number, j: number): number => (i <= j ? gram[i * stride + j] : gram[j * stride + i]);
  const squares = Float64Array.from({ length: columns }, (_, i) => gram[i * stride + i]);
  const start = columns === 0 ? 0 : firstLargest(squares);
  let vector = unit(Float64Array.from({ length: columns }, (_, i) => at(start, i)));
  for (let step = 0; step < POWER_STEPS; step++) {
    const next = unit(yield* symmetricProduct(gramOf, stride, vector));
    let change = 0;
    for (let i = 0; i < columns; i++) change += (next[i] - vector[i]) ** 2;
    vector = next;
    if (change <= SETTLED) break;
    yield;
  }
  const magnitudes = vector.map(Math.abs);
  return columns > 0 && vector[firstLargest(magnitudes)] < 0 ? vector.map((x) => -x) : vector;
}

/** Scaled to length 1, by its largest entry first, so that no square leaves the range of f64; zeros stay zeros. */
function unit(vector: Float64Array): Float64Array {
  let largest = 0;
  for (const x of vector) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return vector;
  let squares = 0;
  for (const x of vector) squares += (x / largest) ** 2;
  const length = Math.sqrt(squares);
  return vector.map((x) => x / largest / length);
}

/** G x from the upper triangle, row by row. */
function* symmetricProduct(gramOf: () => Float64Array, stride: number, x: Float64Array): Slices<Float64Array> {
  const columns = x.length;
  const product = new Float64Array(columns);
  yield* visitRows(gramOf, columns, (gram, i) => {
    const row = i * stride;
    const own = x[i];
    let sum = gram[row + i] * own;
    for (let j = i + 1; j < columns; j++) {
      const value = gram[row + j];
      sum += value * x[j];
      product[j] += value * own;
    }
    product[i] += sum;
  });
  return product;
}
