import { analyze } from "../analyze/analyze.js";
import { planMatrices } from "../analyze/plan.js";
import { printable } from "../base/printable.js";
import { asRawCheckpoint } from "../checkpoint/adapted.js";
import { interpret } from "../checkpoint/views/interpreted.js";
import { compressSharing } from "../compress/compress.js";
import type { CompressOptions } from "../compress/contract.js";
import { checkedCompress } from "../compress/options.js";
import { restore } from "../compress/restore.js";
import { roundedFiles } from "../compress/rounding.js";
import { FactorStore } from "../compress/store.js";
import { type SweepBy, type SweepPart, type SweepReport, type SweepRow, sweepParts } from "../compress/sweep.js";
import type { Checkpoint } from "../types.js";
import { evaluateWith } from "./evaluate-command.js";
import { SweepJournal, sweepKey } from "./sweep-journal.js";
import { SweepPlace } from "./sweep-place.js";
import type { SweepPoint } from "./sweep-points.js";

/** Bits of the rounding rows. */
const ROUNDINGS = [8, 4, 3, 2] as const;

/** A sweep: which points, what values them, and where finished ones are kept. */
export interface SweepOptions {
  checkpoint: Checkpoint;
  /** Where the checkpoint lies in the file system; null elsewhere: it is then not evaluated as it is. */
  path: string | null;
  points: readonly SweepPoint[];
  command: string;
  by: SweepBy | null;
  baseline: boolean;
  compress: CompressOptions;
  /** What the report says of the options. */
  described: Record<string, unknown>;
  journal: string | null;
  signal: AbortSignal;
  note(text: string): void;
  /** One evaluation that failed; the others go on. */
  failed(error: unknown): void;
  /** Once the report is whole in its place. */
  afterwards(work: () => Promise<void>): void;
  onProgress(done: number, total: number, label: string): void;
}

/** One row to come. */
interface Step {
  key: string;
  run(): Promise<SweepRow>;
}

/**
 * Compresses, restores and evaluates, one after another: the checkpoint as it is, each point (of each part), each
 * rounding. A row whose evaluation fails has no value; where that of the checkpoint as it is fails, so does the sweep.
 */
export async function runSweep(options: SweepOptions): Promise<SweepReport> {
  const { checkpoint, command, described, points, onProgress, signal } = options;
  const source = { name: checkpoint.name, format: checkpoint.format, byteLength: checkpoint.byteLength };
  const parts = await partsOf(options);
  const key = sweepKey({ source, tensors: checkpoint.tensors, described, command, points, parts });
  const journal = options.journal === null ? null : await SweepJournal.open(options.journal, key);
  const store = await FactorStore.create(points.map(({ keep }) => checkedCompress({ ...options.compress, keep }).keep));
  const place = new SweepPlace(store);
  const rows: SweepRow[] = [];
  try {
    const steps = stepsOf(options, parts, place);
    for (const [done, step] of steps.entries()) {
      onProgress(done, steps.length, step.key);
      const before = journal?.get(step.key);
      const row = before ?? (await step.run());
      signal.throwIfAborted();
      rows.push(row);
      if (before === undefined && row.value !== null) await journal?.add(step.key, row);
    }
    // What failed is to be done again.
    if (journal && rows.every(({ value }) => value !== null)) options.afterwards(() => journal.finish());
  } finally {
    await journal?.close();
    await place.remove();
  }
  return { schemaVersion: 1, source, options: described, command, parts, rows };
}

/** What is replaced together: all that was chosen, or one layer or role at a time. */
async function partsOf({ checkpoint, by, compress: given, signal }: SweepOptions): Promise<SweepPart[]> {
  const { include, exclude, transpose, threads, memory, seed } = given;
  if (by !== null) {
    const report = await analyze(checkpoint, {
      include,
      exclude,
      transpose,
      threads,
      memory,
      seed,
      signal,
      gaussians: [8],
    });
    const chosen = report.matrices.filter(({ layer }) => include !== undefined || layer !== null);
    return sweepParts(chosen, by);
  }
  const { matrices } = planMatrices(await interpret(asRawCheckpoint(checkpoint), signal), {
    include,
    exclude,
    transpose,
  });
  const chosen = matrices.filter(({ layer }) => include !== undefined || layer !== null);
  const weights = chosen.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  return [{ part: null, names: chosen.map(({ name }) => name), weights, norm: null, signal: null }];
}

function stepsOf(options: SweepOptions, parts: readonly SweepPart[], place: SweepPlace): Step[] {
  const { points, baseline } = options;
  const label = ({ part }: SweepPart): string => (part === null ? "" : `${part}, `);
  const steps: Step[] = [];
  if (options.path === null) options.note("the checkpoint is not a local file: it is not evaluated as it is");
  else steps.push({ key: "as it is", run: () => asItIs(options, place) });
  for (const part of parts) {
    for (const point of points) {
      steps.push({ key: `${label(part)}${point.asked}`, run: () => replaced(options, place, part, point) });
    }
    for (const bits of baseline ? ROUNDINGS : []) {
      steps.push({ key: `${label(part)}${bits} bits`, run: () => roundedTo(options, place, part, bits) });
    }
  }
  return steps;
}

async function asItIs({ checkpoint, path, command, signal }: SweepOptions, place: SweepPlace): Promise<SweepRow> {
  const weights = checkpoint.tensors.reduce((sum, { parameters }) => sum + parameters, 0);
  const bits = checkpoint.tensors.reduce((sum, { byteLength }) => sum + byteLength * 8, 0);
  const value = await evaluateWith(command, await place.link(path as string), signal);
  return {
    part: null,
    method: "none",
    asked: "",
    weights,
    numbers: weights,
    bits,
    bitsOfSource: bits,
    energy: 1,
    value,
  };
}

/** Null, and said, where COMMAND fails. */
async function evaluated({ command, signal, failed }: SweepOptions, file: string, row: string): Promise<number | null> {
  try {
    return await evaluateWith(command, file, signal);
  } catch (error) {
    signal.throwIfAborted();
    failed(new Error(`${printable(row)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }));
    return null;
  }
}

/** Exactly these names. */
const only = (names: readonly string[]): RegExp =>
  new RegExp(`^(?:${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|")})$`);

async function replaced(
  options: SweepOptions,
  place: SweepPlace,
  { part, names }: SweepPart,
  { asked, keep }: SweepPoint,
): Promise<SweepRow> {
  const { checkpoint, compress: given, signal } = options;
  const chosen = { ...given, keep, include: only(names), exclude: undefined, signal };
  const { files, report } = compressSharing(checkpoint, chosen, place.store);
  report.catch(() => undefined);
  const compressed = await place.write("compressed", files, signal);
  const { summary } = await report;
  const { files: whole } = restore(compressed, { memory: given.memory, threads: given.threads, signal });
  const restored = await place.write("restored", whole, signal);
  await place.clear("compressed");
  const value = await evaluated(options, restored, `${part === null ? "" : `${part}, `}${asked}`);
  await place.clear("restored");
  const { weights, numbers, bits, bitsOfSource, energy } = summary;
  return { part, method: given.method ?? "singular", asked, weights, numbers, bits, bitsOfSource, energy, value };
}

async function roundedTo(
  options: SweepOptions,
  place: SweepPlace,
  { part, names }: SweepPart,
  bits: number,
): Promise<SweepRow> {
  const { checkpoint, signal } = options;
  const { files, rounded } = roundedFiles(asRawCheckpoint(checkpoint), new Set(names), bits, signal);
  const written = await place.write("restored", files, signal);
  const value = await evaluated(options, written, `${part === null ? "" : `${part}, `}${bits} bits`);
  await place.clear("restored");
  return { part, method: "rounding", asked: `${bits} bits`, ...rounded, numbers: rounded.weights, value };
}
