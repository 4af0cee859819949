import type { Slices } from "../base/chunks.js";
import { inversePowerOfTwo } from "../base/powers-of-two.js";
import { type Gram, gramOfSmallerSide, placeMatrix, scalePlaced, symmetricSums } from "../kernels/dense.js";
import { largestEigenvalue } from "../kernels/eigen.js";
import { atOnce } from "../kernels/eigenvalues.js";
import type { Machine } from "../kernels/machine.js";
import { readMoments } from "../kernels/norms.js";
import type { Matrix, ParticipationOptions, ParticipationRatio, SparseMatrix } from "../types.js";
import { methodFor, powerOptions } from "./method.js";
import { applyInPasses, type DenseShape, type Passes, runPasses } from "./pass.js";
import { iterate, mostApplications } from "./power.js";
import { sparseParticipationRatio } from "./sparse.js";

/** Unit roundoff of f32. */
const ROUNDOFF = 2 ** -24;
/** ‖Gv - λv‖ in units of λ₁ where the largest eigenvalue of a Gram matrix is found, at most (src/kernels/eigen.ts). */
const LANCZOS_ERROR = 1e-4;
/** Of ‖W‖²: f32 lanes sum at most 512 squares (assembly/reduce.ts). */
const NORM_ERROR = 513 * ROUNDOFF;
/**
 * Of WᵀWq: spans of 128 products along a row, rounded to f32, then along 128 rows, rounded again (assembly/power.ts).
 */
export const PRODUCT_ERROR = 264 * ROUNDOFF;

/**
 * Participation ratio from a Gram matrix, whose order is even (rows and columns of zeros change nothing). Its bounds
 * are the value itself where the products are f64, else what their error allows. λ₁ is right to some 1e-8.
 * docs/method.md §3. In slices.
 */
export function* exactFromGram(machine: Machine, { pointer, side, error }: Gram): Slices<ParticipationRatio> {
  const [trace, squares] = symmetricSums(machine, pointer, side);
  const largest = yield* largestEigenvalue(machine, pointer, side, side);
  const value = (trace * trace) / squares;
  // ‖G‖ is off by at most error · trace, and the trace by as much.
  const norm = Math.sqrt(squares) / trace;
  const lower = error === 0 ? value : Math.max(1, ((1 - error) / (norm + error)) ** 2);
  const upper = error === 0 ? value : norm > error ? Math.min(side, ((1 + error) / (norm - error)) ** 2) : side;
  return {
    value,
    lower,
    upper,
    standardError: 0,
    method: "exact",
    convergedBy: "exact",
    iterations: 0,
    squaredNorm: trace,
    stableRank: trace / largest,
    spectralNorm: Math.sqrt(largest),
    spectralNormResidual: LANCZOS_ERROR * Math.sqrt(largest),
  };
}

/**
 * The power method over passes of a dense W (docs/method.md §3). It works on the columns' side whichever is the
 * smaller, where one pass applies WᵀW: only the rank enters the bounds, and that is at most the smaller side.
 * `squaredNorm` is ‖W‖² by assembly/reduce.ts, positive. Vectors are allocated in the arena before the first pass; the
 * caller frees them at the end. `spectralNorm` is a Ritz value, from below, iterated until a pass raises its square by
 * less than the tolerance.
 */
export function* powerMethod(
  machine: Machine,
  shape: DenseShape,
  squaredNorm: number,
  options: ParticipationOptions = {},
): Passes<ParticipationRatio> {
  const checked = powerOptions(options);
  const factor = inversePowerOfTwo(squaredNorm);
  const { rows, columns } = shape;
  const operator = {
    dimension: columns,
    rank: Math.min(rows, columns),
    trace: squaredNorm * factor,
    traceError: NORM_ERROR,
    error: PRODUCT_ERROR,
  };
  const { largest, residual, ...result } = yield* applyInPasses(
    machine,
    shape,
    factor,
    mostApplications(checked),
    iterate(machine, operator, checked),
  );
  return {
    ...result,
    method: "power",
    squaredNorm,
    stableRank: operator.trace / largest,
    spectralNorm: Math.sqrt(largest / factor),
    spectralNormResidual: residual / Math.sqrt(largest * factor),
  };
}

/** The figures of W from those of scale · W. */
export function unscale(result: ParticipationRatio, scale: number): ParticipationRatio {
  const { squaredNorm, spectralNorm, spectralNormResidual } = result;
  return {
    ...result,
    squaredNorm: squaredNorm / scale / scale,
    spectralNorm: spectralNorm / scale,
    spectralNormResidual: spectralNormResidual / scale,
  };
}

/**
 * (Σσ²)² / Σσ⁴, between 1 and min(rows, columns), exact or with proved bounds (docs/method.md §3).
 * @throws RangeError for shapes that do not fit, non-finite weights, all zeros, and options out of range.
 */
export function participationRatio(
  machine: Machine,
  matrix: Matrix | SparseMatrix,
  options: ParticipationOptions = {},
): ParticipationRatio {
  if (!("data" in matrix)) return sparseParticipationRatio(machine, matrix, options);
  const method = methodFor(matrix.rows, matrix.columns, options);
  return machine.scope(() => {
    const placed = placeMatrix(machine, matrix, true);
    const scale = scalePlaced(machine, placed);
    const squares = readMoments(machine, placed.moments, 1).squares * scale * scale;
    if (!(squares > 0)) throw new RangeError("a matrix of zeros has no participation ratio");
    if (method === "power")
      return unscale(
        atOnce(runPasses(machine, placed, placed.pointer, powerMethod(machine, placed, squares, options))),
        scale,
      );
    return unscale(atOnce(exactFromGram(machine, atOnce(gramOfSmallerSide(machine, placed)))), scale);
  });
}
