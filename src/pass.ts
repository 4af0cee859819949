import type { Machine } from "./kernels.js";
import type { Application } from "./krylov.js";

/**
 * One reading of a dense matrix from its first row to its last. The driver calls `visit` with consecutive blocks of rows,
 * f32 in the machine's memory, of any sizes, then resumes the generator that yielded the pass: so one algorithm serves a
 * matrix in memory and one that is read again from its file, with the same bits.
 */
export interface Pass {
  visit(pointer: number, firstRow: number, rows: number): void;
}

/** A dense matrix that passes read: `stride` f32 values from row to row. */
export interface DenseShape {
  rows: number;
  columns: number;
  stride: number;
}

/** Runs a generator of passes over a matrix that lies whole in memory. */
export function runPasses<T>(passes: Generator<Pass, T, void>, pointer: number, rows: number): T {
  for (;;) {
    const step = passes.next();
    if (step.done) return step.value;
    step.value.visit(pointer, 0, rows);
  }
}

/** Turns applications of factor · WᵀW, at most `most` together, into passes over W. */
export function* applyInPasses<T>(machine: Machine, shape: DenseShape, factor: number, most: number, applications: Generator<Application[], T, void>): Generator<Pass, T, void> {
  const { columns, stride } = shape, { exports } = machine;
  const sums = Array.from({ length: most }, () => ({ partial: machine.allocate(columns * 32), total: machine.allocate(columns * 64) }));
  for (;;) {
    const step = applications.next();
    if (step.done) return step.value;
    const blocks = step.value.map((application, i) => ({ ...application, ...sums[i] }));
    for (const { partial, total } of blocks) {
      machine.bytes(partial, columns * 32).fill(0);
      machine.bytes(total, columns * 64).fill(0);
    }
    yield {
      visit(pointer, firstRow, rows) {
        for (const { vectors, partial, total } of blocks) exports.applyGram(pointer, rows, columns, stride, firstRow, vectors, partial, total);
      },
    };
    for (const { image, partial, total } of blocks) {
      exports.joinPartial(columns, partial, total);
      exports.roundBlock(columns, total, factor, image);
    }
  }
}
