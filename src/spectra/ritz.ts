import { Random } from "../base/random.js";
import { eigenvaluesInSlices } from "../kernels/eigenvalues.js";
import type { Machine } from "../kernels/machine.js";
import { type Applications, Basis, type Breaths, breathing, WIDTH } from "./krylov.js";
import { columnsFor, GROWTH } from "./lanczos.js";

/** QᵀMQ, grown block by block; zero columns of Q give zero rows and columns. */
export class Compression {
  readonly entries: Float64Array;
  readonly side: number;
  private order = 0;

  constructor(private readonly basis: Basis) {
    this.side = basis.capacity * WIDTH;
    this.entries = new Float64Array(this.side * this.side);
  }

  /** Blocks [first, last) with their images, against blocks from `since` on. */
  *join(since: number, first: number, last: number): Breaths {
    const { basis } = this;
    for (let j = first; j < last; j++) {
      for (let i = since; i <= j; i++, yield null) {
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

/** Σ of the largest `counts[i]` values, none taken below 0. */
export const cumulative = (values: Float64Array, counts: number[]): Float64Array =>
  Float64Array.from(counts, (count) => values.subarray(0, count).reduce((sum, x) => sum + Math.max(0, x), 0));

/** How a space for the leading directions of a symmetric M grows. */
export interface Space {
  dimension: number;
  /** Blocks at most. */
  capacity: number;
  /** Columns put through M together. */
  width: number;
  /** Columns at the first look. */
  look: number;
  trace: number;
}

/** The space for `count` directions of a matrix whose rank is at most `rank`: at most four times as many columns. */
export function spaceFor(count: number, dimension: number, rank: number, trace: number): Space {
  const width = columnsFor(count / 8);
  const capacity = Math.ceil(Math.min(4 * count + 64, rank + 2 * width) / width) * (width / WIDTH);
  return { dimension, capacity, width, look: count + 2 * width, trace };
}

/** A block Krylov space as it was when it ended, and what it says of M. */
export interface GrownSpace {
  basis: Basis;
  compression: Compression;
  /** Ritz values, largest first. */
  values: Float64Array;
  energies: Float64Array;
  iterations: number;
  converged: boolean;
}

/**
 * Block Lanczos with full reorthogonalisation (Golub & Underwood 1977), until growth by an eighth raises none of the
 * sums of the largest `counts` Ritz values by more than the tolerance, or the space is full.
 */
export function* growSpace(
  machine: Machine,
  space: Space,
  counts: number[],
  { tolerance, seed }: { tolerance: number; seed: number },
): Applications<GrownSpace> {
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
    if (blocks + groups <= capacity)
      blocks = yield* basis.extend(blocks, last, Math.min(width, dimension), random, true);
    if (blocks > first) {
      yield Array.from({ length: blocks - first }, (_, i) => basis.application(first + i));
      iterations++;
      yield* compression.join(last, first, blocks);
      last = first;
    }
    if (blocks > first && blocks * WIDTH < look) continue;
    look = Math.ceil(blocks * WIDTH * GROWTH);
    const before = energies;
    const marked = machine.exports.mark();
    const values = yield* breathing(
      eigenvaluesInSlices(machine, machine.copyFloat64(compression.matrix()), blocks * WIDTH),
    );
    machine.exports.release(marked);
    energies = cumulative(values, counts);
    // No energy can gain more than the whole trace that the space has not captured.
    const rest = trace - cumulative(values, [values.length])[0];
    const converged = energies.every((x, i) => Math.min(x - before[i], rest) <= tolerance * x);
    if (converged || blocks === first) return { basis, compression, values, energies, iterations, converged };
  }
}
