import { load } from "./load.js";
import { compressionTable } from "./scaling/compression.js";
import { fitTable } from "./scaling/fit.js";
import type { ScalingRow, TableContext } from "./scaling/row.js";

export { architectureCompression } from "./scaling/compression.js";
export type { ScalingRow } from "./scaling/row.js";

/** The paper's tables (docs/method.md §7), in the order they are made. */
export const SCALING_TABLES = ["compression", "fit"] as const;
export type ScalingTable = (typeof SCALING_TABLES)[number];

export interface ScalingProgress { table: ScalingTable; done: number; total: number; }

export interface ScalingOptions {
  /** Default all. */
  only?: readonly ScalingTable[];
  /** Of noise, streams and permutations. Default 1. */
  seed?: number;
  signal?: AbortSignal;
  onProgress?(progress: ScalingProgress): void;
}

/**
 * Makes the paper's tables again: each row its inputs, what the paper prints, what is measured, whether they agree, and a note
 * where they do not. Plain data, the same for the same options.
 * @throws RangeError for a table of no such name; the signal's reason where it aborts.
 */
export async function scalingTables(options: ScalingOptions = {}): Promise<Partial<Record<ScalingTable, ScalingRow[]>>> {
  const { only = SCALING_TABLES, seed = 1, signal, onProgress } = options;
  for (const table of only) if (!SCALING_TABLES.includes(table)) throw new RangeError(`there is no table "${String(table)}"; there are ${SCALING_TABLES.join(", ")}`);
  if (!Number.isFinite(seed)) throw new RangeError(`seed must be a number, not ${seed}`);
  const kernels = await load();
  const makers: Record<ScalingTable, (context: TableContext) => Promise<ScalingRow[]>> = { compression: compressionTable, fit: fitTable };
  const tables: Partial<Record<ScalingTable, ScalingRow[]>> = {};
  for (const table of SCALING_TABLES) {
    if (!only.includes(table)) continue;
    const step = async (done: number, total: number): Promise<void> => {
      // A turn of the event loop, so that a signal can be raised and a page repainted between two steps.
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      onProgress?.({ table, done, total });
    };
    tables[table] = await makers[table]({ kernels, seed, step });
  }
  return tables;
}
