import { type ChunkWork, cutAtChunks, rowsOfChunk, type Slices } from "../base/chunks.js";
import type { Machine } from "../kernels/machine.js";
import { type Applications, breathing } from "./krylov.js";

/**
 * One reading of a dense W from its first row to its last, that puts blocks of eight vectors through WᵀW. The driver
 * adds the sums of each chunk of rows (GramSums) to `totals`, in order, then resumes the generator that yielded the
 * pass: so one algorithm serves a matrix in memory and one that is read again from its file, by one thread or several,
 * with the same bits.
 */
export interface Pass {
  /** columns × 8 f32 each (assembly/power.ts). */
  readonly vectors: readonly number[];
  /** columns × 8 f64 each, zeros at first. */
  readonly totals: readonly number[];
}

/** Passes one after the other; null is a breath between them. */
export type Passes<T> = Generator<Pass | null, T, void>;

/** A dense matrix that passes read: `stride` f32 values from row to row. */
export interface DenseShape {
  rows: number;
  columns: number;
  stride: number;
}

/** Elements of a slice, or rows of eight of a block: some milliseconds of either. */
const SLICE = 1 << 20;

/** Calls `work` for [first, first + count) after each other, each a slice, until `length` are done. */
function* inSlices(length: number, work: (first: number, count: number) => void): Slices {
  for (let first = 0; first < length; first += SLICE) {
    work(first, Math.min(SLICE, length - first));
    yield;
  }
}

/** WᵀW · vectors over the rows of a chunk. Its memory is taken from the arena at once; the caller frees it. */
export class GramSums implements ChunkWork<Float64Array[]> {
  private readonly blocks: { vectors: number; partial: number; total: number }[];

  constructor(
    private readonly machine: Machine,
    private readonly columns: number,
    private readonly stride: number,
    vectors: readonly number[],
  ) {
    this.blocks = vectors.map((block) => ({
      vectors: block,
      partial: machine.allocate(columns * 32),
      total: machine.allocate(columns * 64),
    }));
  }

  *begin(): Slices {
    for (const { partial, total } of this.blocks) {
      yield* this.machine.clear(partial, this.columns * 32);
      yield* this.machine.clear(total, this.columns * 64);
    }
  }

  *visit(pointer: number, firstRow: number, rows: number): Slices {
    const each = Math.max(4, Math.floor(SLICE / this.columns) & ~3);
    for (const { vectors, partial, total } of this.blocks) {
      for (let row = 0; row < rows; row += each, yield) {
        const from = pointer + row * this.stride * 4;
        const count = Math.min(each, rows - row);
        this.machine.exports.applyGram(from, count, this.columns, this.stride, firstRow + row, vectors, partial, total);
      }
    }
  }

  /** One array a block. Views: the next chunk, or growth of the memory, overwrites them. */
  *end(): Slices<Float64Array[]> {
    const { machine, columns } = this;
    for (const { partial, total } of this.blocks)
      yield* inSlices(columns, (first, count) =>
        machine.exports.joinPartial(count, partial + first * 32, total + first * 64),
      );
    return this.blocks.map(({ total }) => machine.float64(total, columns * 8));
  }
}

/** Adds the sums of a chunk to a pass's totals. */
export function* addToTotals(machine: Machine, { totals }: Pass, sums: readonly Float64Array[]): Slices {
  for (const [i, sum] of sums.entries()) {
    const total = machine.float64(totals[i], sum.length);
    yield* inSlices(sum.length, (first, count) => {
      for (let k = first; k < first + count; k++) total[k] += sum[k];
    });
  }
}

/** Runs a generator of passes over a matrix that lies whole in memory, in slices. */
export function* runPasses<T>(
  machine: Machine,
  { rows, columns, stride }: DenseShape,
  pointer: number,
  passes: Passes<T>,
): Slices<T> {
  const each = rowsOfChunk(rows, columns);
  for (;;) {
    const step = passes.next();
    if (step.done) return step.value;
    const pass = step.value;
    if (pass === null) {
      yield;
      continue;
    }
    const marked = machine.exports.mark();
    try {
      const work = new GramSums(machine, columns, stride, pass.vectors);
      const take = (sums: readonly Float64Array[]): Slices => addToTotals(machine, pass, sums);
      yield* cutAtChunks(each, { first: 0, last: rows }, stride, work, take)(pointer, 0, rows);
    } finally {
      machine.exports.release(marked);
    }
  }
}

/** Turns applications of factor · WᵀW, at most `most` together, into passes over W. */
export function* applyInPasses<T>(
  machine: Machine,
  { columns }: DenseShape,
  factor: number,
  most: number,
  applications: Applications<T>,
): Passes<T> {
  const totals = Array.from({ length: most }, () => machine.allocate(columns * 64));
  for (;;) {
    const step = applications.next();
    if (step.done) return step.value;
    if (step.value === null) {
      yield null;
      continue;
    }
    const pass = { vectors: step.value.map(({ vectors }) => vectors), totals: totals.slice(0, step.value.length) };
    for (const total of pass.totals) yield* breathing(machine.clear(total, columns * 64));
    yield pass;
    for (const [i, { image }] of step.value.entries()) {
      const round = (first: number, count: number): void =>
        machine.exports.roundBlock(count, totals[i] + first * 64, factor, image + first * 32);
      yield* breathing(inSlices(columns, round));
    }
  }
}
