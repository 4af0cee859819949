import { Random } from "../base/random.js";
import { symmetricEigen } from "../kernels/eigen.js";
import type { Machine } from "../kernels/machine.js";
import type { Spectrum, SpectrumOptions } from "../types.js";
import { compress, Products } from "./bounds.js";
import { type Applications, Basis, WIDTH } from "./krylov.js";
import { quadraticForm, symmetrised } from "./operator.js";

/** `tolerance` of singular values where none is given. */
export const DEFAULT_TOLERANCE = 1e-5;
/** Vectors put through a matrix together at most. */
const WIDEST = 32;
/** The Krylov space grows by this share between looks at its Ritz values. */
export const GROWTH = 1.12;

/** Width of the blocks in which `count` vectors are sought. */
export const columnsFor = (count: number): number => Math.min(WIDEST, Math.ceil(count / WIDTH) * WIDTH);

/** Leading eigenvalues of a symmetric non-negative M. */
interface Leading {
  /** Largest first. */
  values: Float64Array;
  /** ‖Mv - λv‖ each, of the products as computed. */
  residuals: Float64Array;
  iterations: number;
  /** Every residual is at most `tolerance` times its own value. */
  converged: boolean;
}

/** Residuals up to this share of the largest value are the rounding of f32 products: more passes leave them there. */
const NOISE = 2 ** -20;

/** Bytes of vectors that `singularValues` may hold. */
const MOST_BYTES = 2 ** 29;

/** Block Lanczos with all images kept, so that residuals are those of the vectors as computed. */
export function* leadingEigenvalues(
  machine: Machine,
  dimension: number,
  rank: number,
  options: SpectrumOptions,
): Applications<Leading> {
  const { count, tolerance = DEFAULT_TOLERANCE, seed = 1 } = options;
  const width = columnsFor(count);
  const groups = width / WIDTH;
  const { maxIterations = Math.ceil(Math.max(512, 6 * count) / width) } = options;
  const affordable = Math.max(1, Math.floor(MOST_BYTES / (dimension * width * 8)));
  const passes = Math.min(maxIterations, affordable, 2 * Math.ceil(rank / width) + 4);
  const basis = new Basis(machine, dimension, passes * groups);
  const products = new Products(basis, passes * groups);
  const random = new Random(seed);
  let blocks = 0;
  let last = 0;
  let iterations = 0;
  let look = 0;
  for (;;) {
    const first = blocks;
    if (iterations < passes) blocks = yield* basis.extend(blocks, last, Math.min(width, dimension), random, true);
    last = first;
    if (blocks > first) {
      yield Array.from({ length: blocks - first }, (_, i) => basis.application(first + i));
      iterations++;
      for (let i = first; i < blocks; i++) yield* products.join(i);
    }
    const ended = blocks === first || iterations === passes;
    if (!ended && (blocks * WIDTH < look || products.active.length < count)) continue;
    look = Math.ceil(blocks * WIDTH * GROWTH);
    const { n, compressed, images } = compress(products);
    const { values, vectors } = symmetricEigen(machine, symmetrised(compressed, n), n);
    const residuals = Float64Array.from({ length: Math.min(count, n) }, (_, i) =>
      Math.sqrt(Math.max(0, quadraticForm(images, vectors[i], n) - values[i] * values[i])),
    );
    const converged = residuals.every((residual, i) => residual <= tolerance * values[i]);
    const done = residuals.every((residual, i) => residual <= Math.max(tolerance * values[i], NOISE * values[0]));
    if (done || ended) return { values: values.slice(0, residuals.length), residuals, iterations, converged };
  }
}

/** @throws RangeError unless 1 ≤ count ≤ min(rows, columns), and the other options are in range. */
export function checkSpectrumOptions(
  rows: number,
  columns: number,
  { count, tolerance, maxIterations, seed }: SpectrumOptions,
): void {
  const most = Math.min(rows, columns);
  if (!Number.isInteger(count) || count < 1 || count > most)
    throw new RangeError(`count must be a whole number from 1 to min(rows, columns) = ${most}, not ${count}`);
  if (tolerance !== undefined && !(tolerance > 0)) throw new RangeError(`tolerance must be positive, not ${tolerance}`);
  if (maxIterations !== undefined && (!Number.isInteger(maxIterations) || maxIterations < 1))
    throw new RangeError(`maxIterations must be a whole number from 1, not ${maxIterations}`);
  if (seed !== undefined && !Number.isFinite(seed)) throw new RangeError(`seed must be a finite number, not ${seed}`);
}

/**
 * Singular values from eigenvalues of factor · WᵀW; values that the space did not reach are 0 with their bound as
 * residual. `error` is what rounding may have kept from a product with a unit vector, in the eigenvalues' units: with
 * it every residual r of an eigenvalue σ² bounds |s² - σ²| of some singular value s, and so |s - σ| by r/σ and by √r.
 */
export function spectrumOf(
  { values, residuals, iterations, converged }: Leading,
  factor: number,
  error: number,
): Spectrum {
  const singular = values.map((x) => Math.sqrt(Math.max(0, x) / factor));
  return {
    values: singular,
    residuals: residuals.map((own, i) => {
      const r = (own + error) / factor;
      return singular[i] * singular[i] > r ? r / singular[i] : Math.sqrt(r);
    }),
    iterations,
    converged,
  };
}
