import { quoted } from "../base/printable.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { type Interpreted, interpret } from "../checkpoint/views/interpreted.js";
import { leastMemory } from "../matrix/rows.js";
import { rangesOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { AnalyzeOptions } from "../types.js";
import type { CheckedOptions } from "./options.js";
import { type CheckpointPlan, planMatrices } from "./plan.js";
import { sampledSpectra } from "./sample.js";

/** A checkpoint by what its tensors mean, and which matrices are asked for. */
export interface Prepared {
  checkpoint: Interpreted;
  plan: CheckpointPlan;
  settings: CheckedOptions;
}

/** Reads what the tensors mean and chooses the matrices. */
export async function prepare(
  raw: RawCheckpoint,
  options: AnalyzeOptions,
  settings: CheckedOptions,
): Promise<Prepared> {
  const checkpoint = await interpret(raw, options.signal);
  return { checkpoint, plan: withSpectra(checkpoint, options, settings), settings };
}

/** The plan, with the matrices marked whose singular values are all found. */
function withSpectra(checkpoint: Interpreted, options: AnalyzeOptions, settings: CheckedOptions): CheckpointPlan {
  const plan = planMatrices(checkpoint, options);
  const { spectrum, matrix } = settings;
  // With `energy` all are found anyway.
  const all = spectrum === "all" || (spectrum === "auto" && matrix.energy !== null);
  // A filter changes no figure: what is drawn depends on all matrices.
  const drawn = all || spectrum === "none" ? null : sampledSpectra(unfiltered(checkpoint, options, plan), matrix.seed);
  for (const one of plan.matrices) one.spectrum = all || drawn?.has(one.name) === true;
  return plan;
}

function unfiltered(checkpoint: Interpreted, options: AnalyzeOptions, plan: CheckpointPlan): StoredMatrix[] {
  if (!options.include && !options.exclude) return plan.matrices;
  return planMatrices(checkpoint, { transpose: options.transpose }).matrices;
}

/**
 * Threads that have something to do, among which `memory` can be shared so that each still gets a row of every matrix.
 */
export function affordableThreads(
  matrices: readonly StoredMatrix[],
  { memory, threads, matrix: options }: CheckedOptions,
): number {
  let least = 0;
  let widest = "";
  for (const matrix of matrices) {
    if (leastMemory(matrix) <= least) continue;
    least = leastMemory(matrix);
    widest = matrix.name;
  }
  if (memory < least)
    throw new RangeError(
      `memory: ${memory} bytes hold no row of ${quoted(widest)}; the least that would do is ${least}`,
    );
  const useful = matrices.reduce((sum, matrix) => sum + Math.max(1, rangesOf(matrix, options, threads).length), 0);
  return Math.max(1, Math.min(threads, useful, Math.floor(memory / Math.max(1, least))));
}
