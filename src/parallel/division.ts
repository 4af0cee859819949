import type { RowRange } from "../base/chunks.js";
import { costOf, type MatrixOptions, rangesOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";

/** A matrix that costs more than this share of what each thread has to do is shared by all. */
const SHARED = 1 / 3;
/**
 * Below this share of it matrices are taken as they lie in their file: none is large enough to keep the others
 * waiting.
 */
const SMALL = 1 / 64;
/** Nanoseconds of work below which starting workers costs more than they save. */
const WORTH_A_WORKER = 100e6;

/** Nanoseconds, about, of all matrices. */
export const costOfAll = (matrices: readonly StoredMatrix[], options: MatrixOptions): number =>
  matrices.reduce((sum, matrix) => sum + costOf(matrix, options), 0);

/** Threads to start beside the calling one, if any: none where they cost more than they save. */
export function workersFor(cost: number, threads: number, alongside: boolean): number {
  if (threads === 1 || (alongside && cost < WORTH_A_WORKER)) return 0;
  return threads - (alongside ? 1 : 0);
}

/** Who does what among `threads` threads. */
export interface Division {
  /** Matrices that would keep one thread busy alone at the end, with the rows of each thread. */
  shared: { index: number; ranges: RowRange[] }[];
  /** The others in the order in which they are begun: the dearest first, where that matters. */
  whole: number[];
}

/** First the matrices that are shared by their rows, then the others whole. */
export function divide(matrices: readonly StoredMatrix[], options: MatrixOptions, threads: number): Division {
  const costs = matrices.map((matrix) => costOf(matrix, options));
  const each = costs.reduce((a, b) => a + b, 0) / threads;
  const division: Division = { shared: [], whole: [] };
  for (const index of [...matrices.keys()].sort((a, b) => costs[b] - costs[a] || a - b)) {
    const ranges = costs[index] > SHARED * each ? rangesOf(matrices[index], options, threads) : [];
    if (ranges.length < 2) division.whole.push(index);
    else division.shared.push({ index, ranges });
  }
  const [dearest] = division.whole;
  if (dearest !== undefined && costs[dearest] < SMALL * each) division.whole.sort((a, b) => a - b);
  return division;
}

/** Rows of a matrix that one thread reads from first to last. */
export interface RowsToRead extends RowRange {
  index: number;
}

/** What will be read, in about the order in which it will. */
export function readingOrder(
  matrices: readonly StoredMatrix[],
  options: MatrixOptions,
  { threads, alongside }: { threads: number; alongside: boolean },
): RowsToRead[] {
  const all = (index: number): RowsToRead => ({ index, first: 0, last: matrices[index].rows });
  if (workersFor(costOfAll(matrices, options), threads, alongside) === 0) return matrices.map((_, index) => all(index));
  const { shared, whole } = divide(matrices, options, threads);
  return [
    ...shared.flatMap(({ index, ranges }) => ranges.map((range) => ({ index, ...range }))),
    ...whole.map((index) => all(index)),
  ];
}
