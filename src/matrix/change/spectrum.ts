import { symmetricEigen } from "../../kernels/eigen.js";
import type { Machine } from "../../kernels/machine.js";

/**
 * Unit eigenvectors of the `count` largest eigenvalues of a symmetric matrix, `side` f64 from row to row, of which
 * `order` rows and columns count and the upper triangle is read.
 */
export function leadingVectors(
  machine: Machine,
  upper: Float64Array,
  { side, order, count }: { side: number; order: number; count: number },
): Float64Array[] {
  const lower = new Float64Array(order * order);
  for (let i = 0; i < order; i++) for (let j = 0; j <= i; j++) lower[i * order + j] = upper[j * side + i];
  return symmetricEigen(machine, lower, order).vectors.slice(0, count);
}
