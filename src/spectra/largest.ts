import { symmetricEigen } from "../kernels/eigen.js";
import type { Machine } from "../kernels/machine.js";
import { type Compressed, type Operator, quadraticForm, symmetrised } from "./operator.js";

/** What is known of the largest eigenvalue of M. */
export interface Largest {
  /** At most the largest eigenvalue of M, up to rounding; never below what trace and rank leave (largest.ts). */
  largest: number;
  /**
   * Some eigenvalue lies within it of `largest`; and how far that is below the largest one by the Ritz vector's own
   * residual and the next Ritz value.
   */
  residual: number;
  missing: number;
}

/** Residuals up to this share of the largest Ritz value say that it is no longer far off. */
const NEAR = 1e-2;
/** Ritz values below this share of the largest are left out of the quotient: rounding is too much of them. */
const LEAST_SHARE = 1e-3;

/**
 * What is known of the largest eigenvalue λ₁ of M, from below. The largest Ritz value; where that is far off, as after
 * the first pass over a matrix with one long side, the largest ‖Mx‖² / xᵀMx over the span, which is the Rayleigh
 * quotient of M at M^½x and so half a step of the power method ahead, less what rounding may have added; and never less
 * than tr M / rank, since λ₁ is at least the mean eigenvalue.
 */
export function largestFrom(
  machine: Machine,
  { n, compressed, images }: Compressed,
  { rank, dimension, trace, error }: Operator,
): Largest {
  const { values, vectors } = symmetricEigen(machine, symmetrised(compressed, n), n);
  // Rounding may raise that of a matrix of rank 1 above its trace.
  const ritz = Math.min(values[0], trace);
  const own = Math.sqrt(Math.max(0, quadraticForm(images, vectors[0], n) - ritz * ritz));
  // Values no further than the residual belong to the same one: equal pairs of an antisymmetric matrix do.
  const gap = ritz - (values.find((value) => ritz - value > own) ?? ritz);
  const missing = gap > 0 ? (own * own) / gap : own;
  const found = { values, vectors, error: error * trace };
  const ahead = own > NEAR * ritz ? quotientAhead(machine, images, n, found) : 0;
  const least = Math.min(trace, Math.max(ahead, trace / Math.min(rank, dimension)));
  if (!(least > ritz)) return { largest: ritz, residual: own, missing };
  return { largest: least, residual: own + least - ritz, missing };
}

/** A proved part of the largest ‖Mx‖² / xᵀMx, with ‖computed Mx - Mx‖ at most `error` for unit x. */
function quotientAhead(
  machine: Machine,
  images: Float64Array,
  n: number,
  { values, vectors, error }: { values: Float64Array; vectors: Float64Array[]; error: number },
): number {
  const kept = [...values.keys()].filter((i) => values[i] > LEAST_SHARE * values[0]);
  if (kept.length === 0) return 0;
  const scaled = kept.map((i) => vectors[i].map((x) => x / Math.sqrt(values[i])));
  const side = kept.length;
  const quotients = new Float64Array(side * side);
  for (let i = 0; i < side; i++) {
    const image = new Float64Array(n);
    for (let row = 0; row < n; row++)
      for (let column = 0; column < n; column++) image[row] += images[row * n + column] * scaled[i][column];
    for (let j = 0; j < side; j++) quotients[i * side + j] = scaled[j].reduce((sum, x, k) => sum + x * image[k], 0);
  }
  const [best] = symmetricEigen(machine, symmetrised(quotients, side), side).vectors;
  const x = new Float64Array(n);
  for (let i = 0; i < side; i++) for (let k = 0; k < n; k++) x[k] += best[i] * scaled[i][k];
  const square = x.reduce((sum, value) => sum + value * value, 0);
  // Σ (best/√θ)² θ = 1 is xᵀMx.
  const image = Math.max(0, Math.sqrt(quadraticForm(images, x, n)) - error * Math.sqrt(square));
  return (image * image) / (1 + error * square);
}
