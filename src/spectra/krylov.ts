import type { Random } from "../base/random.js";
import { symmetricEigen } from "../kernels/eigen.js";
import type { Machine } from "../kernels/machine.js";

/**
 * A block of vectors to put through M: eight f32 columns, interleaved, at `vectors`; M · vectors goes to `image`
 * (assembly/power.ts).
 */
export interface Application {
  readonly vectors: number;
  readonly image: number;
}

/** Work on blocks, one after the other: between two of them events may come. */
export type Breaths<T = void> = Generator<null, T, void>;
/** Slices of any work as breaths. */
export function* breathing<T>(slices: Generator<unknown, T, void>): Breaths<T> {
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
    yield null;
  }
}
/** Blocks to apply M to, or null for a breath. */
export type Applications<T> = Generator<Application[] | null, T, void>;

/** Columns of a block in memory. */
export const WIDTH = 8;
const BLOCK_BYTES = 4 * WIDTH;

/** Directions whose part orthogonal to the basis is below this share of the vectors they came from are f32 noise. */
const NOISE = 3e-6;
/** Smallest eigenvalue of a block's correlation matrix that still counts as a direction of its own. */
const DEPENDENT = 1e-6;

/**
 * An orthonormal basis Q of a block Krylov space of a symmetric M, block by block, with the images M Q of the last
 * `images` blocks. Columns without a direction of their own are zero.
 */
export class Basis {
  /** Pointers to the blocks of Q, and to M times each. */
  readonly q: number[];
  readonly y: number[];
  private readonly products: number;

  constructor(
    private readonly machine: Machine,
    readonly dimension: number,
    readonly capacity: number,
    images = capacity,
  ) {
    const block = () => machine.allocate(dimension * BLOCK_BYTES);
    this.q = Array.from({ length: capacity }, block);
    const pool = Array.from({ length: Math.min(images, capacity) }, block);
    this.y = this.q.map((_, i) => pool[i % pool.length]);
    this.products = machine.allocate(64 * 8);
  }

  /** aᵀb of two blocks, 8 × 8. A view that the next call overwrites. */
  inner(a: number, b: number): Float64Array {
    this.machine.exports.blockProducts(this.dimension, a, b, this.products);
    return this.machine.float64(this.products, 64);
  }

  /** target = keep · target + source · factors. */
  private update(target: number, keep: number, source: number, factors: ArrayLike<number>): void {
    this.machine.float64(this.products, 64).set(factors);
    this.machine.exports.blockUpdate(this.dimension, target, keep, source, this.products);
  }

  /** Takes off `target` what lies along blocks [first, last) of Q. */
  *project(target: number, first: number, last: number): Breaths {
    for (let i = first; i < last; i++, yield null)
      this.update(
        target,
        1,
        this.q[i],
        this.inner(this.q[i], target).map((x) => -x),
      );
  }

  /**
   * Block `index` of Q from what was put there: orthonormal to the blocks before it and in itself. `recent` blocks
   * before it are all that an image can lie along but for rounding (the three-term recurrence). Gives the number of
   * directions.
   */
  private *orthonormalise(index: number, recent: number): Breaths<number> {
    const before = this.inner(this.q[index], this.q[index]);
    let largest = 0;
    for (let k = 0; k < WIDTH; k++) largest = Math.max(largest, before[9 * k]);
    yield* this.project(this.q[index], Math.max(0, index - recent), index);
    let { directions, weakest } = yield* this.normalise(this.q[index], largest * NOISE * NOISE);
    // Until projecting no longer shortens any direction by much: then f32's rounding is all that is left along the
    // others.
    for (let round = 0; index > 0 && round < 3 && directions > 0 && (round === 0 || weakest < 0.5); round++) {
      yield* this.project(this.q[index], 0, index);
      ({ directions, weakest } = yield* this.normalise(this.q[index], 0.01));
    }
    return directions;
  }

  /**
   * Makes a block's columns orthonormal; those with squares up to `least`, or that depend on others, become zero. Gives
   * the smallest square kept.
   */
  private *normalise(target: number, least: number): Breaths<{ directions: number; weakest: number }> {
    const gram = this.inner(target, target);
    yield null;
    const squares = Array.from({ length: WIDTH }, (_, k) => gram[9 * k]);
    const scale = squares.map((square) => (square > least ? 1 / Math.sqrt(square) : 0));
    const { values, vectors } = symmetricEigen(
      this.machine,
      gram.map((x, at) => x * scale[at >> 3] * scale[at & 7]),
      WIDTH,
    );
    const factors = new Float64Array(64);
    let directions = 0;
    let weakest = Infinity;
    for (let j = 0; j < WIDTH; j++) {
      if (!(values[j] > DEPENDENT)) continue;
      directions++;
      for (let k = 0; k < WIDTH; k++) factors[8 * k + j] = (scale[k] * vectors[j][k]) / Math.sqrt(values[j]);
    }
    for (const square of squares) if (square > least) weakest = Math.min(weakest, square);
    this.update(target, 0, target, factors);
    yield null;
    return { directions, weakest };
  }

  /** Block `index` and where its image goes. */
  application(index: number): Application {
    return { vectors: this.q[index], image: this.y[index] };
  }

  private copy(from: number, to: number): void {
    const length = this.dimension * BLOCK_BYTES;
    this.machine.bytes(to, length).set(this.machine.bytes(from, length));
  }

  /**
   * The next step of the Krylov space after `blocks` blocks in use: up to `groups` blocks from the images of the last
   * step, begun at block `last`, or from uniform random values in the first step and wherever the space is exhausted.
   * Gives the number of blocks then in use; none is added where `restart` is false and the space is exhausted, or the
   * whole space is spanned.
   */
  *extend(blocks: number, last: number, columns: number, random: Random, restart: boolean): Breaths<number> {
    const groups = Math.ceil(columns / WIDTH);
    let used = blocks;
    if (blocks > 0) {
      for (let image = last; image < blocks; image++) {
        this.copy(this.y[image], this.q[used]);
        if ((yield* this.orthonormalise(used, 2 * groups)) > 0) used++;
      }
    }
    if (used > blocks || (blocks > 0 && !restart)) return used;
    for (let g = 0; g < groups; g++) {
      this.fillUniform(this.q[used], Math.min(WIDTH, columns - g * WIDTH), random);
      yield null;
      if ((yield* this.orthonormalise(used, used)) > 0) used++;
    }
    return used;
  }

  /** Independent values, uniform in [-1, 1), in the first `columns` columns of a block; zeros in the others. */
  private fillUniform(target: number, columns: number, random: Random): void {
    const values = this.machine.float32(target, this.dimension * WIDTH);
    for (let i = 0; i < values.length; i++) values[i] = (i & 7) < columns ? random.uint32() / 2147483648 - 1 : 0;
  }

  /** Independent signs in all columns of a block. */
  fillSigns(target: number, random: Random): void {
    const values = this.machine.float32(target, this.dimension * WIDTH);
    for (let i = 0; i < values.length; i += WIDTH) {
      const word = random.uint32();
      for (let k = 0; k < WIDTH; k++) values[i + k] = (word >>> (24 + k)) & 1 ? 1 : -1;
    }
  }
}
