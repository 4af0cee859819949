import type { Matrix, Norms } from "../types.js";
import { placeMatrix } from "./dense.js";
import type { Machine } from "./machine.js";

/** Central sums M_k = Σ(x - mean)^k over the finite weights of a matrix or a part of it. */
export interface MomentSums {
  finite: number;
  nonFinite: number;
  minimum: number;
  maximum: number;
  /** Σx². */
  squares: number;
  mean: number;
  m2: number;
  m3: number;
  m4: number;
}

/** Reads the shifted sums of assembly/reduce.ts; `scale` is what the weights were multiplied by. */
export function readMoments(machine: Machine, pointer: number, scale: number): MomentSums {
  const [n, nonFinite, minimum, maximum, squares, shift, s1, s2, s3, s4] = machine.float64(pointer, 10);
  const d = n > 0 ? s1 / n : 0;
  const back = 1 / scale;
  const dd = d * d;
  // Products written out: hosts differ in the last bit of their `**` from the third power on.
  return {
    finite: n,
    nonFinite,
    minimum: minimum * back,
    maximum: maximum * back,
    squares: squares * back * back,
    mean: (shift + d) * back,
    m2: Math.max(0, s2 - n * dd) * back * back,
    m3: (s3 - 3 * d * s2 + 2 * n * dd * d) * back * back * back,
    m4: Math.max(0, s4 - 4 * d * s3 + 6 * dd * s2 - 3 * n * dd * dd) * back * back * back * back,
  };
}

/** The sums of two parts together (Pébay 2008, equations 2.1 to 2.4). */
export function joinMoments(a: MomentSums, b: MomentSums): MomentSums {
  const counted = {
    finite: a.finite + b.finite,
    nonFinite: a.nonFinite + b.nonFinite,
    squares: a.squares + b.squares,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
  if (a.finite === 0 || b.finite === 0) {
    const { mean, m2, m3, m4 } = a.finite === 0 ? b : a;
    return { ...counted, mean, m2, m3, m4 };
  }
  const n = counted.finite;
  const p = a.finite / n;
  const q = b.finite / n;
  const d = b.mean - a.mean;
  const d2 = d * d;
  return {
    ...counted,
    mean: a.mean + q * d,
    m2: a.m2 + b.m2 + n * p * q * d2,
    m3: a.m3 + b.m3 + n * p * q * (p - q) * d2 * d + 3 * d * (p * b.m2 - q * a.m2),
    m4:
      a.m4 +
      b.m4 +
      n * p * q * (p * p - p * q + q * q) * d2 * d2 +
      6 * d2 * (p * p * b.m2 + q * q * a.m2) +
      4 * d * (p * b.m3 - q * a.m3),
  };
}

/** Population figures of the finite weights; all zero where there is none, excess kurtosis 0 where nothing varies. */
export function toNorms(sums: MomentSums): Norms {
  const n = sums.finite;
  const norm = Math.sqrt(sums.squares);
  const variance = n > 0 ? sums.m2 / n : 0;
  return {
    norm,
    normPerParameter: n > 0 ? norm / n : 0,
    mean: n > 0 ? sums.mean : 0,
    standardDeviation: Math.sqrt(variance),
    excessKurtosis: variance > 0 ? sums.m4 / n / (variance * variance) - 3 : 0,
    minimum: n > 0 ? sums.minimum : 0,
    maximum: n > 0 ? sums.maximum : 0,
    nonFinite: sums.nonFinite,
  };
}

/** Norm and moments of any matrix; what is not finite is counted and left out (docs/method.md §6). */
export function norms(machine: Machine, matrix: Matrix): Norms {
  return machine.scope(() => toNorms(readMoments(machine, placeMatrix(machine, matrix, false).moments, 1)));
}
