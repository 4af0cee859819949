import version from "../../build/version.js";
import { quoted } from "../base/printable.js";
import { asRawCheckpoint } from "../checkpoint/adapted.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { openRaw } from "../checkpoint/open.js";
import { type Interpreted, interpret, weightsOf } from "../checkpoint/views/interpreted.js";
import type { MatrixFigures } from "../matrix/figures.js";
import { leastMemory } from "../matrix/rows.js";
import { rangesOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { runMatrices } from "../parallel/pool.js";
import type { AnalyzeOptions, Checkpoint, CheckpointInput, MatrixReport, Report } from "../types.js";
import { MatrixBytes } from "./matrix-bytes.js";
import { type CheckedOptions, checkedOptions, naturalOptions } from "./options.js";
import { type CheckpointPlan, planMatrices } from "./plan.js";
import { ProgressMeter } from "./progress.js";
import { sampledSpectra } from "./sample.js";
import { layersOf, summarize } from "./summary.js";
import { findTied } from "./tied.js";

const isCheckpoint = (input: CheckpointInput | Checkpoint): input is Checkpoint =>
  typeof input === "object" && input !== null && "tensors" in input && "readRows" in input;

/**
 * Every matrix of a checkpoint, streamed: norms, participation ratio, Gaussian fits beside their nulls; layers;
 * compression. The same weights and options give the same report, byte for byte, whatever `threads` and `memory`.
 * @throws CheckpointError where the input is malformed; RangeError where an option is out of range or `memory` is less
 * than the least that would do; the signal's reason where it aborts.
 */
export async function analyze(input: CheckpointInput | Checkpoint, given: AnalyzeOptions = {}): Promise<Report> {
  const options = naturalOptions(given);
  const settings = checkedOptions(options);
  options.signal?.throwIfAborted();
  if (isCheckpoint(input)) return analyzeCheckpoint(asRawCheckpoint(input), options, settings);
  const checkpoint = await openRaw(input, { signal: options.signal });
  try {
    return await analyzeCheckpoint(checkpoint, options, settings);
  } finally {
    await checkpoint.close();
  }
}

async function analyzeCheckpoint(
  raw: RawCheckpoint,
  options: AnalyzeOptions,
  settings: CheckedOptions,
): Promise<Report> {
  const { signal } = options;
  const checkpoint = await interpret(raw, signal);
  const plan = withSpectra(checkpoint, options, settings);
  const { matrices } = plan;
  // What is stored by columns is held packed while its rows pass.
  const byColumns = matrices.some(({ tensor }) => checkpoint.assembled(tensor)?.recipe.kind === "columns");
  const memory = byColumns ? Math.ceil(settings.memory * (3 / 4)) : settings.memory;
  const threads = affordableThreads(plan, { ...settings, memory });
  if (byColumns) checkpoint.limit(settings.memory - memory, threads + 1);
  const alongside = options.alongside === true;
  const bytes = new MatrixBytes(checkpoint, matrices, { ...settings, memory, threads, alongside, signal });
  const meter = new ProgressMeter(matrices, options.onProgress);
  const running = runMatrices(matrices, settings.matrix, {
    threads,
    alongside,
    memory: bytes.memory,
    module: options.module,
    workerUrl: options.workerUrl,
    relaxed: options.relaxed,
    signal,
    read: async (index, start, end, into) => {
      const read = await bytes.read(index, start, end, into);
      meter.read(index, read.length);
      return read;
    },
    onRead: (index, count) => meter.read(index, count),
    onDone: (index, figures) => {
      bytes.finish(index);
      meter.finish(index);
      options.onMatrix?.(reportOf(matrices[index], figures, null), index);
    },
  });
  const { figures, instructions } = await running.finally(() => bytes.close());
  const tied = await findTied(
    matrices,
    figures.map((one) => one.norms),
    (index) => bytes.readerOf(index),
  );
  const reports = matrices.map((matrix, i) => reportOf(matrix, figures[i], tied[i]));
  const layers = layersOf(reports);
  return {
    schemaVersion: 2,
    tool: { name: "weightscope", version, instructions },
    source: {
      name: checkpoint.name.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, ""),
      format: checkpoint.format,
      byteLength: checkpoint.byteLength,
      parameters: weightsOf(checkpoint),
      matrices: matrices.length,
      skipped: plan.skipped,
      notes: [...plan.notes, ...valueNotes(reports)],
    },
    options: settings.described,
    matrices: reports,
    layers,
    summary: summarize(reports, layers, settings.matrix.gaussians, plan.otherParameters),
  };
}

/** The plan, with the matrices marked whose singular values are all found. */
function withSpectra(checkpoint: Interpreted, options: AnalyzeOptions, settings: CheckedOptions): CheckpointPlan {
  const plan = planMatrices(checkpoint, options);
  const { spectrum, matrix } = settings;
  // With `energy` all are found anyway.
  const all = spectrum === "all" || (spectrum === "auto" && matrix.energy !== null);
  // A filter changes no figure: what is drawn depends on all matrices.
  const drawn = all || spectrum === "none" ? null : sampledSpectra(unfiltered(checkpoint, options, plan), matrix.seed);
  return {
    ...plan,
    matrices: plan.matrices.map((one) => ({ ...one, spectrum: all || drawn?.has(one.name) === true })),
  };
}

function unfiltered(checkpoint: Interpreted, options: AnalyzeOptions, plan: CheckpointPlan): StoredMatrix[] {
  if (!options.include && !options.exclude) return plan.matrices;
  return planMatrices(checkpoint, { transpose: options.transpose }).matrices;
}

/**
 * Threads that have something to do, among which `memory` can be shared so that each still gets a row of every matrix.
 */
function affordableThreads({ matrices }: CheckpointPlan, { memory, threads, matrix: options }: CheckedOptions): number {
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

/** Matrices in whose figures something is missing, or means nothing. */
function valueNotes(reports: readonly MatrixReport[]): string[] {
  const listed = (found: readonly MatrixReport[]): string =>
    found.length > 3 ? `${found.length} matrices` : found.map(({ name }) => quoted(name, 80)).join(", ");
  const infinite = reports.filter(({ norms }) => norms.nonFinite > 0);
  const zero = reports.filter(({ norms }) => norms.nonFinite === 0 && norms.minimum === 0 && norms.maximum === 0);
  return [
    ...(infinite.length > 0
      ? [`weights that are not finite, and so norms of the others alone: ${listed(infinite)}`]
      : []),
    ...(zero.length > 0 ? [`nothing but zeros: ${listed(zero)}`] : []),
  ];
}

function reportOf(plan: StoredMatrix, figures: MatrixFigures, tiedTo: string | null): MatrixReport {
  const { name, stack, layer, role, type, shape, rows, columns } = plan;
  return {
    name,
    stack,
    layer,
    tiedTo,
    role,
    dtype: type.name,
    shape: [...shape],
    rows,
    columns,
    parameters: rows * columns,
    ...figures,
  };
}
