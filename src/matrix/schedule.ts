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
  /** Whether the report keeps the singular values. */
  singularValues: boolean;
  seed: number;
}

/**
 * Up to this smaller side all singular values are found unless that is not wanted: they cost little beside the rest.
 * Above it `svd` alone does with block Lanczos.
 */
export const FULL_SPECTRUM_SIDE = 512;

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

/**
 * How a matrix is computed within `memory` bytes: exactly or by the power method, from WᵀW or WWᵀ, in how many passes.
 * Depends on the matrix and the options, and for the block size alone on memory.
 */
export function scheduleOf(plan: StoredMatrix, options: MatrixOptions, memory = 0, spectrum = plan.spectrum): Schedule {
  const { rows, columns } = plan;
  const exact = methodFor(rows, columns, options.participation) === "exact";
  const small = Math.min(rows, columns) <= FULL_SPECTRUM_SIDE;
  const needsGram = exact || spectrum || options.energy !== null || (options.svd && small);
  const byRows = needsGram && rows < columns;
  return {
    exact,
    needsGram,
    byRows,
    each: rowsOfChunk(rows, columns, needsGram && !byRows ? columns : 0),
    memory: byRows ? memory / 2 : memory,
    passes: Math.max(
      exact && options.energy === null && !spectrum ? 1 : 2,
      byRows ? productPasses(plan, memory / 2) : 1,
    ),
  };
}

/** Bytes of the first read, for whoever wants to make it early; 0 where it cannot be said. */
export function firstReadOf(plan: StoredMatrix, options: MatrixOptions, memory: number): number {
  const schedule = scheduleOf(plan, options, memory);
  return firstRead(plan, schedule.memory, schedule.passes);
}

/**
 * Nanoseconds of a product's step in a Gram matrix with f64 sums, and of a step of the reduction to three diagonals.
 */
const GRAM_STEP = 0.08;
const REDUCTION_STEP = 0.14;

/** About the nanoseconds that all singular values of a matrix take. */
export function spectrumCostOf({ rows, columns }: Pick<StoredMatrix, "rows" | "columns">): number {
  const smaller = Math.min(rows, columns);
  return smaller * smaller * (GRAM_STEP * Math.max(rows, columns) + REDUCTION_STEP * smaller);
}

/**
 * About the nanoseconds that a matrix takes, to share work by: each weight by itself, under each basis and permutation,
 * and in the exact method's products or the power method's usual passes; then what its spectrum, `svd` and `energy`
 * ask.
 */
export function costOf(plan: StoredMatrix, options: MatrixOptions, spectrum = plan.spectrum): number {
  const { rows, columns } = plan;
  const { exact, needsGram } = scheduleOf(plan, options, 0, spectrum);
  const counts = distinctGaussians(options.gaussians, columns);
  const fits = 0.4 * counts.length * (1 + options.permutations);
  const whole = spectrum || options.energy !== null || (options.svd && needsGram);
  const leading = options.svd && !whole ? 0.4 * rows * columns * Math.max(...counts) : 0;
  const passes = 0.3 + fits + (exact ? 0 : 6) + (options.energy !== null ? 20 : 0) + (spectrum ? 1 : 0);
  const gram = needsGram && !whole ? (rows * columns * Math.min(rows, columns)) / 20 : 0;
  return rows * columns * passes + gram + (whole ? spectrumCostOf(plan) : 0) + leading;
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
