import { inversePowerOfTwo } from "../base/powers-of-two.js";
import { gramOfSmallerSide, type PlacedMatrix, placeMatrix, scalePlaced } from "../kernels/dense.js";
import { atOnce } from "../kernels/eigenvalues.js";
import type { Machine } from "../kernels/machine.js";
import { readMoments } from "../kernels/norms.js";
import type { Matrix, SparseMatrix, Spectrum, SpectrumOptions } from "../types.js";
import { allSquares } from "./all-values.js";
import { WIDTH } from "./krylov.js";
import { checkSpectrumOptions, columnsFor, DEFAULT_TOLERANCE, leadingEigenvalues, spectrumOf } from "./lanczos.js";
import { PRODUCT_ERROR } from "./participation.js";
import { applyInPasses, runPasses } from "./pass.js";
import { sparseSingularValues } from "./sparse.js";

/** Smaller sides up to which the Gram matrix decides what f32 products cannot. */
const GRAM_SIDE = 1024;

/**
 * Leading singular values of W, largest first, as Ritz values of WᵀW, with ‖Wᵀu - σv‖ for v the Ritz vector and u =
 * Wv/σ (so that Wv - σu is 0), and what rounding may hide of it: some singular value lies within it of each. One pass
 * an iteration. `converged` when each value by itself is settled: ‖WᵀWv - σ²v‖ ≤ `tolerance` (default 1e-5) times its
 * own σ². f32 products leave some 1e-7 σ₁² of that, too much for values far below the first. Where they do and the
 * smaller side is at most 1024, and where more than a quarter are asked for, all come from the Gram matrix in f64, with
 * no iteration and what the arithmetic leaves unknown as their residuals, and those are converged whose residual is at
 * most `tolerance` times the value; not so where `maxIterations` is given.
 * @throws RangeError for shapes that do not fit, non-finite weights, options out of range.
 */
export function singularValues(machine: Machine, matrix: Matrix | SparseMatrix, options: SpectrumOptions): Spectrum {
  if (!("data" in matrix)) return sparseSingularValues(machine, matrix, options);
  checkSpectrumOptions(matrix.rows, matrix.columns, options);
  return machine.scope(() => {
    const placed = placeMatrix(machine, matrix, true);
    const scale = scalePlaced(machine, placed);
    const { rows, columns } = matrix;
    const { count } = options;
    const squares = readMoments(machine, placed.moments, 1).squares * scale * scale;
    if (squares === 0)
      return { values: new Float64Array(count), residuals: new Float64Array(count), iterations: 0, converged: true };
    if (options.maxIterations === undefined && 4 * count > Math.min(rows, columns))
      return allOf(machine, placed, options, scale);
    const factor = inversePowerOfTwo(squares);
    const applications = leadingEigenvalues(machine, columns, Math.min(rows, columns), options);
    const passes = applyInPasses(machine, placed, factor, columnsFor(count) / WIDTH, applications);
    const leading = atOnce(runPasses(machine, placed, placed.pointer, passes));
    if (!leading.converged && options.maxIterations === undefined && Math.min(rows, columns) <= GRAM_SIDE)
      return allOf(machine, placed, options, scale);
    const error = PRODUCT_ERROR * Math.sqrt(leading.values[0] * squares * factor);
    return spectrumOf(leading, factor * scale * scale, error);
  });
}

/** The `count` largest of all singular values of a placed matrix, whose weights were multiplied by `scale`. */
function allOf(
  machine: Machine,
  placed: PlacedMatrix,
  { count, tolerance = DEFAULT_TOLERANCE }: SpectrumOptions,
  scale: number,
): Spectrum {
  const { rows, columns } = placed;
  const { pointer, side } = atOnce(gramOfSmallerSide(machine, placed, true));
  const gram = { pointer, stride: side, order: Math.min(rows, columns), terms: Math.max(rows, columns) };
  const { squares, floor } = allSquares(machine, gram);
  const values = squares.subarray(0, count).map(Math.sqrt);
  const residuals = values.map((value) => floor * Math.min(1, floor / value));
  return {
    values: values.map((value) => value / scale),
    residuals: residuals.map((residual) => residual / scale),
    iterations: 0,
    converged: residuals.every((residual, i) => residual <= tolerance * values[i]),
  };
}
