import { scaleFor } from "../base/powers-of-two.js";
import { quoted } from "../base/printable.js";
import type { Machine } from "../kernels/machine.js";
import { productPasses } from "../matrix/row-products.js";
import { type ByteReader, RowStream } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { Directions } from "./directions.js";
import { gramVectors, rowSums } from "./leading.js";
import { PassingRows } from "./passing.js";
import { projectColumns, projectRows } from "./project.js";
import { leadingVectors, SUBSPACE_PASSES } from "./subspace.js";

/** What `singularDirections` needs. */
export interface DirectionsJob {
  matrix: StoredMatrix;
  bytes: ByteReader;
  memory: number;
  /** How many directions to keep where that is known beforehand, else null. */
  known: number | null;
  /** How many, from all σ², largest first. */
  count(squares: Float64Array, total: number): number;
  /** Weights of the columns, or none. */
  columnWeights: Float64Array | null;
  seed: number;
  signal?: AbortSignal | undefined;
}

/**
 * Up to this smaller side all directions are found, whatever is kept of them; and so are those of no fewer than a
 * quarter.
 */
const FULL_SIDE = 512;

/**
 * Whether the leading directions are sought by themselves, without the others: a matter of the matrix and what is kept
 * alone.
 */
export const isTruncated = (
  { rows, columns }: Pick<StoredMatrix, "rows" | "columns">,
  known: number | null,
): known is number => known !== null && Math.min(rows, columns) > FULL_SIDE && 4 * known <= Math.min(rows, columns);

/**
 * The leading directions of a matrix; null where a weight is not finite. Its rows pass once for the Gram matrix of the
 * smaller side, or several times for a Krylov space where few of many directions are kept, and once for the other
 * side's factor.
 * @throws RangeError where the Gram matrix does not fit in the kernels' memory.
 */
export async function singularDirections(machine: Machine, job: DirectionsJob): Promise<Directions | null> {
  const marked = machine.exports.mark();
  try {
    return isTruncated(job.matrix, job.known) ? await truncated(machine, job) : await whole(machine, job);
  } finally {
    machine.exports.release(marked);
  }
}

/** From a Krylov space of WᵀW: its best approximation of the leading right vectors, to what subspace.ts says. */
async function truncated(machine: Machine, job: DirectionsJob): Promise<Directions | null> {
  const { matrix, bytes, memory, columnWeights, signal, seed } = job;
  const stream = new RowStream(machine, matrix, bytes, { memory, passes: SUBSPACE_PASSES + 2, signal });
  const rows = new PassingRows(machine, matrix, stream, columnWeights);
  let sums = await rowSums(rows);
  if (!Number.isFinite(sums.largest)) return null;
  rows.scale = scaleFor(sums.largest);
  if (rows.scale !== 1) sums = await rowSums(rows);
  const count = job.known!;
  if (sums.squares === 0) return projectColumns(rows, unitVectors(count, matrix.columns), 0, true);
  const vectors = await leadingVectors(rows, sums.weighed, count, seed, signal);
  return projectColumns(rows, vectors, sums.squares, true);
}

/** From the eigenvectors of the Gram matrix of the smaller side. */
async function whole(machine: Machine, job: DirectionsJob): Promise<Directions | null> {
  const { matrix, bytes, memory, columnWeights, signal } = job;
  const byRows = matrix.rows < matrix.columns;
  const share = byRows ? memory / 2 : memory;
  const passes = 1 + (byRows ? productPasses(matrix, share) : 1);
  const stream = new RowStream(machine, matrix, bytes, { memory: share, passes, signal });
  const rows = new PassingRows(machine, matrix, stream, columnWeights);
  const order = Math.min(matrix.rows, matrix.columns);
  const count = (values: Float64Array, squares: number): number => {
    const positive = values.map((value) => Math.max(0, value));
    return Math.min(order, job.count(positive, squares));
  };
  const found = await gramVectors(rows, { memory: memory / 2, count, signal }).catch((error: unknown) => {
    if (!(error instanceof RangeError && /^out of memory/.test(error.message))) throw error;
    const shape = `${matrix.rows} × ${matrix.columns}`;
    const what = `the whole spectrum of ${quoted(matrix.name)} (${shape}) does not fit in the kernels' memory`;
    throw new RangeError(`${what}; a rank (--rank N) keeps to its leading directions`, { cause: error });
  });
  if (found === null) return null;
  return byRows ? projectRows(rows, found.vectors, found.squares) : projectColumns(rows, found.vectors, found.squares);
}

/** Of a matrix of zeros any directions do. */
const unitVectors = (count: number, length: number): Float64Array[] =>
  Array.from({ length: count }, (_, k) => Float64Array.from({ length }, (_, j) => (j === k ? 1 : 0)));
