import { inversePowerOfTwo } from "../base/powers-of-two.js";
import { Random } from "../base/random.js";
import { eigenvalues } from "../kernels/eigenvalues.js";
import type { Machine } from "../kernels/machine.js";
import { type Application, Basis, WIDTH } from "./krylov.js";
import { columnsFor, GROWTH } from "./lanczos.js";
import { applyInPasses, type DenseShape, type Pass } from "./pass.js";

/** QᵀMQ, grown block by block; zero columns of Q give zero rows and columns. */
class Compression {
  readonly entries: Float64Array;
  readonly side: number;
  private order = 0;

  constructor(private readonly basis: Basis) {
    this.side = basis.capacity * WIDTH;
    this.entries = new Float64Array(this.side * this.side);
  }

  /** Blocks [first, last) with their images, against blocks from `since` on. */
  join(since: number, first: number, last: number): void {
    const { basis } = this;
    for (let j = first; j < last; j++) {
      for (let i = since; i <= j; i++) {
        const block = basis.inner(basis.q[i], basis.y[j]);
        for (let k = 0; k < 64; k++) {
          const row = WIDTH * i + (k >> 3);
          const column = WIDTH * j + (k & 7);
          // The upper triangle is what the eigenproblem reads.
          this.entries[Math.min(row, column) * this.side + Math.max(row, column)] = block[k];
        }
      }
    }
    this.order = WIDTH * last;
  }

  matrix(): Float64Array {
    const { order, side } = this;
    const part = new Float64Array(order * order);
    for (let i = 0; i < order; i++) part.set(this.entries.subarray(i * side + i, i * side + order), i * order + i);
    return part;
  }
}

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

const cumulative = (values: Float64Array, counts: number[]): Float64Array =>
  Float64Array.from(counts, (count) => values.subarray(0, count).reduce((sum, x) => sum + Math.max(0, x), 0));

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
  options: { tolerance?: number; seed?: number } = {},
): Generator<Pass, TopEnergy, void> {
  const factor = inversePowerOfTwo(squaredNorm);
  const rank = Math.min(shape.rows, shape.columns);
  const largest = Math.min(rank, Math.max(...counts));
  const width = columnsFor(largest / 8);
  const capacity = Math.ceil(Math.min(4 * largest + 64, rank + 2 * width) / width) * (width / WIDTH);
  const space = { dimension: shape.columns, capacity, width, look: largest + 2 * width, trace: squaredNorm * factor };
  const result = yield* applyInPasses(
    machine,
    shape,
    factor,
    width / WIDTH,
    ritzEnergies(machine, space, counts, options),
  );
  return { ...result, energies: result.energies.map((x) => x / factor) };
}

interface Space {
  dimension: number;
  /** Blocks at most. */
  capacity: number;
  /** Columns put through M together. */
  width: number;
  /** Columns at the first look. */
  look: number;
  trace: number;
}

function* ritzEnergies(
  machine: Machine,
  space: Space,
  counts: number[],
  options: { tolerance?: number; seed?: number },
): Generator<Application[], TopEnergy, void> {
  const { tolerance = 1e-4, seed = 1 } = options;
  const { dimension, capacity, width, trace } = space;
  const groups = width / WIDTH;
  const basis = new Basis(machine, dimension, capacity, 2 * groups);
  const compression = new Compression(basis);
  const random = new Random(seed);
  let blocks = 0;
  let last = 0;
  let iterations = 0;
  let look = space.look;
  let energies: Float64Array = new Float64Array(counts.length);
  for (;;) {
    const first = blocks;
    if (blocks + groups <= capacity) blocks = basis.extend(blocks, last, Math.min(width, dimension), random, true);
    if (blocks > first) {
      yield Array.from({ length: blocks - first }, (_, i) => basis.application(first + i));
      iterations++;
      compression.join(last, first, blocks);
      last = first;
    }
    if (blocks > first && blocks * WIDTH < look) continue;
    look = Math.ceil(blocks * WIDTH * GROWTH);
    const before = energies;
    const ritz = machine.scope(() => eigenvalues(machine, machine.copyFloat64(compression.matrix()), blocks * WIDTH));
    energies = cumulative(ritz, counts);
    // No energy can gain more than the whole trace that the space has not captured.
    const rest = trace - cumulative(ritz, [ritz.length])[0];
    const converged = energies.every((x, i) => Math.min(x - before[i], rest) <= tolerance * x);
    if (converged || blocks === first) return { energies, iterations, converged };
  }
}
