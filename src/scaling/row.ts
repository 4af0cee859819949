import { Random, seedFor } from "../base/random.js";
import type { Kernels, Matrix } from "../types.js";

/** What a row's figure is, for programs; `quantity` says it in words. */
export type RowKey =
  | "antisymmetric"
  | "symmetric"
  | "antisymmetric-exponent"
  | "symmetric-exponent"
  | "norm"
  | "share-falling"
  | "depth-correlation"
  | "mean"
  | "size-correlation"
  | "energy"
  | "energy-ratio"
  | "compression";

/**
 * One line of a table: its inputs, what the paper prints, what is measured here, whether the two agree, and why not.
 */
export interface ScalingRow {
  [input: string]: string | number | boolean | null;
  /** Null where the paper has no such figure. */
  published: number | null;
  measured: number | null;
  /** Null where there is nothing to compare. */
  agrees: boolean | null;
  note: string;
}

/** A row of a table of several quantities. */
export interface KeyedRow extends ScalingRow {
  key: RowKey;
}

/** Whether a row is of that quantity. */
export const isRowOf = (row: ScalingRow, key: RowKey): boolean => row.key === key;

/** What every table is made with. */
export interface TableContext {
  kernels: Kernels;
  seed: number;
  /** Says how far a table is and lets the host breathe. Rejects where the caller's signal is aborted. */
  step(done: number, total: number): Promise<void>;
}

/** Independent normal weights of mean 0 and variance 1, the same for the same seed and shape. */
export function noiseMatrix(rows: number, columns: number, seed: number): Matrix {
  const random = new Random(seedFor(seed, `noise ${rows} x ${columns}`));
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = random.normal();
  return { rows, columns, data };
}

/** Whether two figures differ by at most this part of the published one. */
export const within = (measured: number, published: number, part: number): boolean =>
  Math.abs(measured - published) <= part * Math.abs(published);

/** The same inputs in every row of a table, null where one has none, and the four common columns last. */
export function squared(rows: readonly ScalingRow[]): ScalingRow[] {
  const empty: Record<string, null> = {};
  for (const { published: _p, measured: _m, agrees: _a, note: _n, ...inputs } of rows)
    for (const name of Object.keys(inputs)) empty[name] = null;
  return rows.map(({ published, measured, agrees, note, ...inputs }) => ({
    ...empty,
    ...inputs,
    published,
    measured,
    agrees,
    note,
  }));
}
