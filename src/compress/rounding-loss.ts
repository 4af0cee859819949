import { dequantizeBlocks, quantizeBlocks } from "../checkpoint/blocks.js";
import { DEFAULT_WIDTH, gaussianBasis, reconstruct } from "../gaussians/uniform.js";
import type { Machine } from "../kernels/machine.js";
import { isBlocked } from "./codec.js";
import type { Replacement } from "./parts.js";
import type { Spool } from "./spool.js";

/** Rows of amplitudes at once. */
const BATCH = 64;

/**
 * ‖LR - L̂R̂‖² of factors in 8 or 4 bits, by which the rounding lowers the energy kept: Σ_k ‖r_k‖²‖l_k - l̂_k‖² +
 * ‖l_k‖²‖r_k - r̂_k‖² over orthogonal directions, of second order exact; what both errors make together is left out. Of
 * amplitudes it is ‖(A - Â)G‖², exact, as the residual has no part along the basis. 0 where nothing is rounded in
 * blocks.
 */
export async function roundingLoss(machine: Machine, spool: Spool, replacement: Replacement): Promise<number> {
  const { rows, columns, codec, kept, numbers } = replacement;
  if (!isBlocked(codec)) return 0;
  let loss = 0;
  if (numbers.method === "gaussian") {
    const basis = gaussianBasis(columns, kept, DEFAULT_WIDTH);
    for (let first = 0; first < rows; first += BATCH) {
      const last = Math.min(rows, first + BATCH);
      const amplitudes = errorOf(await spool.read(numbers.amplitudes, first * kept, last * kept), kept, codec.bits);
      loss += squaresOf(reconstruct(machine, { rows: last - first, amplitudes, basis }));
    }
    return loss;
  }
  for (let k = 0; k < kept; k++) {
    const left = await spool.read(numbers.left, k * rows, (k + 1) * rows);
    const right = await spool.read(numbers.right, k * columns, (k + 1) * columns);
    loss += squaresOf(right) * squaresOf(errorOf(left, rows, codec.bits));
    loss += squaresOf(left) * squaresOf(errorOf(right, columns, codec.bits));
  }
  return loss;
}

function errorOf(values: Float32Array, columns: number, bits: number): Float32Array {
  const rounded = dequantizeBlocks(quantizeBlocks(values, columns, bits), columns);
  return rounded.map((x, i) => values[i] - x);
}

function squaresOf(values: Float32Array): number {
  let sum = 0;
  for (const x of values) sum += x * x;
  return sum;
}
