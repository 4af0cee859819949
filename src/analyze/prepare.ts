import { quoted } from "../base/printable.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { type Interpreted, interpret } from "../checkpoint/views/interpreted.js";
import { leastMemory } from "../matrix/rows.js";
import { rangesOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { AnalyzeOptions } from "../types.js";
import { drawSample, type SampleDesign, weightIn } from "./draw.js";
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
  return { checkpoint, plan: chosenMatrices(checkpoint, options, settings), settings };
}

/**
 * The plan of what is asked for, or of a sample of it, with the matrices marked whose singular values are all found.
 * Both are drawn from all matrices of the checkpoint: a filter changes no figure.
 */
function chosenMatrices(checkpoint: Interpreted, options: AnalyzeOptions, settings: CheckedOptions): CheckpointPlan {
  const plan = planMatrices(checkpoint, options);
  const { spectrum, matrix } = settings;
  const everything = settings.sample || spectrum === "auto" ? unfiltered(checkpoint, options, plan) : plan.matrices;
  const design = settings.sample && drawSample(everything, settings.sample, matrix.seed);
  if (design) takeSample(plan, design);
  // With `energy` all are found anyway.
  const all = spectrum === "all" || (spectrum === "auto" && matrix.energy !== null);
  const drawn =
    all || spectrum === "none"
      ? null
      : sampledSpectra(design ? everything.filter(({ name }) => design.places.has(name)) : everything, matrix.seed);
  for (const one of plan.matrices) one.spectrum = all || drawn?.has(one.name) === true;
  return plan;
}

/** Leaves in a plan what was drawn, with the weight of each matrix, and says so. */
function takeSample(plan: CheckpointPlan, design: SampleDesign): void {
  const all = plan.matrices;
  plan.matrices = all.filter(({ name }) => design.places.has(name));
  for (const one of plan.matrices) one.sampleWeight = weightIn(design, design.places.get(one.name)!);
  plan.sample = {
    ...design,
    matrices: all.length,
    parameters: all.reduce((sum, { rows, columns }) => sum + rows * columns, 0),
  };
  plan.notes.push(sampleNote(plan.sample, plan.matrices.length));
}

function sampleNote({ layers, experts, matrices }: SampleDesign, measured: number): string {
  const left = experts.filter(({ of, drawn }) => drawn < of);
  const drawn = left.reduce((sum, one) => sum + one.drawn, 0);
  const parts = layers.map(({ stack, measured: n, of }) => `${n} of ${of} layers of ${quoted(stack, 80)}`);
  if (left.length > 0) parts.push(`${drawn} of ${left.reduce((sum, { of }) => sum + of, 0)} experts in them`);
  return (
    `a sample, ${measured} of ${matrices} matrices: ${parts.join(", ")}; totals, means and shares are estimates for ` +
    "all, ± their standard errors"
  );
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
