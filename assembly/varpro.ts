import {
  ACTIVE,
  accept,
  at,
  centre,
  columns,
  current,
  evaluate,
  place,
  prepareActive,
  put,
  sigma,
  trial,
} from "./active";
import { dot } from "./vector";
import { allocate } from "./memory";
import { WIDE, curvature, diagonal, gradient, normalEquations, prepareNormalEquations } from "./normal-equations";

/**
 * Variable projection (Golub & Pereyra 1973) for up to ACTIVE Gaussians at once: the amplitudes are the least-squares
 * ones at every step, and Levenberg–Marquardt moves only centres and ln σ, with Kaufman's Jacobian (1975),
 * the derivatives less their part within the span of the Gaussians. docs/method.md §1.
 *
 * Every inner product that the normal equations need is a combination of Σ g_k g_l t^p, p = 0 … 4, t the distance to
 * a common origin: so derivatives are never stored, and a pair of Gaussians costs one pass over the columns they share.
 */

/** How far outside the columns a centre may go, in σ. */
const OUTSIDE: f64 = 3;

/** Dampings tried for one step. */
const TRIALS: i32 = 8;

let smallest: f64 = 0;

let largest: f64 = 0;

let damped: usize = 0; // its damped Cholesky factor

let step: usize = 0;

/** False where the last `refine` ran out of iterations. */
export let converged: bool = true;

/** Takes the workspace from the arena; 0 where it does not fit. */
export function prepareProjection(width: i32, minimumSigma: f64, maximumSigma: f64): usize {
  smallest = minimumSigma;
  largest = maximumSigma;
  damped = allocate(<f64>(WIDE * WIDE * 8));
  step = allocate(<f64>(WIDE * 8));
  return damped && step && prepareNormalEquations() ? prepareActive(width) : 0;
}

/** An unknown at its bound whose gradient points out is left where it is: its row of the normal equations becomes 1. */
function holdAtBounds(count: i32): void {
  for (let a = 0; a < 2 * count; a++) {
    const k = a < count ? a : a - count;
    const slope = at(gradient, a);
    const width = sigma(k);
    const margin = OUTSIDE * width;
    const held =
      a < count
        ? (centre(k) <= -margin && slope < 0) || (centre(k) >= <f64>(columns - 1) + margin && slope > 0)
        : (width <= smallest && slope < 0) || (width >= largest && slope > 0);
    if (!held) continue;
    for (let b = 0; b < a; b++) put(curvature, a * WIDE + b, 0);
    for (let b = a; b < 2 * count; b++) put(curvature, b * WIDE + a, 0);
    put(curvature, a * WIDE + a, 1);
    put(diagonal, a, 1);
    put(gradient, a, 0);
  }
}

/** Solves (curvature + λ diag) step = gradient. False where rounding left it indefinite, or out of range. */
function solveDamped(unknowns: i32, lambda: f64): bool {
  for (let a = 0; a < unknowns; a++) {
    const rowA = damped + ((<usize>(a * WIDE)) << 3);
    let right = at(gradient, a);
    for (let b = 0; b <= a; b++) {
      const rowB = damped + ((<usize>(b * WIDE)) << 3);
      let value = at(curvature, a * WIDE + b);
      if (a == b) value += lambda * Math.max(value, 1e-3 * at(diagonal, a)) + 1e-300;
      value -= dot(rowA, rowB, b);
      if (b < a) {
        value /= at(rowB, b);
        right -= value * at(step, b);
        put(rowA, b, value);
      } else {
        if (!(value > 0)) return false;
        put(rowA, a, Math.sqrt(value));
      }
    }
    put(step, a, right / at(rowA, a));
  }
  for (let a = unknowns - 1; a >= 0; a--) {
    const value = at(step, a) / at(damped, a * WIDE + a);
    if (!(Math.abs(value) < Infinity)) return false;
    put(step, a, value);
    for (let b = 0; b < a; b++) put(step, b, at(step, b) - value * at(damped, a * WIDE + b));
  }
  return true;
}

/** The trial state: the current one moved by the step, no further than a Gaussian can see, within bounds. */
function move(count: i32): void {
  for (let k = 0; k < count; k++) {
    const width = sigma(k);
    const reach = 2 * width + 0.5;
    const stretch = Math.max(-0.7, Math.min(0.7, at(step, count + k)));
    const moved = Math.max(smallest, Math.min(largest, width * Math.exp(stretch)));
    const to = centre(k) + Math.max(-reach, Math.min(reach, at(step, k)));
    place(trial, k, Math.max(-OUTSIDE * moved, Math.min(<f64>(columns - 1) + OUTSIDE * moved, to)), moved);
  }
}

/**
 * Levenberg–Marquardt from the current state on `target` (f64 × columns, `energy` its sum of squares). Stops when an
 * iteration lowers the squared error by less than `tolerance` of it. Returns the number of iterations.
 */
export function refine(count: i32, target: usize, energy: f64, limit: i32, tolerance: f64): i32 {
  converged = true;
  let error = evaluate(current, count, target, energy);
  let lambda = 0.3;
  let iterations = 0;
  while (error > 1e-15 * energy) {
    if (iterations == limit) {
      converged = false;
      return iterations;
    }
    iterations++;
    normalEquations(count, target);
    holdAtBounds(count);
    let next = error;
    for (let attempt = 0; attempt < TRIALS; attempt++) {
      if (solveDamped(2 * count, lambda)) {
        move(count);
        next = evaluate(trial, count, target, energy);
        if (next < error) break;
      }
      next = error;
      lambda *= 6;
    }
    if (!(next < error)) break;
    lambda = Math.max(lambda * 0.2, 1e-9);
    accept();
    const gained = error - next;
    error = next;
    if (gained <= tolerance * error) break;
  }
  return iterations;
}
