import { inversePowerOfTwo } from "../base/powers-of-two.js";
import { eigenvectors } from "../kernels/eigenvectors.js";
import type { Machine } from "../kernels/machine.js";
import { WIDTH } from "./krylov.js";
import { applyInPasses, type DenseShape, type Pass } from "./pass.js";
import { type GrownSpace, growSpace, spaceFor } from "./ritz.js";

/** Leading right singular vectors of a matrix. */
export interface TopVectors {
  /** Their σ², largest first, as Ritz values: each from below. */
  squares: Float64Array;
  /**
   * Pointer to count × columns f32: row k is the unit vector of `squares[k]`. Its largest entry in size is positive.
   */
  vectors: number;
  count: number;
  /** Passes over the matrix. */
  iterations: number;
  /** Whether the last growth of the space by an eighth raised their energy by no more than the tolerance. */
  converged: boolean;
}

/**
 * The `count` leading right singular vectors of W in passes over its rows: Ritz vectors of WᵀW from a block Krylov
 * space with full reorthogonalisation, of at most four times as many columns. For ranks well below the smaller side;
 * nearer to it src/kernels/eigenvectors.ts is the way. `squaredNorm` is ‖W‖², positive. What it allocates in the arena
 * before the first pass, some 20 bytes a column times `count` at least, is freed at the end but for the vectors; the
 * caller frees those. Orthonormal to some 1e-6. The energy that they hold (Σ ‖Wv‖², within f32 rounding the sum of
 * `squares`) is within some multiple of `tolerance` of the best where the spectrum falls; noise without end converges
 * last.
 */
export function* topVectors(
  machine: Machine,
  shape: DenseShape,
  squaredNorm: number,
  { count, tolerance = 5e-4, seed = 1 }: { count: number; tolerance?: number | undefined; seed?: number | undefined },
): Generator<Pass, TopVectors, void> {
  const factor = inversePowerOfTwo(squaredNorm);
  const rank = Math.min(shape.rows, shape.columns);
  const wanted = Math.min(count, rank);
  const vectors = machine.allocate(wanted * shape.columns * 4);
  const marked = machine.exports.mark();
  try {
    const space = spaceFor(wanted, shape.columns, rank, squaredNorm * factor);
    const applications = growSpace(machine, space, [wanted], { tolerance, seed });
    const grown = yield* applyInPasses(machine, shape, factor, space.width / WIDTH, applications);
    machine.scope(() => ritzVectors(machine, grown, wanted, vectors));
    const squares = Float64Array.from(grown.values.subarray(0, wanted), (value) => Math.max(0, value) / factor);
    return { squares, vectors, count: wanted, iterations: grown.iterations, converged: grown.converged };
  } finally {
    machine.exports.release(marked);
  }
}

/** Q S as rows, eight vectors at a time. */
function ritzVectors(
  machine: Machine,
  { basis, compression, values }: GrownSpace,
  count: number,
  target: number,
): void {
  const { exports } = machine;
  const order = values.length;
  const { dimension } = basis;
  const compressed = compression.matrix();
  // Columns of Q without a direction: below all that M has.
  for (let b = 0; b * WIDTH < order; b++) {
    const inner = basis.inner(basis.q[b], basis.q[b]);
    for (let c = 0; c < WIDTH; c++) if (inner[(WIDTH + 1) * c] === 0) compressed[(order + 1) * (WIDTH * b + c)] = -1;
  }
  const found = eigenvectors(machine, machine.copyFloat64(compressed), order, order, () => count);
  const block = machine.allocate(dimension * WIDTH * 4);
  const factors = machine.allocate(WIDTH * WIDTH * 8);
  for (let first = 0; first < count; first += WIDTH) {
    const across = Math.min(WIDTH, count - first);
    machine.bytes(block, dimension * WIDTH * 4).fill(0);
    for (let b = 0; b * WIDTH < order; b++) {
      const rows = machine.float64(found.vectors, count * order);
      const part = machine.float64(factors, WIDTH * WIDTH).fill(0);
      for (let c = 0; c < WIDTH; c++) {
        for (let k = 0; k < across; k++) part[WIDTH * c + k] = rows[(first + k) * order + WIDTH * b + c];
      }
      exports.blockUpdate(dimension, block, 1, basis.q[b], factors);
    }
    spread(machine.float32(block, dimension * WIDTH), across, machine.float32(target, count * dimension), first);
  }
}

/** Columns of a block as rows of unit length whose largest entry is positive. */
function spread(block: Float32Array, across: number, rows: Float32Array, first: number): void {
  const dimension = block.length / WIDTH;
  for (let k = 0; k < across; k++) {
    let squares = 0;
    let largest = 0;
    for (let i = 0; i < dimension; i++) {
      const x = block[WIDTH * i + k];
      squares += x * x;
      if (Math.abs(x) > Math.abs(largest)) largest = x;
    }
    const by = squares > 0 ? (largest < 0 ? -1 : 1) / Math.sqrt(squares) : 0;
    for (let i = 0; i < dimension; i++) rows[(first + k) * dimension + i] = by * block[WIDTH * i + k];
  }
}
