import { type RowRange, rowsOfChunk } from "../base/chunks.js";
import { methodFor } from "../spectra/method.js";
import type { ParticipationOptions } from "../types.js";
import { distinctGaussians } from "./asked.js";
import { productPasses } from "./row-products.js";
import { firstRead } from "./rows.js";
import type { StoredMatrix } from "./stored.js";

/** The options of `analyze` that a matrix needs. Plain data: they travel to workers. */
export interface MatrixOptions {
  gaussians: string[];
  width: number;
  permutations: number;
  participation: ParticipationOptions;
  svd: boolean;
  energy: number | null;
  seed: number;
}

/** Up to this smaller side `svd` takes the whole spectrum from the Gram matrix; above, block Lanczos is the cheaper. */
const FULL_SPECTRUM_SIDE = 512;

/** What follows from the options for one matrix. */
export interface Schedule {
  exact: boolean;
  needsGram: boolean;
  /** Whether the Gram matrix is that of the rows, W Wᵀ. */
  byRows: boolean;
  /** Rows of a chunk. */
  each: number;
  /** Bytes for the rows as they pass: held rows of W Wᵀ take the other half. */
  memory: number;
  /** How often they pass, as far as is known beforehand. */
  passes: number;
}

export function scheduleOf(plan: StoredMatrix, options: MatrixOptions, memory = 0): Schedule {
  const { rows, columns } = plan;
  const exact = methodFor(rows, columns, options.participation) === "exact";
  const needsGram = exact || options.energy !== null || (options.svd && Math.min(rows, columns) <= FULL_SPECTRUM_SIDE);
  const byRows = needsGram && rows < columns;
  return {
    exact,
    needsGram,
    byRows,
    each: rowsOfChunk(rows, columns, needsGram && !byRows ? columns : 0),
    memory: byRows ? memory / 2 : memory,
    passes: Math.max(exact && options.energy === null ? 1 : 2, byRows ? productPasses(plan, memory / 2) : 1),
  };
}

/** Bytes of the first read, for whoever wants to make it early; 0 where it cannot be said. */
export function firstReadOf(plan: StoredMatrix, options: MatrixOptions, memory: number): number {
  const schedule = scheduleOf(plan, options, memory);
  return firstRead(plan, schedule.memory, schedule.passes);
}

/**
 * About the nanoseconds that a matrix takes, to share work by: each weight by itself, under each basis and permutation,
 * and in the exact method's products or the power method's usual passes; then what `svd` and `energy` ask of its
 * spectrum or of further passes.
 */
export function costOf(plan: StoredMatrix, options: MatrixOptions): number {
  const { rows, columns } = plan;
  const { exact, needsGram } = scheduleOf(plan, options);
  const smaller = Math.min(rows, columns);
  const counts = distinctGaussians(options.gaussians, columns);
  const fits = 0.4 * counts.length * (1 + options.permutations);
  const spectrum =
    options.svd || options.energy !== null
      ? needsGram
        ? smaller ** 3 / 3
        : 0.4 * rows * columns * Math.max(...counts)
      : 0;
  return (
    rows * columns * (0.3 + fits + (exact || needsGram ? smaller / 50 : 6) + (options.energy !== null ? 20 : 0)) +
    spectrum
  );
}

/**
 * The rows for each of at most `threads` threads that share a matrix, in whole chunks; none where its rows cannot be
 * shared.
 */
export function rangesOf(plan: StoredMatrix, options: MatrixOptions, threads: number): RowRange[] {
  const { byRows, each } = scheduleOf(plan, options);
  const chunks = Math.ceil(plan.rows / each);
  const shares = Math.min(threads, chunks);
  if (byRows || plan.transposed) return [];
  const border = (k: number): number => Math.min(plan.rows, Math.floor((k * chunks) / shares) * each);
  return Array.from({ length: shares }, (_, k) => ({ first: border(k), last: border(k + 1) }));
}
