import { CheckpointError } from "../base/errors.js";

/** Codes of what is wrong with one tensor's own bytes: the rest of the file can still be read. */
const OF_ONE_TENSOR = new Set([
  "bad-checksum",
  "bad-companion",
  "bad-deflate",
  "shape-overflow",
  "truncated",
  "undecodable",
  "unknown-dtype",
  "zip-bomb",
]);

/** One matrix that cannot be done, where the others can: `index` is its place among those that were asked for. */
export class MatrixFailure extends Error {
  constructor(
    readonly index: number,
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** Whether an error is of the matrix in hand: memory that ends, an iteration that does not, bytes that are damaged. */
function isOfMatrix(error: unknown): error is Error {
  return error instanceof RangeError || (error instanceof CheckpointError && OF_ONE_TENSOR.has(error.code));
}

/** What one matrix's work gives, its own failure marked as such. */
export async function ofMatrix<T>(index: number, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isOfMatrix(error) ? new MatrixFailure(index, error) : error;
  }
}
