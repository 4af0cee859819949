import { inversePowerOfTwo } from "../base/powers-of-two.js";
import type { Machine } from "../kernels/machine.js";
import { checkSparse, gramSquares, type PlacedSparse, placeSparse, squaredNorm, transpose } from "../kernels/sparse.js";
import type { ParticipationOptions, ParticipationRatio, SparseMatrix, Spectrum, SpectrumOptions } from "../types.js";
import type { Application, Applications } from "./krylov.js";
import { checkSpectrumOptions, leadingEigenvalues, spectrumOf } from "./lanczos.js";
import { methodFor, powerOptions } from "./method.js";
import { iterate } from "./power.js";

/**
 * Rounding of a product with one block, relative to the Frobenius norm: f32 sums of 128 products, one rounding, that of
 * the values.
 */
const ROUNDING = 132 * 2 ** -24;
/** The same of MᵀMq (see Operator in src/spectra/bounds.ts): two products. */
export const SPARSE_ERROR = 2 * ROUNDING;

/** Runs a generator whose blocks are applied one by one. */
export function runApplications<T>(applications: Applications<T>, apply: (application: Application) => void): T {
  for (;;) {
    const step = applications.next();
    if (step.done) return step.value;
    for (const application of step.value ?? []) apply(application);
  }
}

/** WᵀW for a sparse W and its stored transpose. */
export function gramApplication(
  machine: Machine,
  w: PlacedSparse,
  across: PlacedSparse,
): (application: Application) => void {
  const between = machine.allocate(w.rows * 32);
  return ({ vectors, image }) => {
    machine.exports.sparseBlock(w.rows, w.offsets, w.indices, w.values, vectors, 0, 0, 1, between);
    machine.exports.sparseBlock(across.rows, across.offsets, across.indices, across.values, between, 0, 0, 1, image);
  };
}

/**
 * A sparse matrix and its transpose in the arena, turned so that it has at least as many rows as columns, scaled to a
 * norm of about 1.
 */
interface PlacedPair {
  w: PlacedSparse;
  across: PlacedSparse;
  scale: number;
  /** ‖scale · W‖². */
  trace: number;
  apply(application: Application): void;
}

function placePair(machine: Machine, matrix: SparseMatrix, squares: number): PlacedPair {
  const scale = inversePowerOfTwo(Math.sqrt(squares));
  const turned = transpose(matrix);
  const [tall, wide] = matrix.rows >= matrix.columns ? [matrix, turned] : [turned, matrix];
  const w = placeSparse(machine, tall, scale);
  const across = placeSparse(machine, wide, scale);
  return { w, across, scale, trace: squares * scale * scale, apply: gramApplication(machine, w, across) };
}

/** λ₁ of WᵀW to some 1e-6, and its residual. */
function largestOf(machine: Machine, { w, apply }: PlacedPair): { largest: number; residual: number } {
  const applications = leadingEigenvalues(machine, w.columns, w.columns, { count: 1, tolerance: 1e-4 });
  const { values, residuals } = runApplications(applications, apply);
  return { largest: values[0], residual: residuals[0] };
}

/** The participation ratio of a sparse matrix (docs/method.md §3); see `participationRatio`. */
export function sparseParticipationRatio(
  machine: Machine,
  matrix: SparseMatrix,
  options: ParticipationOptions,
): ParticipationRatio {
  checkSparse(matrix);
  const method = methodFor(matrix.rows, matrix.columns, options);
  const checked = powerOptions(options);
  const squares = squaredNorm(matrix.values);
  if (squares === 0) throw new RangeError("a matrix of zeros has no participation ratio");
  return machine.scope(() => {
    const pair = placePair(machine, matrix, squares);
    const { w, across, trace, scale } = pair;
    const figures = ({ largest, residual }: { largest: number; residual: number }) => ({
      method,
      squaredNorm: squares,
      stableRank: trace / largest,
      spectralNorm: Math.sqrt(largest) / scale,
      spectralNormResidual: residual / Math.sqrt(largest) / scale,
    });
    if (method === "exact") {
      const value = (trace * trace) / gramSquares(machine, w, across);
      return {
        value,
        lower: value,
        upper: value,
        standardError: 0,
        convergedBy: "exact",
        iterations: 0,
        ...figures(largestOf(machine, pair)),
      };
    }
    const operator = { dimension: w.columns, rank: w.columns, trace, traceError: 1e-12, error: SPARSE_ERROR };
    const { largest, residual, ...result } = runApplications(iterate(machine, operator, checked), pair.apply);
    return { ...result, ...figures({ largest, residual }) };
  });
}

/** Leading singular values of a sparse matrix; see `singularValues`. */
export function sparseSingularValues(machine: Machine, matrix: SparseMatrix, options: SpectrumOptions): Spectrum {
  checkSparse(matrix);
  checkSpectrumOptions(matrix.rows, matrix.columns, options);
  const squares = squaredNorm(matrix.values);
  const { count } = options;
  if (squares === 0)
    return { values: new Float64Array(count), residuals: new Float64Array(count), iterations: 0, converged: true };
  return machine.scope(() => {
    const { w, scale, trace, apply } = placePair(machine, matrix, squares);
    const leading = runApplications(leadingEigenvalues(machine, w.columns, w.columns, options), apply);
    return spectrumOf(leading, scale * scale, SPARSE_ERROR * Math.sqrt(leading.values[0] * trace));
  });
}
