import { Random } from "../base/random.js";
import type { Machine } from "../kernels/machine.js";
import type { Matrix } from "../types.js";

/**
 * Orders of a matrix's columns that make neighbours alike, so that smooth functions of the column's number have a
 * chance: the order in which a checkpoint stores its columns is arbitrary (permuting the hidden units of a network
 * changes nothing it computes).
 */
export type Order = "leading" | "path";

/** Rounds of 2-opt at most; the models made here end after 5 to 12. */
const MAXIMUM_ROUNDS = 50;
/** Of a correlation in f32: an exchange must gain more, or equal sums would be exchanged for ever. */
const LEAST_GAIN = 1e-6;
const POWER_STEPS = 200;
/** Rows a panel: DOUBLE_STEPS of assembly/double-products.ts. */
const GRAM_STEPS = 128;
/** Change of the leading vector, squared, at which its order no longer matters. */
const SETTLED = 1e-24;

/**
 * The order of `columns` columns by their Gram matrix WᵀW, f64, of which the upper triangle is read, `stride` values a
 * row: column j of the ordered matrix is column order[j] of the stored one. No randomness: the same Gram matrix, the
 * same order; ties keep the stored order. O(columns²) a round, and columns² f32 beside the Gram matrix.
 *
 * - "leading": by the leading right singular vector, whose largest entry is positive, ascending.
 * - "path": from the longest column on always to the most alike (cosine) of those left, then 2-opt (Croes 1958) until
 *   no
 *   reversal of a stretch makes the sum over neighbours larger.
 *
 * @throws RangeError where a value of the Gram matrix is not finite.
 */
export function orderOfGram(gram: Float64Array, columns: number, kind: Order, stride: number = columns): Int32Array {
  const lengths = new Float64Array(columns);
  for (let i = 0; i < columns; i++) {
    lengths[i] = Math.sqrt(gram[i * stride + i]);
    if (!Number.isFinite(lengths[i]))
      throw new RangeError(`an order needs finite weights: those of column ${i} are not`);
  }
  if (kind === "leading") return ascending(leadingVector(gram, columns, stride));
  const alike = cosines(gram, lengths, stride);
  return twoOpt(alike, greedyPath(alike, columns, firstLargest(lengths)));
}

/** WᵀW with f64 products in the arena: its upper triangle at `pointer`, `side` f64 a row. Rows in one piece. */
export function columnGram(machine: Machine, { rows, columns, data }: Matrix): { pointer: number; side: number } {
  const side = Math.ceil(columns / 4) * 4;
  const pointer = machine.zeros64(side * side);
  machine.scope(() => {
    const weights = machine.copyFloat32(data);
    const panels = machine.allocate(side * GRAM_STEPS * 8);
    machine.exports.addDoubleGram(weights, rows, columns, columns, panels, pointer);
  });
  return { pointer, side };
}

/** The same from the weights. */
export function columnOrder(machine: Machine, matrix: Matrix, kind: Order): Int32Array {
  return machine.scope(() => {
    const { pointer, side } = columnGram(machine, matrix);
    return orderOfGram(machine.float64(pointer, side * side), matrix.columns, kind, side);
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

function firstLargest(values: Float64Array): number {
  let largest = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[largest]) largest = i;
  return largest;
}

function ascending(values: Float64Array): Int32Array {
  return Int32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
}

/**
 * The leading eigenvector by the power method, from the longest column of the Gram matrix; its largest entry positive.
 */
function leadingVector(gram: Float64Array, columns: number, stride: number): Float64Array {
  const at = (i: number, j: number): number => (i <= j ? gram[i * stride + j] : gram[j * stride + i]);
  const squares = Float64Array.from({ length: columns }, (_, i) => gram[i * stride + i]);
  const start = columns === 0 ? 0 : firstLargest(squares);
  let vector = unit(Float64Array.from({ length: columns }, (_, i) => at(start, i)));
  for (let step = 0; step < POWER_STEPS; step++) {
    const next = unit(symmetricProduct(gram, stride, vector));
    let change = 0;
    for (let i = 0; i < columns; i++) change += (next[i] - vector[i]) ** 2;
    vector = next;
    if (change <= SETTLED) break;
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
function symmetricProduct(gram: Float64Array, stride: number, x: Float64Array): Float64Array {
  const columns = x.length;
  const product = new Float64Array(columns);
  for (let i = 0; i < columns; i++) {
    const row = i * stride;
    const own = x[i];
    let sum = gram[row + i] * own;
    for (let j = i + 1; j < columns; j++) {
      const value = gram[row + j];
      sum += value * x[j];
      product[j] += value * own;
    }
    product[i] += sum;
  }
  return product;
}

/** Cosine of every pair of columns, 0 with a column of zeros; on the diagonal −2, less than any. */
function cosines(gram: Float64Array, lengths: Float64Array, stride: number): Float32Array {
  const columns = lengths.length;
  const alike = new Float32Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    for (let j = i + 1; j < columns; j++) {
      const cosine = lengths[i] === 0 || lengths[j] === 0 ? 0 : gram[i * stride + j] / lengths[i] / lengths[j];
      alike[i * columns + j] = cosine;
      alike[j * columns + i] = cosine;
    }
    alike[i * columns + i] = -2;
  }
  return alike;
}

function greedyPath(alike: Float32Array, columns: number, start: number): Int32Array {
  const path = new Int32Array(columns);
  const taken = new Uint8Array(columns);
  for (let step = 0, here = start; step < columns; step++) {
    path[step] = here;
    taken[here] = 1;
    const row = here * columns;
    let best = -3;
    for (let j = 0; j < columns; j++) {
      if (taken[j] === 0 && alike[row + j] > best) {
        best = alike[row + j];
        here = j;
      }
    }
  }
  return path;
}

/**
 * Reverses, from each place on, the stretch that gains most, until a whole round gains nothing. Changes and returns
 * `path`.
 */
function twoOpt(alike: Float32Array, path: Int32Array): Int32Array {
  const columns = path.length;
  for (let round = 0; round < MAXIMUM_ROUNDS; round++) {
    let gained = false;
    for (let i = 0; i < columns - 1; i++) {
      const end = bestReversal(alike, path, i);
      if (end === i) continue;
      path.subarray(i, end + 1).reverse();
      gained = true;
    }
    if (!gained) break;
  }
  return path;
}

/**
 * Where the stretch from `i` ends whose reversal gains most: edges before `i` and behind the end are exchanged for
 * their crossings.
 */
function bestReversal(alike: Float32Array, path: Int32Array, i: number): number {
  const columns = path.length;
  const own = path[i] * columns;
  const before = i > 0 ? path[i - 1] * columns : -1;
  const lost = before < 0 ? 0 : alike[before + path[i]];
  let best = LEAST_GAIN;
  let end = i;
  for (let j = i + 1; j < columns; j++) {
    const last = path[j];
    let gain = before < 0 ? 0 : alike[before + last] - lost;
    if (j + 1 < columns) gain += alike[own + path[j + 1]] - alike[last * columns + path[j + 1]];
    if (gain > best) {
      best = gain;
      end = j;
    }
  }
  return end;
}
