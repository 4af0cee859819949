import { exp, log } from "../base/mathematics.js";

/** A power law p(λ) ∝ λ^-exponent fitted to the upper end of a spectrum: a description, not a verdict. */
export interface PowerLawTail {
  exponent: number;
  /** (exponent - 1)/√n. */
  standardError: number;
  /** Where the tail begins: the smallest λ in it. */
  minimum: number;
  /** Values in the tail. */
  n: number;
  /** Two-sided Kolmogorov–Smirnov distance of the tail from the law. */
  distance: number;
}

/** Fewer values make no tail. */
const LEAST_TAIL = 10;

/**
 * The continuous power law of Clauset, Shalizi & Newman (2009), eq. 3.1, for `squares` = λ in descending order; those
 * that are not above 0 are left out. The tail begins where the distance is smallest, at the smaller of two such values.
 * Null with fewer than 10 positive values, or where all of them are equal.
 */
export function powerLawTail(squares: Float64Array): PowerLawTail | null {
  const count = positiveCount(squares);
  const logs = new Float64Array(count);
  // Ratios to the largest: a matrix times a power of two has the same exponent, to the bit.
  for (let i = 0; i < count; i++) logs[i] = log(squares[i] / squares[0]);
  const sums = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) sums[i + 1] = sums[i] + logs[i];
  let best: PowerLawTail | null = null;
  let distance = Infinity;
  let farthest = 0;
  for (let n = count; n >= LEAST_TAIL; n--) {
    if (n < count && squares[n] === squares[n - 1]) continue;
    const total = sums[n] - n * logs[n - 1];
    if (!(total > 0)) continue;
    const found = distanceOf(logs, n, n / total, distance, Math.min(n - 1, farthest));
    farthest = found.farthest;
    if (!(found.distance < distance)) continue;
    distance = found.distance;
    const exponent = 1 + n / total;
    best = { exponent, standardError: (exponent - 1) / Math.sqrt(n), minimum: squares[n - 1], n, distance };
  }
  return best;
}

function positiveCount(squares: Float64Array): number {
  let count = squares.length;
  while (count > 0 && !(squares[count - 1] > 0)) count--;
  return count;
}

/**
 * The distance of the n largest values from the law, and the place where it is taken; no more than that it is at least
 * `enough` where it is: then the place looked at first, the last tail's, often says so.
 */
function distanceOf(
  logs: Float64Array,
  n: number,
  slope: number,
  enough: number,
  first: number,
): { distance: number; farthest: number } {
  const least = logs[n - 1];
  const deviation = (i: number): number => {
    const share = 1 - exp(-slope * (logs[i] - least));
    const below = n - 1 - i;
    return Math.max((below + 1) / n - share, share - below / n);
  };
  let distance = deviation(first);
  let farthest = first;
  for (let i = 0; i < n && distance < enough; i++) {
    const here = deviation(i);
    if (here > distance) {
      distance = here;
      farthest = i;
    }
  }
  return { distance, farthest };
}
