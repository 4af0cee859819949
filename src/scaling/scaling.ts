import { analyze } from "../analyze/analyze.js";
import { inShort, kindOf, type Names, optionsOf } from "../base/arguments.js";
import { openCheckpoint } from "../checkpoint/open.js";
import { loadMachine } from "../kernels/load-machine.js";
import { load } from "../load.js";
import { analyzeTransitions } from "../transitions/transitions.js";
import type { AnalyzeOptions, Checkpoint, CheckpointInput, Report } from "../types.js";
import { amplitudeTable } from "./amplitude.js";
import { compressionTable } from "./compression.js";
import { fitTable } from "./fit.js";
import { normsTable } from "./norms.js";
import { orderTable } from "./order.js";
import { type ScalingRow, squared } from "./row.js";
import { RULES, rulesTable } from "./rules.js";
import { CHECKPOINT_TABLES, SCALING_TABLES, type ScalingTable } from "./tables.js";
import { type TransitionTableOptions, transitionTable } from "./transition.js";

export type { ScalingRow } from "./row.js";
export type { ScalingTable } from "./tables.js";

/** The independence null: Zipf's law as it stands, over more types than the largest vocabulary asks for. */
const STREAM = { lengths: [1e5, 1e6, 1e7], types: 200_000, exponent: 1 };
/** Widths of the basis that the amplitudes' participation ratio is shown at: it depends on nothing more. */
const AMPLITUDE_WIDTHS = [0.5, 1];

/** How far one of the tables is. */
export interface ScalingProgress {
  table: ScalingTable;
  done: number;
  total: number;
  unit: "steps" | "bytes";
}

/** Which tables are made, of what. */
export interface ScalingOptions {
  /** Default all. */
  only?: readonly ScalingTable[] | undefined;
  /** What "norms", "amplitude", "rules" and "order" are measured on. */
  checkpoint?: Parameters<typeof analyze>[0] | undefined;
  /** What "transition" shows beside the null; `text` is called once for each of two matrices. */
  corpus?: TransitionTableOptions["corpus"] | undefined;
  /** Tokens of the independent streams of "transition". Default 1e5, 1e6 and 1e7. */
  streamLengths?: readonly number[] | undefined;
  /** Column permutations for "rules". Default 20. */
  permutations?: number | undefined;
  /** The share of each matrix's energy that "rules" seeks the smallest K for. Default 0.9. */
  energy?: number | undefined;
  /** Of noise, streams and permutations. Default 1. */
  seed?: number | undefined;
  /** As in `analyze`. */
  threads?: number | undefined;
  memory?: number | undefined;
  transpose?: AnalyzeOptions["transpose"] | undefined;
  signal?: AbortSignal | undefined;
  /** Called between the steps of each table. */
  onProgress?(progress: ScalingProgress): void;
}

const NAMES = {
  ...{ only: 1, checkpoint: 1, corpus: 1, streamLengths: 1, permutations: 1, energy: 1, seed: 1, threads: 1 },
  ...{ memory: 1, transpose: 1, signal: 1, onProgress: 1 },
} satisfies Names<ScalingOptions>;

/**
 * Makes the paper's tables again: each row its inputs, what the paper prints, what is measured, whether they agree, and
 * a note where they do not. Plain data, the same for the same options.
 * @throws RangeError for a table of no such name, or one that needs a checkpoint where none is given; what `analyze`
 *   throws; the signal's reason.
 */
export async function scalingTables(
  options: ScalingOptions = {},
): Promise<Partial<Record<ScalingTable, ScalingRow[]>>> {
  const { only = SCALING_TABLES, seed = 1, signal, onProgress } = optionsOf(options, "options", NAMES);
  if (kindOf(only) !== "Array") throw new TypeError(`only must be a list of tables, not ${inShort(only)}`);
  for (const table of only)
    if (!SCALING_TABLES.includes(table))
      throw new RangeError(`there is no table "${String(table)}"; there are ${SCALING_TABLES.join(", ")}`);
  if (!Number.isFinite(seed)) throw new RangeError(`seed must be a number, not ${seed}`);
  const wanted = SCALING_TABLES.filter((table) => only.includes(table));
  const homeless = wanted.find((table) => CHECKPOINT_TABLES.includes(table));
  if (homeless && options.checkpoint === undefined)
    throw new RangeError(`the table "${homeless}" is measured on a checkpoint, and none is given`);
  const kernels = await load();
  const tables: Partial<Record<ScalingTable, ScalingRow[]>> = {};
  for (const table of wanted.filter((table) => !CHECKPOINT_TABLES.includes(table))) {
    const step = stepOf(table, options);
    if (table === "transition") {
      const report = (done: number, total: number): void => onProgress?.({ table, done, total, unit: "steps" });
      tables[table] = await transitionTable(analyzeTransitions, {
        ...STREAM,
        lengths: options.streamLengths ?? STREAM.lengths,
        seed,
        corpus: options.corpus,
        signal,
        onProgress: report,
      });
    } else {
      tables[table] = await (table === "compression" ? compressionTable : fitTable)({ kernels, seed, step });
    }
  }
  if (homeless) await checkpointTables(wanted, options, tables);
  for (const table of wanted) tables[table] = squared(tables[table]!);
  return tables;
}

/** A turn of the event loop, so that a signal can be raised and a page repainted between two steps. */
function stepOf(table: ScalingTable, { signal, onProgress }: ScalingOptions) {
  return async (done: number, total: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    onProgress?.({ table, done, total, unit: "steps" });
  };
}

async function checkpointTables(
  wanted: readonly ScalingTable[],
  options: ScalingOptions,
  tables: Partial<Record<ScalingTable, ScalingRow[]>>,
): Promise<void> {
  const { seed = 1, permutations = 20, energy = 0.9, threads, memory, transpose, signal, onProgress } = options;
  const opened =
    typeof options.checkpoint === "object" && "readRows" in options.checkpoint
      ? null
      : await openCheckpoint(options.checkpoint as CheckpointInput, { signal });
  const input = opened ?? options.checkpoint!;
  const report = (table: ScalingTable, figures: AnalyzeOptions): Promise<Report> =>
    analyze(input, {
      ...figures,
      seed,
      threads,
      memory,
      transpose,
      signal,
      onProgress: ({ done, total }) => onProgress?.({ table, done, total, unit: "bytes" }),
    });
  try {
    if (wanted.includes("norms")) tables.norms = normsTable(await report("norms", { gaussians: [8] }));
    if (wanted.includes("amplitude")) {
      const reports: Report[] = [];
      for (const width of AMPLITUDE_WIDTHS) reports.push(await report("amplitude", { gaussians: [8], width }));
      tables.amplitude = amplitudeTable(reports);
    }
    if (wanted.includes("rules"))
      tables.rules = rulesTable(await report("rules", { gaussians: [...RULES], permutations, energy, svd: true }));
    if (wanted.includes("order")) {
      const checkpoint = opened ?? (options.checkpoint as Checkpoint);
      const [machine, kernels] = [await loadMachine(), await load()];
      const step = stepOf("order", options);
      tables.order = await orderTable({ machine, kernels, checkpoint, seed, transpose, signal, step });
    }
  } finally {
    await opened?.close();
  }
}
