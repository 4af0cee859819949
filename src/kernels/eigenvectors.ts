import { atOnce } from "./eigenvalues.js";
import type { Machine } from "./machine.js";
import { SIDE, type Tridiagonal, tridiagonalInSlices } from "./reduction.js";

/** Eigenvalues no further apart than this share of the largest have their vectors taken out of each other. */
const CLOSE = 1e-7;
const TRIDIAGONAL_BYTES = 32;
/** Vectors of the tridiagonal matrix between two yields. */
const VECTORS_A_SLICE = 32;
/** Share of the work that is done when the values are known. */
const VALUES_SHARE = 0.4;

/** Eigenvalues and eigenvectors of a symmetric matrix. */
export interface Eigenvectors {
  /** All of them, largest first. */
  values: Float64Array;
  /** Pointer to count × order f64: row k is the unit eigenvector of `values[k]`, of either sign. */
  vectors: number;
  count: number;
}

/**
 * All eigenvalues of a symmetric matrix, and as many eigenvectors, of the largest first, as `count` asks for when it
 * knows the values. Of `order` × `order` f64 at `stride` values a row only the upper triangle is read, and the matrix
 * is destroyed. The vectors stay in the arena, nothing else: orthonormal and with residuals of some order · 2⁻⁵² of the
 * largest eigenvalue, but those of eigenvalues 1e-7 of it apart, whose angle is right to 1e-8. Some order² / 2 f64 of
 * reflectors come on top meanwhile.
 * @throws RangeError where memory ends, or entries are not finite.
 */
export function* eigenvectorsInSlices(
  machine: Machine,
  pointer: number,
  order: number,
  stride: number,
  count: (values: Float64Array) => number,
): Generator<number, Eigenvectors, void> {
  const { exports } = machine;
  const marked = exports.mark();
  let kept = false;
  try {
    const tridiagonal = yield* shareOf(
      tridiagonalInSlices(machine, { pointer, order, stride, keep: true }),
      0,
      VALUES_SHARE,
    );
    const asked = Math.max(0, Math.min(order, count(tridiagonal.values)));
    const from =
      tridiagonal.reduction === 0
        ? unitVectors(machine, order, asked)
        : yield* shareOf(turnedVectors(machine, tridiagonal, order, asked), VALUES_SHARE, 1);
    exports.release(marked);
    // Whatever lay below is free now: the vectors go there. The memory was theirs all along.
    const vectors = machine.allocate(asked * order * 8);
    machine.bytes(0, from + asked * order * 8).copyWithin(vectors, from, from + asked * order * 8);
    kept = true;
    return { values: tridiagonal.values, vectors, count: asked };
  } finally {
    if (!kept) exports.release(marked);
  }
}

/** The same at once. */
export const eigenvectors = (
  machine: Machine,
  pointer: number,
  order: number,
  stride: number,
  count: (values: Float64Array) => number,
): Eigenvectors => atOnce(eigenvectorsInSlices(machine, pointer, order, stride, count));

function* shareOf<T>(slices: Generator<number, T, void>, from: number, to: number): Generator<number, T, void> {
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
    yield from + (to - from) * slice.value;
  }
}

/** Of a matrix of zeros. */
function unitVectors(machine: Machine, order: number, count: number): number {
  const rows = machine.zeros64(count * order);
  const values = machine.float64(rows, count * order);
  for (let k = 0; k < count; k++) values[k * order + k] = 1;
  return rows;
}

/** Eigenvectors of the tridiagonal matrix, then of the one it came from, in the same memory. */
function* turnedVectors(
  machine: Machine,
  tridiagonal: Tridiagonal,
  order: number,
  count: number,
): Generator<number, number, void> {
  const { exports } = machine;
  const { values, factor, reduction, diagonal, beside } = tridiagonal;
  const width = exports.vectorWidth(reduction);
  const blocks = Math.ceil(count / SIDE);
  const rows = machine.zeros64(blocks * SIDE * width);
  const largest = factor * values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const record = machine.allocate(TRIDIAGONAL_BYTES);
  const work = machine.allocate(order * 40);
  machine.uint32(record, 4).set([diagonal, beside, order, width * 8]);
  machine.float64(record + 16, 1)[0] = largest;
  machine.uint32(record + 24, 1)[0] = work;
  let close = 0;
  for (let k = 0; k < count; k++) {
    close = k > 0 && factor * (values[k - 1] - values[k]) <= CLOSE * largest ? close + 1 : 0;
    exports.tridiagonalVector(record, factor * values[k], k, rows + k * width * 8, close);
    if (k % VECTORS_A_SLICE === VECTORS_A_SLICE - 1) yield (0.1 * k) / count;
  }
  const scratch = machine.allocate((width / SIDE + 1) * SIDE * SIDE * 8);
  for (let block = 0; block < blocks; block++) {
    const from = rows + block * SIDE * width * 8;
    exports.turnThroughSweeps(reduction, from);
    yield 0.1 + (0.9 * (block + 0.5)) / blocks;
    const whole = Math.min(SIDE, count - block * SIDE);
    exports.turnThroughPanels(reduction, from, scratch, whole, rows + block * SIDE * order * 8);
    yield 0.1 + (0.9 * (block + 1)) / blocks;
  }
  return rows;
}
