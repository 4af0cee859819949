import { eigenvalues } from "../kernels/eigen.js";
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

/** Rounding of products of f32, as a share of the largest σ². */
const PRODUCT_ERROR = 1e-7;

/** All σ² of a matrix from its Gram matrix, which is destroyed. Yields the share that is done. */
export function* allSquaresInSlices(
  machine: Machine,
  { pointer, stride, order }: GramOfSide,
): Generator<number, AllValues, void> {
  machine.exports.mirror(pointer, stride);
  yield 0.5;
  const squares = eigenvalues(machine, pointer, stride)
    .slice(0, order)
    .map((square) => Math.max(0, square));
  return { squares, floor: Math.sqrt(squares[0] * PRODUCT_ERROR) };
}
