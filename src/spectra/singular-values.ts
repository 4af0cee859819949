import { inversePowerOfTwo } from "../base/powers-of-two.js";
import { gramOfSmallerSide, type PlacedMatrix, placeMatrix, scalePlaced } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import { readMoments } from "../kernels/norms.js";
import type { Matrix, SparseMatrix, Spectrum, SpectrumOptions } from "../types.js";
import { allSquares } from "./all-values.js";
import { WIDTH } from "./krylov.js";
import { checkSpectrumOptions, columnsFor, leadingEigenvalues, spectrumOf } from "./lanczos.js";
import { applyInPasses, runPasses } from "./pass.js";
import { sparseSingularValues } from "./sparse.js";

/**
 * Leading singular values of W, largest first, as Ritz values of WᵀW, with ‖Wᵀu - σv‖ for v the Ritz vector and u =
 * Wv/σ (so that Wv - σu is 0): some singular value lies within it of each. `converged` when every ‖WᵀWv - σ²v‖ is at
 * most `tolerance` (default 1e-5) times σ₁²; f32 products leave some 1e-7 of that. One pass an iteration. More than a
 * quarter of them, unless `maxIterations` is given, come all from the Gram matrix of the smaller side, with no
 * iteration and what the arithmetic leaves unknown as their residuals.
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
      return allOf(machine, placed, count, scale);
    const factor = inversePowerOfTwo(squares);
    const applications = leadingEigenvalues(machine, columns, Math.min(rows, columns), options);
    const leading = runPasses(
      machine,
      placed,
      placed.pointer,
      applyInPasses(machine, placed, factor, columnsFor(count) / WIDTH, applications),
    );
    return spectrumOf(leading, factor * scale * scale);
  });
}

/** The `count` largest of all singular values of a placed matrix, whose weights were multiplied by `scale`. */
function allOf(machine: Machine, placed: PlacedMatrix, count: number, scale: number): Spectrum {
  const { rows, columns } = placed;
  const { pointer, side } = gramOfSmallerSide(machine, placed, true);
  const gram = { pointer, stride: side, order: Math.min(rows, columns), terms: Math.max(rows, columns) };
  const { squares, floor } = allSquares(machine, gram);
  const values = squares.subarray(0, count).map(Math.sqrt);
  return {
    values: values.map((value) => value / scale),
    residuals: values.map((value) => (floor * Math.min(1, floor / value)) / scale),
    iterations: 0,
    converged: true,
  };
}
