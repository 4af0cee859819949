import { largestOfNoise, marchenkoPasturMedian, marchenkoPasturShare, TRACY_WIDOM_99 } from "./marchenko-pastur.js";

/** Whether what is left below the signal is distributed as noise is. */
export type BulkVerdict = "ok" | "no Marchenko–Pastur bulk" | "no bulk";

/** Directions above a matrix's own noise (docs/method.md §8). */
export interface SignalDirections {
  /** How many λ stand above the edge. */
  directions: number;
  /** What λ = σ² of noise alone stays below, at the 99 % point. */
  edge: number;
  /** Of one entry. */
  noiseVariance: number;
  /** λ under the lower edge of the bulk: reported beside the count, not in it. */
  below: number;
  /**
   * Two-sided Kolmogorov–Smirnov distance of the λ left from the Marchenko–Pastur law times their number; null under
   * "no bulk".
   */
  bulk: number | null;
  verdict: BulkVerdict;
}

/** White noise has 2 to 3 at any size. */
const MOST_BULK = 12;
/** Below so many values left there is no bulk to speak of. */
const LEAST_BULK = 16;
const LEAST_SHARE = 1 / 8;
/** The noise is not measured by fewer values than this. */
const LEAST_LEFT = 4;

/** Of values in descending order, from `first` on. */
function medianFrom(values: Float64Array, first: number): number {
  const middle = first + ((values.length - first) >> 1);
  return (values.length - first) % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

function countAbove(values: Float64Array, edge: number): number {
  let count = 0;
  while (count < values.length && values[count] > edge) count++;
  return count;
}

/**
 * Signal directions from all λ = σ² of a matrix, in descending order, none negative: the noise variance from the median
 * of what is left, the Tracy–Widom edge of such noise, and again with what stands above it taken off, until no more
 * does.
 */
export function signalDirections(squares: Float64Array, rows: number, columns: number): SignalDirections {
  const larger = Math.max(rows, columns);
  const smaller = squares.length;
  let directions = 0;
  for (;;) {
    const high = larger - directions;
    const wide = smaller - directions;
    const noiseVariance = medianFrom(squares, directions) / (high * marchenkoPasturMedian(wide / high));
    const edge = noiseVariance * largestOfNoise(high, wide, TRACY_WIDOM_99);
    const above = countAbove(squares, edge);
    if (above > directions && smaller - above >= LEAST_LEFT) {
      directions = above;
      continue;
    }
    const lower = noiseVariance * (Math.sqrt(high) - Math.sqrt(wide)) ** 2;
    let below = 0;
    while (below < wide && squares[smaller - 1 - below] < lower) below++;
    return { directions, edge, noiseVariance, below, ...judged(squares, directions, high) };
  }
}

function judged(
  squares: Float64Array,
  directions: number,
  high: number,
): { bulk: number | null; verdict: BulkVerdict } {
  const left = squares.length - directions;
  if (left < Math.max(LEAST_BULK, squares.length * LEAST_SHARE)) return { bulk: null, verdict: "no bulk" };
  const distance = bulkDistance(squares, directions, high);
  // Zeros alone are no noise.
  if (distance === null) return { bulk: null, verdict: "no bulk" };
  const bulk = distance * left;
  return { bulk, verdict: bulk > MOST_BULK ? "no Marchenko–Pastur bulk" : "ok" };
}

/**
 * Two-sided Kolmogorov–Smirnov distance of the λ from `first` on from the law, the variance from their mean; null where
 * that is 0.
 */
function bulkDistance(squares: Float64Array, first: number, high: number): number | null {
  const left = squares.length - first;
  let sum = 0;
  for (let i = squares.length - 1; i >= first; i--) sum += squares[i];
  const mean = sum / left;
  if (!(mean > 0)) return null;
  let distance = 0;
  for (let i = 0; i < left; i++) {
    const share = marchenkoPasturShare(squares[squares.length - 1 - i] / mean, left / high);
    distance = Math.max(distance, (i + 1) / left - share, share - i / left);
  }
  return distance;
}

/** Free parameters of a rank-r matrix, r(n + d - r); as stored factors it takes r(n + d) numbers. */
export const freeParameters = (rank: number, rows: number, columns: number): number => rank * (rows + columns - rank);
