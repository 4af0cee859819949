import { inversePowerOfTwo } from "../base/powers-of-two.js";
import type { Machine } from "../kernels/machine.js";
import { WIDTH } from "./krylov.js";
import { applyInPasses, type DenseShape, type Passes } from "./pass.js";
import { growSpace, spaceFor } from "./ritz.js";

/** Energies of leading singular values. */
export interface TopEnergy {
  /** Σ of the squares of the `counts[i]` largest singular values, from below. */
  energies: Float64Array;
  /** Passes over the matrix; 0 from a Gram matrix. */
  iterations: number;
  /**
   * Whether the last growth of the space by an eighth raised no energy by more than the tolerance, or none can rise by
   * more.
   */
  converged: boolean;
}

/**
 * Σ of the squares of the top K singular values for several K in one run: block Lanczos with full reorthogonalisation
 * on WᵀW (Golub & Underwood 1977), a space of at most four times the largest K. Ritz values are from below.
 * `squaredNorm` is ‖W‖², positive. Vectors are allocated in the arena before the first pass: some 16 bytes a column
 * times the largest K.
 */
export function* topEnergy(
  machine: Machine,
  shape: DenseShape,
  squaredNorm: number,
  counts: number[],
  options: { tolerance?: number | undefined; seed?: number | undefined } = {},
): Passes<TopEnergy> {
  const factor = inversePowerOfTwo(squaredNorm);
  const rank = Math.min(shape.rows, shape.columns);
  const space = spaceFor(Math.min(rank, Math.max(...counts)), shape.columns, rank, squaredNorm * factor);
  const { tolerance = 1e-4, seed = 1 } = options;
  const applications = growSpace(machine, space, counts, { tolerance, seed });
  const grown = yield* applyInPasses(machine, shape, factor, space.width / WIDTH, applications);
  const { energies, iterations, converged } = grown;
  return { energies: energies.map((x) => x / factor), iterations, converged };
}
