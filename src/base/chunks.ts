/**
 * Sums over the rows of a matrix are taken chunk by chunk, each from zero, and joined in the order of the chunks. Where
 * the chunks end depends on the matrix alone, so that neither blocks of rows in memory nor threads change a bit.
 */

/** Weights of a chunk at least: joining its sums is little beside taking them. */
const LEAST_WEIGHTS = 1 << 22;
/** A multiple of the rows after which any kernel joins its f32 sums to f64 totals. */
const UNIT = 1024;
/** From this side on, a Gram matrix is large beside the rows it sums: its chunks are fewer and longer. */
const LARGE_GRAM = 512;
/**
 * Above this side two Gram matrices, of a chunk and of all before it, leave no room for anything else in WebAssembly's
 * 4 GiB: one chunk has all rows.
 */
export const LONE_GRAM = 15_360;

/** Work in slices of some tens of milliseconds: whoever runs it may let events through between them. */
export type Slices<T = void> = Generator<unknown, T, void>;

/** Consecutive rows [first, last) of a matrix. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Rows of each chunk but the last, which has what is left. `gramSide`: of the Gram matrix summed over the rows, 0 where
 * there is none.
 */
export function rowsOfChunk(rows: number, columns: number, gramSide = 0): number {
  const longer = gramSide > LONE_GRAM ? rows : Math.max(2 * gramSide, rows / 4);
  const least = gramSide > LARGE_GRAM ? longer : 0;
  return Math.ceil(Math.max(1, least, LEAST_WEIGHTS / Math.max(1, columns)) / UNIT) * UNIT;
}

/** Sums taken from zero over the rows of one chunk after another, in slices. */
export interface ChunkWork<Part> {
  begin(): Slices;
  /** Rows [firstRow, firstRow + rows) of the whole matrix, f32 in the machine's memory. */
  visit(pointer: number, firstRow: number, rows: number): Slices;
  end(): Slices<Part>;
}

/** Takes the sums of a chunk; arrays in them may be overwritten once it has ended. */
export type TakePart<Part> = (part: Part) => Slices;

/**
 * Visits that come in blocks of any size, cut at the borders of chunks. `take` gets the sums of each chunk, in order.
 */
export function cutAtChunks<Part>(
  each: number,
  { first, last }: RowRange,
  stride: number,
  work: ChunkWork<Part>,
  take: TakePart<Part>,
): (pointer: number, firstRow: number, rows: number) => Slices {
  return function* (pointer, firstRow, rows) {
    for (let row = firstRow, end = firstRow + rows; row < end; ) {
      const border = Math.min(last, (Math.floor(row / each) + 1) * each);
      const to = Math.min(end, border);
      if (row === first || row % each === 0) yield* work.begin();
      yield* work.visit(pointer + (row - firstRow) * stride * 4, row, to - row);
      if (to === border) yield* take(yield* work.end());
      row = to;
    }
  };
}
