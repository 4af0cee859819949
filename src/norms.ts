import type { Machine } from "./kernels.js";
import { placeMatrix } from "./matrix.js";
import type { Matrix, Norms } from "./types.js";

/** Central sums M_k = Σ(x - mean)^k over the finite weights of a matrix. */
export interface MomentSums {
  finite: number; nonFinite: number; minimum: number; maximum: number;
  /** Σx². */
  squares: number;
  mean: number; m2: number; m4: number;
}

/** Reads the shifted sums of assembly/reduce.ts; `scale` is what the weights were multiplied by. */
export function readMoments(machine: Machine, pointer: number, scale: number): MomentSums {
  const [n, nonFinite, minimum, maximum, squares, shift, s1, s2, s3, s4] = machine.float64(pointer, 10);
  const d = n > 0 ? s1 / n : 0, back = 1 / scale;
  return {
    finite: n, nonFinite, minimum: minimum * back, maximum: maximum * back, squares: squares * back * back,
    mean: (shift + d) * back,
    m2: Math.max(0, s2 - n * d * d) * back ** 2,
    m4: Math.max(0, s4 - 4 * d * s3 + 6 * d * d * s2 - 3 * n * d ** 4) * back ** 4,
  };
}

/** Population figures of the finite weights; all zero where there is none, excess kurtosis 0 where nothing varies. */
export function toNorms(sums: MomentSums): Norms {
  const n = sums.finite, norm = Math.sqrt(sums.squares), variance = n > 0 ? sums.m2 / n : 0;
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
