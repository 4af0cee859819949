import { strideOf } from "../../kernels/dense.js";

/** The same rows of both sides, decoded, row-major. */
export interface RowsOfBoth {
  base: Float32Array;
  tuned: Float32Array;
}
/** Rows [first, last) of both. */
export type ReadBoth = (first: number, last: number) => Promise<RowsOfBoth>;

/** Rows at once: this many bytes of f32 at most, so that a block stays in the second cache. */
const BLOCK_BYTES = 1 << 20;

/** Bytes one row costs while it passes: decoded twice, read ahead twice, its difference and the noise beside. */
export const costOfRow = (columns: number): number => columns * 16 + strideOf(columns) * 8;

/**
 * Rows of both sides that are read together, at least one: at most BLOCK_BYTES of f32 a side unless the matrix is
 * stored turned (then any part of it means reading all), and within `memory` bytes.
 */
export function rowsOfBlock(
  { rows, columns, turned }: { rows: number; columns: number; turned: boolean },
  memory: number,
): number {
  const most = turned ? rows : Math.min(rows, Math.floor(BLOCK_BYTES / (columns * 4)));
  return Math.max(1, Math.min(most, Math.floor(memory / costOfRow(columns))));
}

/**
 * Calls `visit` with blocks of rows from `first` on, in order, and awaits what it gives; the next block is asked for
 * before one is visited. False ends it.
 */
export async function eachBlock(
  read: ReadBoth,
  rows: { first: number; last: number; each: number },
  visit: (block: RowsOfBoth, first: number, count: number) => unknown,
): Promise<void> {
  const ask = (first: number): Promise<RowsOfBoth> | null => {
    if (first >= rows.last) return null;
    const asked = read(first, Math.min(rows.last, first + rows.each));
    asked.catch(() => {}); // it is awaited only after the block before it
    return asked;
  };
  let next = ask(rows.first);
  for (let first = rows.first; next !== null; first += rows.each) {
    const block = await next;
    next = ask(first + rows.each);
    if ((await visit(block, first, Math.min(rows.each, rows.last - first))) === false) break;
  }
  await next?.catch(() => {}); // what was asked for ahead ends before its source may be closed
}

/** Sums over the rows of a pair, each in the order of the rows. */
export interface ChangeSums {
  /** ‖W‖² of the base, ‖ΔW‖², Σ ΔW ∘ W. */
  base: number;
  change: number;
  inner: number;
  /** Entries that changed. */
  changed: number;
  finite: boolean;
}

/** The sums over no entries. */
export const noSums = (): ChangeSums => ({ base: 0, change: 0, inner: 0, changed: 0, finite: true });

/** tuned − base in f32 of one row, whose values begin at `start` on both sides. */
export function addDifference(sums: ChangeSums, { base, tuned }: RowsOfBoth, start: number, into: Float32Array): void {
  let squares = 0;
  let change = 0;
  let inner = 0;
  let changed = 0;
  for (let j = 0; j < into.length; j++) {
    const w = base[start + j];
    const difference = Math.fround(tuned[start + j] - w);
    into[j] = difference;
    squares += w * w;
    change += difference * difference;
    inner += difference * w;
    if (difference !== 0) changed++;
  }
  sums.base += squares;
  sums.change += change;
  sums.inner += inner;
  sums.changed += changed;
  // Squares of f32 and their sums stay within f64: what is not finite here was not finite there.
  if (!Number.isFinite(squares) || !Number.isFinite(change)) sums.finite = false;
}

/** Whether a block differs anywhere; NaN differs. */
export function differs({ base, tuned }: RowsOfBoth): boolean {
  for (let i = 0; i < base.length; i++) if (base[i] !== tuned[i]) return true;
  return false;
}
