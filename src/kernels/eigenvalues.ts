import { inversePowerOfTwo } from "../base/powers-of-two.js";
import type { Machine } from "./machine.js";

/** Tiles, sweeps' steps and rotations between two yields: some tens of milliseconds each. */
const TILES_A_SLICE = 2048;
const STEPS_A_SLICE = 16_384;
const ROTATIONS_A_SLICE = 2_000_000;
/** Sweeps that the kernel takes together (assembly/chase.ts), and the side of a tile. */
const SWEEPS_TOGETHER = 8;
const SIDE = 32;
/** What the reduction to a band takes of the whole; the sweeps take most of the rest. */
const BAND_SHARE = 0.9;
const SWEEPS_SHARE = 0.07;

/** @throws RangeError where an iteration does not end: entries that are not finite. */
const notConverged = (): RangeError => new RangeError("the eigenvalue iteration did not converge");

/**
 * All eigenvalues of a symmetric matrix (`order` × `order` f64 at `stride` values a row), largest first, to some √order
 * · 2⁻⁵² of the largest: to a band by blocked reflectors, to a tridiagonal matrix by chasing bulges, to its values by
 * root-free QL (assembly/band.ts, chase.ts, tridiagonal.ts). Only the upper triangle is read, and the matrix is
 * destroyed. Yields the share that is done every few tens of milliseconds; memory taken from the arena meanwhile must
 * be given back before it goes on.
 * @throws RangeError where memory ends, or entries are not finite.
 */
export function* eigenvaluesInSlices(
  machine: Machine,
  pointer: number,
  order: number,
  stride = order,
): Generator<number, Float64Array, void> {
  const { exports } = machine;
  const largest = exports.largestEntry(pointer, order, stride);
  if (!Number.isFinite(largest)) throw notConverged();
  if (largest === 0) return new Float64Array(order);
  const factor = inversePowerOfTwo(largest);
  const marked = exports.mark();
  try {
    const reduction = exports.createReduction(pointer, order, stride, factor) >>> 0;
    if (reduction === 0) throw new RangeError(`out of memory: the spectrum of ${order} × ${order} values does not fit`);
    const panels = Math.ceil(order / SIDE);
    for (let panel = 0; panel < panels; ) {
      panel = exports.reduceToBand(reduction, TILES_A_SLICE);
      yield BAND_SHARE * (1 - (1 - panel / panels) ** 2 * (1 - panel / panels));
    }
    for (let sweep = 0; sweep < order - 1; ) {
      const together = Math.max(1, Math.floor(STEPS_A_SLICE / SWEEPS_TOGETHER / Math.ceil((order - sweep) / SIDE)));
      const last = Math.min(order - 1, sweep + SWEEPS_TOGETHER * together);
      exports.chase(reduction, sweep, last);
      sweep = last;
      yield BAND_SHARE + SWEEPS_SHARE * (1 - (1 - sweep / order) ** 2);
    }
    const diagonal = machine.allocate(order * 8);
    const squares = machine.allocate(order * 8);
    exports.tridiagonalOf(reduction, diagonal, squares);
    for (let found = 0; found < order; ) {
      found = exports.tridiagonalValues(diagonal, squares, order, found, ROTATIONS_A_SLICE);
      if (found < 0) throw notConverged();
      yield BAND_SHARE + SWEEPS_SHARE + (1 - BAND_SHARE - SWEEPS_SHARE) * (1 - (1 - found / order) ** 2);
    }
    const values = machine.float64(diagonal, order).slice().sort().reverse();
    return values.map((value) => value / factor);
  } finally {
    exports.release(marked);
  }
}

/** The same at once. */
export function eigenvalues(machine: Machine, pointer: number, order: number, stride = order): Float64Array {
  const slices = eigenvaluesInSlices(machine, pointer, order, stride);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}
