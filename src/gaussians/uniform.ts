import type { Slices } from "../base/chunks.js";
import { scaleFor } from "../base/powers-of-two.js";
import { placeMatrix, symmetricSums } from "../kernels/dense.js";
import { atOnce } from "../kernels/eigenvalues.js";
import { addToGram, CENTRED_GRAM, createGram, finishGram } from "../kernels/gram.js";
import type { Machine } from "../kernels/machine.js";
import type { GaussianBasis, GaussianFit, GaussianOptions, Matrix } from "../types.js";

/** σ of the Gaussians in units of columns/K: neighbours meet at e^-½ of their height. */
export const DEFAULT_WIDTH = 0.5;

/** The paper's rule, min(columns, max(8, ⌊columns/16⌋)); docs/method.md §1. */
export const automaticGaussians = (columns: number): number => Math.min(columns, Math.max(8, Math.floor(columns / 16)));

/** @throws RangeError unless 1 ≤ K ≤ columns and width > 0. */
export function checkGaussianOptions(columns: number, options: GaussianOptions): { gaussians: number; width: number } {
  const { gaussians: asked = "auto", width = DEFAULT_WIDTH } = options;
  const gaussians = asked === "auto" ? automaticGaussians(columns) : asked;
  if (!Number.isInteger(gaussians) || gaussians < 1 || gaussians > columns) {
    throw new RangeError(
      `gaussians must be "auto" or a whole number from 1 to the ${columns} columns, not ${gaussians}`,
    );
  }
  if (!(width > 0 && width < Infinity)) throw new RangeError(`width must be above 0, not ${width}`);
  return { gaussians, width };
}

/** Centres k(d-1)/(K-1), (d-1)/2 for K = 1, and σ = width·d/K, in columns. */
export function gaussianBasis(columns: number, gaussians: number, width: number): GaussianBasis {
  const centres = Float64Array.from({ length: gaussians }, (_, k) =>
    gaussians === 1 ? (columns - 1) / 2 : (k * (columns - 1)) / (gaussians - 1),
  );
  return { gaussians, columns, centres, sigmas: new Float64Array(gaussians).fill((width * columns) / gaussians) };
}

/** Multiplications between two yields, some 10 ms of them. */
const BASIS_SLICE = 1e7;

/**
 * A basis in the arena, made in slices; memory taken from the arena meanwhile must be given back before it goes on.
 * @throws RangeError where the tables of the basis do not fit in memory.
 */
export function* createBasisInSlices(
  { exports }: Machine,
  columns: number,
  gaussians: number,
  width: number,
  inDouble = false,
): Generator<void, number, void> {
  const basis = exports.createBasis(columns, gaussians, width, inDouble ? 1 : 0) >>> 0;
  let state = basis === 0 ? -1 : 0;
  while (state === 0) {
    state = exports.continueBasis(basis, BASIS_SLICE);
    yield;
  }
  if (state < 0)
    throw new RangeError(`out of memory: a basis of ${gaussians} Gaussians over ${columns} columns does not fit`);
  return basis;
}

/** The same at once. */
const createBasis = (...basis: Parameters<typeof createBasisInSlices>): number => atOnce(createBasisInSlices(...basis));

/** A Gram matrix that takes the mean off its rows: the amplitudes' covariance; cleared in slices. */
export function* createCovariance(machine: Machine, gaussians: number): Slices<number> {
  const gram = yield* createGram(machine, gaussians, CENTRED_GRAM);
  if (gram === 0) throw new RangeError(`out of memory: the covariance of ${gaussians} amplitudes does not fit`);
  return gram;
}

/** Ends a covariance C and takes the participation ratio of its spectrum; 0 for a zero matrix. */
export function finishCovariance(machine: Machine, gram: number): number {
  const { exports } = machine;
  atOnce(finishGram(machine, gram));
  return covarianceParticipation(machine, exports.gramTotal(gram) >>> 0, exports.gramSide(gram));
}

/** (tr C)² / ‖C‖² from the entries of C, f64, of even side (docs/method.md §3). */
export function covarianceParticipation(machine: Machine, pointer: number, side: number): number {
  const [trace, squares] = symmetricSums(machine, pointer, side);
  return squares > 0 ? (trace * trace) / squares : 0;
}

const clamped = (residual: number, whole: number): number =>
  whole > 0 ? Math.min(1, Math.max(0, 1 - residual / whole)) : 1;

/** Σ‖w‖², Σ‖w - aG‖², Σ‖w - mean‖² of a fit. */
export interface FitSums {
  squares: number;
  residual: number;
  variation: number;
}

/** energy and r2 of docs/method.md §1 with its conventions for 0/0. */
export function energyOf({ squares, residual, variation }: FitSums): { energy: number; r2: number } {
  const r2 = variation > 0 ? Math.min(1, 1 - residual / variation) : residual > 0 ? 0 : 1;
  return { energy: clamped(residual, squares), r2 };
}

/**
 * Share of the energy below which the amplitudes are what is left of a product that cancelled: f32 keeps too few digits
 * of them.
 */
const CANCELLED = 3e-4;

/**
 * Least-squares amplitudes of every row on the uniform basis (docs/method.md §1).
 * The amplitude participation ratio is 0 where the amplitudes do not vary (one row, equal rows).
 * @throws RangeError for shapes that do not fit, non-finite weights, K outside 1…columns, width ≤ 0.
 */
export function fitGaussians(machine: Machine, matrix: Matrix, options: GaussianOptions = {}): GaussianFit {
  const { gaussians, width } = checkGaussianOptions(matrix.columns, options);
  return machine.scope(() => {
    const { rows, columns, stride, pointer, rowSums, largest } = placeMatrix(machine, matrix, true);
    const { exports } = machine;
    const basis = createBasis(machine, columns, gaussians, width);
    const covariance = atOnce(createCovariance(machine, gaussians));
    const amplitudes = machine.allocate(rows * gaussians * 4);
    const rowEnergy = machine.allocate(rows * 4);
    const rowR2 = machine.allocate(rows * 4);
    const totals = machine.zeros64(3);
    exports.fitRows(basis, pointer, rows, stride, rowSums, amplitudes, rowEnergy, rowR2, totals);
    const [all, left] = machine.float64(totals, 2);
    if (all - left < CANCELLED * all) {
      machine.float64(totals, 3).fill(0);
      exports.fitRows(
        createBasis(machine, columns, gaussians, width, true),
        pointer,
        rows,
        stride,
        rowSums,
        amplitudes,
        rowEnergy,
        rowR2,
        totals,
      );
    }
    const found = machine.float32(amplitudes, rows * gaussians).slice();
    const scale = scaleFor(largest);
    if (scale !== 1) exports.scaleValues(rows * gaussians, amplitudes, scale);
    atOnce(addToGram(machine, covariance, amplitudes, rows, gaussians));
    const amplitudeParticipationRatio = finishCovariance(machine, covariance);
    const [squares, residual, variation] = machine.float64(totals, 3);
    return {
      basis: gaussianBasis(columns, gaussians, width),
      rows,
      amplitudes: found,
      ...energyOf({ squares, residual, variation }),
      rowEnergy: machine.float32(rowEnergy, rows).slice(),
      rowR2: machine.float32(rowR2, rows).slice(),
      rank: exports.basisRank(basis),
      compression: columns / gaussians,
      amplitudeParticipationRatio,
    };
  });
}

/**
 * rows × columns values of amplitudes · basis, f32, with the Gaussians reaching as far as they matter (±9 σ).
 * @throws RangeError where the amplitudes are not rows × gaussians or the basis' arrays not of its length.
 */
export function reconstruct(machine: Machine, fit: Pick<GaussianFit, "rows" | "amplitudes" | "basis">): Float32Array {
  const {
    rows,
    amplitudes,
    basis: { gaussians, columns, centres, sigmas },
  } = fit;
  if (amplitudes.length !== rows * gaussians)
    throw new RangeError(`there are ${amplitudes.length} amplitudes, not rows × gaussians = ${rows} × ${gaussians}`);
  if (centres.length !== gaussians || sigmas.length !== gaussians)
    throw new RangeError(`a basis of ${gaussians} Gaussians needs as many centres and sigmas`);
  return machine.scope(() => {
    const a = machine.copyFloat32(amplitudes);
    const mu = machine.copyFloat64(centres);
    const sigma = machine.copyFloat64(sigmas);
    const target = machine.allocate(rows * columns * 4);
    if (!machine.exports.reconstructRows(a, rows, gaussians, columns, mu, sigma, target))
      throw new RangeError("out of memory: the basis' tables do not fit");
    return machine.float32(target, rows * columns).slice();
  });
}
