import { inversePowerOfTwo } from "../base/powers-of-two.js";
import type { Machine } from "./machine.js";

/** Tiles, sweeps' steps and rotations between two yields: some tens of milliseconds each. */
const TILES_A_SLICE = 2048;
const STEPS_A_SLICE = 16_384;
const ROTATIONS_A_SLICE = 2_000_000;
/** Sweeps that the kernel takes together (assembly/chase.ts), and the side of a tile. */
const SWEEPS_TOGETHER = 8;
/** Rows and columns of a tile. */
export const SIDE = 32;
/** What the reduction to a band takes of the whole; the sweeps take most of the rest. */
const BAND_SHARE = 0.9;
const SWEEPS_SHARE = 0.07;

/** @throws RangeError where an iteration does not end: entries that are not finite. */
const notConverged = (): RangeError => new RangeError("the eigenvalue iteration did not converge");

/** A symmetric matrix in tridiagonal form, with all its eigenvalues. */
export interface Tridiagonal {
  /** Largest first. Those of the tridiagonal matrix are `factor` times them. */
  values: Float64Array;
  factor: number;
  /** The kernels' record of the reduction; 0 for a matrix of zeros, whose other pointers are 0 too. */
  reduction: number;
  /** `order` f64 each. */
  diagonal: number;
  beside: number;
}

/**
 * To a band by blocked reflectors, to a tridiagonal matrix by chasing bulges, to its values by root-free QL
 * (assembly/band.ts, chase.ts, tridiagonal.ts), in slices; with `keep` the reflectors stay for the vectors. What it
 * leaves in the arena is the caller's.
 */
export function* tridiagonalInSlices(
  machine: Machine,
  { pointer, order, stride, keep }: { pointer: number; order: number; stride: number; keep: boolean },
): Generator<number, Tridiagonal, void> {
  const { exports } = machine;
  const largest = exports.largestEntry(pointer, order, stride);
  if (!Number.isFinite(largest)) throw notConverged();
  if (largest === 0) return { values: new Float64Array(order), factor: 1, reduction: 0, diagonal: 0, beside: 0 };
  const factor = inversePowerOfTwo(largest);
  const reduction = exports.createReduction(pointer, order, stride, factor) >>> 0;
  if (reduction === 0 || (keep && !exports.keepReflectors(reduction)))
    throw new RangeError(`out of memory: the spectrum of ${order} × ${order} values does not fit`);
  const panels = Math.ceil(order / SIDE);
  for (let panel = 0; panel < panels; ) {
    panel = exports.reduceToBand(reduction, TILES_A_SLICE);
    yield BAND_SHARE * (1 - (1 - panel / panels) ** 2 * (1 - panel / panels));
  }
  for (let sweep = 0; sweep < order - 1; ) {
    const together = Math.floor(STEPS_A_SLICE / SWEEPS_TOGETHER / Math.ceil((order - sweep) / SIDE));
    const last = Math.min(order - 1, sweep + SWEEPS_TOGETHER * Math.max(1, together));
    exports.chase(reduction, sweep, last);
    sweep = last;
    yield BAND_SHARE + SWEEPS_SHARE * (1 - (1 - sweep / order) ** 2);
  }
  const [diagonal, beside, values, squares] = [0, 0, 0, 0].map(() => machine.allocate(order * 8));
  exports.tridiagonalOf(reduction, diagonal, beside);
  machine.float64(values, order).set(machine.float64(diagonal, order));
  machine.float64(squares, order).set(machine.float64(beside, order).map((x) => x * x));
  for (let found = 0; found < order; ) {
    found = exports.tridiagonalValues(values, squares, order, found, ROTATIONS_A_SLICE);
    if (found < 0) throw notConverged();
    yield BAND_SHARE + SWEEPS_SHARE + (1 - BAND_SHARE - SWEEPS_SHARE) * (1 - (1 - found / order) ** 2);
  }
  const sorted = machine.float64(values, order).slice().sort().reverse();
  return { values: sorted.map((value) => value / factor), factor, reduction, diagonal, beside };
}
