import type { SparseMatrix } from "../types.js";

/** The antisymmetric part of T = (C + α)/(row sums + αV) in f64. */
export interface Unrounded {
  /** ‖part‖². */
  squares: number;
  /** Its cells, row by row; null where they were not asked for. */
  cells: Float64Array | null;
}

/**
 * Cell (i, j) is half of (c_ij n_j − c_ji n_i + α (V (c_ij − c_ji) + n_j − n_i)) / (s_i s_j) with n the sums of the
 * counts and s = n + αV: what cancels are whole numbers, so that each cell is rounded a few times and no more, whatever
 * α is. All V² of them are looked at.
 */
export function antisymmetricCells(
  counts: SparseMatrix,
  across: SparseMatrix,
  smoothing: number,
  keep: boolean,
): Unrounded {
  const size = counts.rows;
  const cells = keep ? new Float64Array(size * size) : null;
  const counted = new Float64Array(size);
  for (let i = 0; i < size; i++)
    for (let k = counts.offsets[i]; k < counts.offsets[i + 1]; k++) counted[i] += counts.values[k];
  const forth = new Float64Array(size);
  const back = new Float64Array(size);
  let squares = 0;
  for (let i = 0; i < size; i++) {
    spread(counts, i, forth);
    spread(across, i, back);
    const sum = smoothing * size + counted[i];
    for (let j = i + 1; j < size; j++) {
      const uneven = size * (forth[j] - back[j]) + counted[j] - counted[i];
      const difference = forth[j] * counted[j] - back[j] * counted[i] + smoothing * uneven;
      const cell = difference / sum / (smoothing * size + counted[j]) / 2;
      squares += 2 * cell * cell;
      if (cells) {
        cells[i * size + j] = cell;
        cells[j * size + i] = -cell;
      }
    }
  }
  return { squares, cells };
}

/** A row of a sparse matrix with its zeros. */
function spread({ offsets, indices, values }: SparseMatrix, row: number, target: Float64Array): void {
  target.fill(0);
  for (let k = offsets[row]; k < offsets[row + 1]; k++) target[indices[k]] = values[k];
}
