import { inversePowerOfTwo } from "../base/powers-of-two.js";
import { Random } from "../base/random.js";
import type { Machine } from "../kernels/machine.js";
import { PackedFactor, TransposedSums } from "../kernels/panels.js";
import { normaliseColumns } from "./normalise.js";
import type { PassingRows } from "./passing.js";
import { ritzVectors } from "./ritz.js";

/** Blocks of the Krylov space: random vectors through Wᵀ, then eight times WᵀW. */
const BLOCKS = 9;
/** Rows whose products with a block are there at once. */
const GROUP = 64;
/** Squared length, beside the largest of the block, from which on a direction of it is more than f32's rounding. */
const NOISE = 1e-11;
/** What is left of a unit vector's square where it is rounding, and where rounding does not matter. */
const [SPENT, CLEAN] = [1e-4, 0.25];
/** How often what is spent is replaced. */
const TURNS = 6;

/** Passes over the rows. */
export const SUBSPACE_PASSES = BLOCKS + 1;

/**
 * The `count` leading right singular vectors of W as weighed: Ritz vectors of WᵀW from a block Krylov space of
 * a quarter as many vectors and eight more a block, nine blocks (Musco & Musco 2015): of a 4096² matrix whose spectrum
 * falls slowly .999 of the best energy at rank 256, where four blocks of half as many hold .984 and `count` + 10 random
 * vectors after two power steps (Halko, Martinsson & Tropp 2011) .973. Where the space is exhausted before, as by a
 * spectrum of few different values, random vectors go on. Sums over rows join in an order that blocks of rows do not
 * change.
 */
export async function leadingVectors(
  rows: PassingRows,
  squares: number,
  count: number,
  seed: number,
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const { machine } = rows;
  const marked = machine.exports.mark();
  try {
    return await new Subspace(rows, count, inversePowerOfTwo(squares)).find(new Random(seed), signal);
  } finally {
    machine.exports.release(marked);
  }
}

class Subspace {
  readonly machine: Machine;
  readonly columns: number;
  /** Vectors of a block, and of all. */
  private readonly block: number;
  readonly order: number;
  /** Q: columns × order f32; blocks stand beside each other. */
  readonly basis: number;
  /** QᵀWᵀWQ · factor, of which the upper triangle counts. */
  readonly compressed: Float64Array;

  constructor(
    private readonly rows: PassingRows,
    readonly count: number,
    private readonly factor: number,
  ) {
    this.machine = rows.machine;
    this.columns = rows.matrix.columns;
    this.block = Math.ceil((count / 4 + 8) / 8) * 8;
    this.order = BLOCKS * this.block;
    this.basis = this.machine.allocate(this.columns * this.order * 4);
    this.machine.bytes(this.basis, this.columns * this.order * 4).fill(0);
    this.compressed = new Float64Array(this.order * this.order);
  }

  async find(random: Random, signal?: AbortSignal): Promise<Float64Array[]> {
    this.place(await this.images(-1, random), 0, 1);
    this.orthonormalise(0, random);
    for (let j = 0; j + 1 < BLOCKS; j++) {
      const image = await this.images(j, random);
      this.place(image, j + 1, this.factor);
      this.machine.scope(() => {
        const copy = this.machine.copyFloat32(this.blockOf(j + 1));
        const along = this.along(copy, this.block, j + 1);
        this.keep(along, 0, j, j + 1);
        this.orthonormalise(j + 1, random);
        // What is left of the image lies along the next block alone.
        const next = this.between(this.at(j + 1), copy);
        for (let a = 0; a < this.block; a++) {
          for (let b = 0; b < this.block; b++)
            this.compressed[(j * this.block + b) * this.order + (j + 1) * this.block + a] = next[a * this.block + b];
        }
      });
    }
    const last = BLOCKS - 1;
    const own = await this.squaresOf(last);
    for (let k = 0; k < own.length; k++) own[k] *= this.factor;
    this.keep(own, last * this.block, last, 1);
    return ritzVectors(this, signal);
  }

  private at(block: number): number {
    return this.basis + block * this.block * 4;
  }

  private blockOf(block: number): Float32Array {
    const { columns, order } = this;
    const all = this.machine.float32(this.basis, columns * order);
    const values = new Float32Array(columns * this.block);
    for (let i = 0; i < columns; i++) {
      const from = i * order + block * this.block;
      values.set(all.subarray(from, from + this.block), i * this.block);
    }
    return values;
  }

  /** WᵀW times block `index` of Q; Wᵀ times random vectors where there is none. columns × block f64. */
  private images(index: number, random: Random): Promise<Float64Array> {
    const { machine, columns, block, rows, order } = this;
    const { stride, matrix } = rows;
    return this.held(async () => {
      const products = machine.allocate(GROUP * block * 4);
      const packed = new PackedFactor(machine, columns, block);
      if (index >= 0) packed.pack(this.at(index), order);
      const sums = new TransposedSums(machine, columns, block);
      sums.begin();
      await this.pass((pointer, first, many) => {
        if (index < 0) {
          const drawn = machine.float32(products, many * block);
          for (let k = 0; k < drawn.length; k++) drawn[k] = random.uint32() / 2147483648 - 1;
        } else packed.multiply({ a: pointer, rows: many, stride, out: products, strideOut: block, sign: 1 });
        sums.add(pointer, stride, products, block, { first, rows: many });
      });
      return sums.end(matrix.rows).slice();
    });
  }

  /** (W Q)ᵀ(W Q) of one block of Q. */
  private squaresOf(index: number): Promise<Float64Array> {
    const { machine, columns, block, rows, order } = this;
    return this.held(async () => {
      const products = machine.allocate(GROUP * block * 4);
      const packed = new PackedFactor(machine, columns, block);
      packed.pack(this.at(index), order);
      const sums = new TransposedSums(machine, block, block);
      sums.begin();
      await this.pass((pointer, first, many) => {
        const { stride } = rows;
        packed.multiply({ a: pointer, rows: many, stride, out: products, strideOut: block, sign: 1 });
        sums.add(products, block, products, block, { first, rows: many });
      });
      return sums.end(rows.matrix.rows).slice();
    });
  }

  /** All rows as weighed, at most GROUP at a time. */
  private pass(visit: (pointer: number, first: number, many: number) => void): Promise<void> {
    const { rows } = this;
    return rows.pass((pointer, first, count) => {
      rows.weigh(pointer, count);
      for (let done = 0; done < count; done += GROUP)
        visit(pointer + done * rows.stride * 4, first + done, Math.min(GROUP, count - done));
    });
  }

  /** Work whose memory is freed at its end. */
  private async held<T>(work: () => Promise<T>): Promise<T> {
    const marked = this.machine.exports.mark();
    const found = await work();
    this.machine.exports.release(marked);
    return found;
  }

  /** Block `index` of Q from f64 values. */
  private place(values: Float64Array, index: number, factor: number): void {
    const { columns, block, order } = this;
    const all = this.machine.float32(this.basis, columns * order);
    for (let i = 0; i < columns; i++) {
      for (let k = 0; k < block; k++) all[i * order + index * block + k] = values[i * block + k] * factor;
    }
  }

  /** `along` (block f64 a row) into the columns of block `index` of the compression, from row `first` on. */
  private keep(along: Float64Array, first: number, index: number, blocks: number): void {
    const { block, order, compressed } = this;
    for (let i = 0; i < blocks * block; i++) {
      for (let k = 0; k < block; k++) compressed[(first + i) * order + index * block + k] = along[i * block + k];
    }
  }

  /** Qᵀ times a block of vectors at `stride`: of the first `blocks` blocks of Q. A view. */
  private along(vectors: number, stride: number, blocks: number): Float64Array {
    const { machine, columns, block, order, basis } = this;
    const sums = new TransposedSums(machine, blocks * block, block);
    sums.begin();
    sums.add(basis, order, vectors, stride, { first: 0, rows: columns });
    return sums.end(columns);
  }

  /** One block of Q, transposed, times vectors of a block. A view. */
  private between(one: number, vectors: number): Float64Array {
    const { machine, columns, block, order } = this;
    const sums = new TransposedSums(machine, block, block);
    sums.begin();
    sums.add(one, order, vectors, block, { first: 0, rows: columns });
    return sums.end(columns);
  }

  /**
   * Orthonormal to the blocks before it and in itself, until a turn takes little off: f32's rounding is then all that
   * is left. Columns that lie along the others become random ones, while there is room for them.
   */
  private orthonormalise(index: number, random: Random): void {
    const { machine, columns, block, order } = this;
    const target = { pointer: this.at(index), rows: columns, columns: block, stride: order };
    const turn = (least: number, unit: boolean): { kept: number; least: number } =>
      machine.scope(() => {
        if (index > 0) this.project(index);
        return normaliseColumns(machine, target, least, unit);
      });
    let { kept } = turn(NOISE, false);
    for (let turns = 0; turns < TURNS; turns++) {
      if (turns + 1 < TURNS) this.fill(index, kept, random);
      const found = turn(SPENT, true);
      if (found.kept === block && found.least > CLEAN) return;
      ({ kept } = found);
    }
  }

  /** Random vectors of about unit length in the columns of block `index` from `first` on. */
  private fill(index: number, first: number, random: Random): void {
    const { machine, columns, block, order } = this;
    const all = machine.float32(this.basis, columns * order);
    const scale = Math.sqrt(3 / columns);
    for (let i = 0; i < columns; i++) {
      for (let k = first; k < block; k++)
        all[i * order + index * block + k] = (random.uint32() / 2147483648 - 1) * scale;
    }
  }

  /** Takes off block `index` what lies along those before it. */
  private project(index: number): void {
    const { machine, columns, block, order, basis } = this;
    const along = machine.copyFloat32(this.along(this.at(index), order, index).slice());
    const packed = new PackedFactor(machine, index * block, block);
    packed.pack(along, block);
    packed.multiply({ a: basis, rows: columns, stride: order, out: this.at(index), strideOut: order, sign: -1 });
  }
}
