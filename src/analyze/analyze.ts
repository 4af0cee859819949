import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import type { MatrixFigures } from "../matrix/figures.js";
import { costOf } from "../matrix/schedule.js";
import type { AnalyzeOptions, Checkpoint, CheckpointInput, Journal, Report } from "../types.js";
import { KeptFigures } from "./kept-figures.js";
import { reportOf } from "./matrix-report.js";
import { mergeFigures } from "./merge.js";
import { FigurePack, PackedFigures } from "./packed-figures.js";
import { checkPart, type PartChoice, tasksOfPart } from "./parts.js";
import type { Prepared } from "./prepare.js";
import { type Failures, findFigures } from "./run.js";
import { withPrepared } from "./with-prepared.js";

/** A matrix that could not be done, and why. */
export type FailedMatrix = Report["summary"]["failed"][number];

/** Names said of what is missing. */
const NAMED = 3;

/**
 * Every matrix of a checkpoint, streamed: norms, participation ratio, Gaussian fits beside their nulls; layers;
 * compression. The same weights and options give the same report, byte for byte, whatever `threads` and `memory`.
 * @throws CheckpointError where the input is malformed; RangeError where an option is out of range or `memory` is less
 * than the least that would do; the signal's reason where it aborts.
 */
export async function analyze(input: CheckpointInput | Checkpoint, given: AnalyzeOptions = {}): Promise<Report> {
  return withPrepared(input, given, async (prepared, options) => {
    const { journal, relaxed = false, packed } = options;
    const kept = journal ? await KeptFigures.of(prepared, journal, relaxed, packed) : null;
    const { found, instructions, failed } = await allFigures(prepared, options, kept);
    const figures = found.filter((one) => one !== null);
    return mergeFigures(withoutOthers(prepared, found, [noteOfFailed(failed)]), figures, instructions, {
      ...options,
      failed,
    });
  });
}

/**
 * How far the work on a part has come: matrices of the part, those of them that the journal held before, and those that
 * could not be done.
 */
export interface PartReport {
  matrices: number;
  before: number;
  failed: FailedMatrix[];
}

/**
 * One part of the work on a checkpoint: its matrices' figures go to the journal. Every matrix is in exactly one part;
 * parts are of about the same cost (docs/scale.md).
 * @throws as `analyze` does, and RangeError unless 1 ≤ index ≤ count.
 */
export async function analyzePart(
  input: CheckpointInput | Checkpoint,
  part: PartChoice,
  options: AnalyzeOptions & { journal: Journal },
): Promise<PartReport> {
  checkPart(part);
  return withPrepared(input, options, async (prepared) => {
    const { plan, settings } = prepared;
    const kept = await KeptFigures.of(prepared, options.journal, options.relaxed === true);
    const costs = plan.matrices.map((matrix) => costOf(matrix, settings.matrix));
    const tasks = tasksOfPart(costs, part);
    const missing = tasks.filter((index) => kept.found[index] === null);
    const { failure } = kept;
    const { failed } = await findFigures(prepared, options, {
      wanted: missing,
      failure,
      onDone: (index, found) => kept.add(index, found),
    });
    await kept.settle();
    return { matrices: tasks.length, before: tasks.length - missing.length, failed: inOrder(prepared, failed) };
  });
}

/**
 * The report of `analyze` from journals alone, byte for byte: nothing is computed. `partial` leaves out what no journal
 * holds, and says so in the report's notes.
 * @throws CheckpointError "incomplete" naming what is missing, unless `partial`.
 */
export async function mergeReport(
  input: CheckpointInput | Checkpoint,
  options: AnalyzeOptions & { journal: Journal; partial?: boolean },
): Promise<Report> {
  const merge = async (prepared: Prepared): Promise<Report> => {
    const { journal, relaxed = false, packed } = options;
    return mergeFound(prepared, await KeptFigures.of(prepared, journal, relaxed, packed), options);
  };
  return withPrepared(input, options, merge, { partial: 1 });
}

/** The same of the figures that were found; `failed` has why some cannot be done, by their places. */
export async function mergeFound(
  prepared: Prepared,
  { found, instructions }: Pick<KeptFigures, "found" | "instructions">,
  options: AnalyzeOptions & { partial?: boolean; failed?: Failures },
): Promise<Report> {
  const { partial = false, signal, base, transpose } = options;
  const failed = inOrder(prepared, options.failed ?? new Map());
  const missing = prepared.plan.matrices
    .filter((_, index) => found[index] === null && !options.failed?.has(index))
    .map(({ name }) => name);
  if (missing.length > 0 && !partial)
    throw new CheckpointError("incomplete", `${printable(prepared.checkpoint.name)}: ${inNoJournal(missing)}`);
  const figures = found.filter((one): one is MatrixFigures => one !== null);
  const gone = missing.length > 0 ? `figures of a part only: ${inNoJournal(missing)}` : null;
  return mergeFigures(withoutOthers(prepared, found, [gone, noteOfFailed(failed)]), figures, instructions, {
    base,
    transpose,
    signal,
    failed,
  });
}

function inNoJournal(names: readonly string[]): string {
  const named = names.slice(0, NAMED).map((name) => quoted(name, 80));
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : "";
  const count = names.length === 1 ? "1 matrix is" : `${names.length} matrices are`;
  return `${count} in no journal: ${named.join(", ")}${more}`;
}

/** The plan of what was found, with notes of what was not. */
function withoutOthers(
  prepared: Prepared,
  found: readonly (MatrixFigures | null)[],
  notes: readonly (string | null)[],
): Prepared {
  const { plan } = prepared;
  const said = notes.filter((note) => note !== null);
  if (said.length === 0) return prepared;
  const matrices = plan.matrices.filter((_, index) => found[index] !== null);
  return { ...prepared, plan: { ...plan, matrices, notes: [...plan.notes, ...said] } };
}

/** What could not be done, in the order of the plan. */
export const inOrder = ({ plan }: Prepared, failed: Failures): FailedMatrix[] =>
  plan.matrices.flatMap(({ name }, index) => {
    const reason = failed.get(index);
    return reason === undefined ? [] : [{ name, reason }];
  });

function noteOfFailed(failed: readonly FailedMatrix[]): string | null {
  if (failed.length === 0) return null;
  const named = failed.slice(0, NAMED).map(({ name, reason }) => `${quoted(name, 80)}: ${reason}`);
  const more = failed.length > NAMED ? `; and ${failed.length - NAMED} more` : "";
  const count = failed.length === 1 ? "1 matrix" : `${failed.length} matrices`;
  return `figures of a part only: ${count} could not be done: ${named.join("; ")}${more}`;
}

/** What a journal holds already, and the rest found now. */
async function allFigures(
  prepared: Prepared,
  options: AnalyzeOptions,
  kept: KeptFigures | null,
): Promise<{ found: (MatrixFigures | null)[]; instructions: string; failed: FailedMatrix[] }> {
  const { matrices } = prepared.plan;
  const figures: (MatrixFigures | null)[] = kept ? [...kept.found] : matrices.map(() => null);
  const pack = options.packed ? new FigurePack() : null;
  const done = (index: number, found: MatrixFigures): void => {
    figures[index] = found instanceof PackedFigures ? found : (pack?.add(found) ?? found);
    options.onMatrix?.(reportOf(matrices[index], found, null), index);
  };
  figures.forEach((found, index) => found && done(index, found));
  const { instructions, failed } = await findFigures(prepared, options, {
    wanted: [...matrices.keys()].filter((index) => figures[index] === null),
    failure: kept?.failure,
    onDone: (index, found) => {
      kept?.add(index, found);
      done(index, found);
    },
  });
  await kept?.settle();
  return { found: figures, instructions, failed: inOrder(prepared, failed) };
}
