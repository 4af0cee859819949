import { type ChunkWork, cutAtChunks, rowsOfChunk } from "../base/chunks.js";
import type { Machine } from "../kernels/machine.js";
import type { Application } from "./krylov.js";

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

/** A dense matrix that passes read: `stride` f32 values from row to row. */
export interface DenseShape {
  rows: number;
  columns: number;
  stride: number;
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

  begin(): void {
    for (const { partial, total } of this.blocks) {
      this.machine.bytes(partial, this.columns * 32).fill(0);
      this.machine.bytes(total, this.columns * 64).fill(0);
    }
  }

  visit(pointer: number, firstRow: number, rows: number): void {
    for (const { vectors, partial, total } of this.blocks)
      this.machine.exports.applyGram(pointer, rows, this.columns, this.stride, firstRow, vectors, partial, total);
  }

  /** One array a block. Views: the next chunk, or growth of the memory, overwrites them. */
  end(): Float64Array[] {
    return this.blocks.map(({ partial, total }) => {
      this.machine.exports.joinPartial(this.columns, partial, total);
      return this.machine.float64(total, this.columns * 8);
    });
  }
}

/** Adds the sums of a chunk to a pass's totals. */
export function addToTotals(machine: Machine, { totals }: Pass, sums: readonly Float64Array[]): void {
  sums.forEach((sum, i) => {
    const total = machine.float64(totals[i], sum.length);
    for (let k = 0; k < sum.length; k++) total[k] += sum[k];
  });
}

/** Runs a generator of passes over a matrix that lies whole in memory. */
export function runPasses<T>(
  machine: Machine,
  { rows, columns, stride }: DenseShape,
  pointer: number,
  passes: Generator<Pass, T, void>,
): T {
  const each = rowsOfChunk(rows, columns);
  for (;;) {
    const step = passes.next();
    if (step.done) return step.value;
    machine.scope(() => {
      const work = new GramSums(machine, columns, stride, step.value.vectors);
      cutAtChunks(each, { first: 0, last: rows }, stride, work, (sums) => addToTotals(machine, step.value, sums))(
        pointer,
        0,
        rows,
      );
    });
  }
}

/** Turns applications of factor · WᵀW, at most `most` together, into passes over W. */
export function* applyInPasses<T>(
  machine: Machine,
  { columns }: DenseShape,
  factor: number,
  most: number,
  applications: Generator<Application[], T, void>,
): Generator<Pass, T, void> {
  const totals = Array.from({ length: most }, () => machine.allocate(columns * 64));
  for (;;) {
    const step = applications.next();
    if (step.done) return step.value;
    const pass = { vectors: step.value.map(({ vectors }) => vectors), totals: totals.slice(0, step.value.length) };
    for (const total of pass.totals) machine.bytes(total, columns * 64).fill(0);
    yield pass;
    step.value.forEach(({ image }, i) => machine.exports.roundBlock(columns, totals[i], factor, image));
  }
}
