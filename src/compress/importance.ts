import { layerOf, roleOf } from "../checkpoint/names.js";
import type { StoredMatrix } from "../matrix/stored.js";

/** No column counts less than this share of the mean square: what the activations never met must not blow up. */
const LEAST = 1e-6;

/**
 * Roots of the mean squares of a matrix's inputs, scaled to a mean square of 1; null where none are known. They are
 * found by the tensor's name, or by its layer and role where the names are of another scheme.
 */
export function columnWeights(
  importance: ReadonlyMap<string, Float32Array>,
  matrix: StoredMatrix,
): Float64Array | null {
  const squares = importance.get(matrix.tensor.name) ?? byPlace(importance, matrix);
  if (!squares || matrix.transposed || squares.length !== matrix.columns) return null;
  const mean = squares.reduce((sum, x) => sum + x, 0) / squares.length;
  if (!(mean > 0 && Number.isFinite(mean))) return null;
  return Float64Array.from(squares, (x) => Math.sqrt(Math.max(x / mean, LEAST)));
}

function byPlace(importance: ReadonlyMap<string, Float32Array>, matrix: StoredMatrix): Float32Array | undefined {
  if (matrix.role === null) return undefined;
  for (const [name, squares] of importance) {
    if (layerOf(name) === matrix.layer && roleOf(name) === matrix.role) return squares;
  }
  return undefined;
}
