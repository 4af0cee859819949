import { arrayKind, inShort } from "../base/arguments.js";
import type { Slices } from "../base/chunks.js";
import { scaleFor } from "../base/powers-of-two.js";
import type { Matrix } from "../types.js";
import { addToGram, createGram, DOUBLE_GRAM, finishGram } from "./gram.js";
import type { Machine } from "./machine.js";

/** A dense matrix in a machine's arena: rows at `stride` f32 values, zeros between the last column and it. */
export interface PlacedMatrix {
  rows: number;
  columns: number;
  stride: number;
  pointer: number;
  /** Moments of assembly/reduce.ts; three f64 a row: Σx, Σx², largest |x|. */
  moments: number;
  rowSums: number;
  /** The largest |x|; Infinity where a value is not finite. */
  largest: number;
}

/** Bytes of the record `Moments` (assembly/moments.ts): ten float64. */
export const MOMENTS_BYTES = 80;
/** Bytes past what they are given that kernels may read: decoders look up to 15 values past the end. */
export const SLACK_BYTES = 128;
/** Bytes of a row's sums: three float64. */
export const ROW_SUMS_BYTES = 24;

/** Elements from one row to the next in the kernels' memory: whole vectors of four f32. */
export const strideOf = (columns: number): number => Math.ceil(columns / 4) * 4;

/** Of any realm. */
export const isFloats = (data: unknown): data is Float32Array | Float64Array =>
  /^Float(32|64)Array$/.test(arrayKind(data));

/** @throws RangeError unless `data.length` is rows × columns, both whole and not negative. */
export function checkMatrix({ rows, columns, data }: Matrix): void {
  if (!Number.isInteger(rows) || rows < 0) throw new RangeError(`rows must be a whole number from 0, not ${rows}`);
  if (!Number.isInteger(columns) || columns < 0)
    throw new RangeError(`columns must be a whole number from 0, not ${columns}`);
  if (!isFloats(data)) throw new TypeError(`data must be a Float32Array or a Float64Array, not ${inShort(data)}`);
  if (data.length !== rows * columns)
    throw new RangeError(`data has ${data.length} values, not rows × columns = ${rows} × ${columns}`);
}

function copyRows(machine: Machine, { rows, columns, data }: Matrix, pointer: number, stride: number): void {
  const target = machine.float32(pointer, rows * stride);
  if (stride === columns) return target.set(data);
  target.fill(0);
  for (let i = 0; i < rows; i++) target.set(data.subarray(i * columns, (i + 1) * columns), i * stride);
}

/**
 * Copies a matrix into the arena and takes its moments. Without `finite` the weights may be anything.
 * @throws RangeError naming the first weight that is NaN or infinite (in f32), where `finite` is asked for.
 */
export function placeMatrix(machine: Machine, matrix: Matrix, finite: boolean): PlacedMatrix {
  checkMatrix(matrix);
  const { rows, columns } = matrix;
  const stride = strideOf(columns);
  const pointer = machine.allocate(rows * stride * 4);
  copyRows(machine, matrix, pointer, stride);
  const moments = machine.zeros64(MOMENTS_BYTES / 8);
  const rowSums = machine.allocate(rows * ROW_SUMS_BYTES);
  machine.exports.startMoments(moments, pointer, rows > 0 ? columns : 0);
  machine.exports.addMoments(moments, pointer, rows, columns, stride, rowSums);
  let largest = 0;
  const sums = machine.float64(rowSums, rows * 3);
  for (let i = 0; i < rows; i++) {
    if (sums[3 * i + 2] === Infinity && finite) throw notFinite(matrix, i);
    largest = Math.max(largest, sums[3 * i + 2]);
  }
  return { rows, columns, stride, pointer, moments, rowSums, largest };
}

function notFinite({ columns, data }: Matrix, row: number): RangeError {
  const column = data
    .subarray(row * columns, (row + 1) * columns)
    .findIndex((value: number) => !Number.isFinite(Math.fround(value)));
  return new RangeError(
    `weights must be finite in 32 bits: row ${row}, column ${column} is ${data[row * columns + column]}`,
  );
}

/**
 * Multiplies a placed matrix by the power of two that lets f32 sum its squares, and says which. Its moments stay as
 * they were.
 */
export function scalePlaced(machine: Machine, { pointer, rows, stride, largest }: PlacedMatrix): number {
  const scale = scaleFor(largest);
  if (scale !== 1) machine.exports.scaleValues(rows * stride, pointer, scale);
  return scale;
}

/**
 * Smaller sides up to this have Gram matrices with f64 products; beyond, f32 are twice as fast and their error is
 * bounded.
 */
const DOUBLE_SIDE = 512;
/**
 * Of entry (i, j), in units of |wᵢ|ᵀ|wⱼ|: f32 lanes round a product and at most 63 sums before they join f64
 * (assembly/product.ts).
 */
const SINGLE_ERROR = 65 * 2 ** -24;

/** Columns of a panel of assembly/product.ts; two of assembly/double-products.ts. */
const PANEL_STEPS = 256;

/** A Gram matrix: `side` × `side` f64 at `pointer`, zeros past its order; its upper triangle. */
export interface Gram {
  pointer: number;
  side: number;
  /**
   * ‖computed - true‖ and the traces' difference are at most this share of the trace; 0 where products and sums are
   * f64.
   */
  error: number;
}

/** The Gram matrix of the smaller side, with f64 products where that is small or they are asked for; in slices. */
export function* gramOfSmallerSide(
  machine: Machine,
  placed: Pick<PlacedMatrix, "rows" | "columns" | "stride" | "pointer">,
  exact = false,
): Slices<Gram> {
  const { rows, columns, stride, pointer } = placed;
  const { exports } = machine;
  const double = exact || Math.min(rows, columns) <= DOUBLE_SIDE;
  const error = double ? 0 : SINGLE_ERROR;
  if (columns <= rows) {
    const gram = yield* createGram(machine, columns, double ? DOUBLE_GRAM : 0);
    if (gram === 0) throw new RangeError(`out of memory: the Gram matrix of ${columns} columns does not fit`);
    yield* addToGram(machine, gram, pointer, rows, stride);
    yield* finishGram(machine, gram);
    return { pointer: exports.gramTotal(gram) >>> 0, side: exports.gramSide(gram), error };
  }
  const side = Math.ceil(rows / 8) * 8;
  const total = machine.zeros64(side * side);
  const panels = machine.allocate(side * 256 * 4);
  const multiply = double ? exports.addDoubleRowProducts : exports.addRowProducts;
  // Entries go on from what they hold, panel by panel: where calls end changes no bit.
  const each = PANEL_STEPS * Math.ceil(2 ** 20 / (rows + 64) ** 2);
  for (let first = 0; first < columns; first += each) {
    const from = pointer + first * 4;
    multiply(from, rows, from, rows, Math.min(each, columns - first), stride, panels, total, side);
    yield;
  }
  return { pointer: total, side, error };
}

/** Trace and Σ of all squares of a symmetric matrix of even order, f64 at `pointer`, from its upper triangle. */
export function symmetricSums(machine: Machine, pointer: number, order: number): [trace: number, squares: number] {
  return machine.scope(() => {
    const out = machine.zeros64(2);
    machine.exports.symmetricSums(pointer, order, out);
    const [trace, squares] = machine.float64(out, 2);
    return [trace, squares];
  });
}
