import { atOnce, eigenvaluesInSlices } from "../kernels/eigenvalues.js";
import type { Machine } from "../kernels/machine.js";

/** The Gram matrix of a matrix's smaller side: its upper triangle, `stride` f64 from row to row. */
export interface GramOfSide {
  pointer: number;
  stride: number;
  /** The smaller side. */
  order: number;
  /** Products summed for an entry: the larger side. */
  terms: number;
}

/** All singular values of a matrix. */
export interface AllValues {
  /** σ², largest first, none negative. */
  squares: Float64Array;
  /** The singular value below which nothing is known. */
  floor: number;
}

const ROUNDOFF = 2 ** -53;
/**
 * Reflectors and rotations leave at most this many roundings of ‖G‖ for each row (assembly/band.ts; measured: some 50
 * in all at 4096).
 */
const ROUNDINGS_A_ROW = 8;

/**
 * Singular values that a Gram matrix with f64 products tells from zero: those above √((N + 8M) u Σσ²), u = 2⁻⁵³, of N
 * terms and order M. An entry is N exact products summed in f64, off by at most N u |wᵢ|ᵀ|wⱼ|, so the matrix by at
 * most N u Σ|wᵢ||wⱼ| ≤ N u Σσ² in norm; an eigenvalue is off by no more than the matrix (Weyl), and by the roundings
 * of its reduction.
 */
export const floorOf = (squaredNorm: number, order: number, terms: number): number =>
  Math.sqrt((terms + ROUNDINGS_A_ROW * order) * ROUNDOFF * squaredNorm);

/**
 * All σ² of a matrix from its Gram matrix, which is destroyed. Yields the share that is done every few tens of
 * milliseconds.
 * @throws RangeError where memory ends, or an entry is not finite.
 */
export function* allSquaresInSlices(machine: Machine, gram: GramOfSide): Generator<number, AllValues, void> {
  const values = yield* eigenvaluesInSlices(machine, gram.pointer, gram.order, gram.stride);
  const squares = values.map((value) => Math.max(0, value));
  return {
    squares,
    floor: floorOf(
      squares.reduce((sum, x) => sum + x, 0),
      gram.order,
      gram.terms,
    ),
  };
}

/** The same at once. */
export const allSquares = (machine: Machine, gram: GramOfSide): AllValues => atOnce(allSquaresInSlices(machine, gram));
