import { realpath } from "node:fs/promises";
import { printable } from "../base/printable.js";
import type { CompressOptions } from "../compress/contract.js";
import type { SweepReport } from "../compress/sweep.js";
import { sweepHtml } from "../report/html/sweep.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import { sweepCsv, sweepMarkdown, sweepTable } from "../report/sweep.js";
import type { Checkpoint } from "../types.js";
import { type Format, type Invocation, type Options, UsageError, type Values } from "./command.js";
import { checkedCommand } from "./evaluate-command.js";
import { making } from "./making.js";
import type { Output } from "./output.js";
import { runSweep } from "./sweep.js";
import { sweepPoint } from "./sweep-points.js";
import { choice, flag, list, option, written } from "./values.js";

/** What `compress` takes for a sweep. */
export const sweepOptions = {
  sweep: option(
    "LIST",
    "no file: for each budget (0.25, 1/4; or signal, energy=X, rank=N, gaussians=K) restore and evaluate",
    list(sweepPoint),
  ),
  evaluate: option("COMMAND", "the program that a sweep runs, {} for the restored checkpoint", checkedCommand),
  baseline: flag("sweep: rounding to 8, 4, 3 and 2 bits beside it"),
  by: option("KIND", "sweep: replace one layer or role at a time (layer, role)", choice(["layer", "role"])),
  journal: written("FILE", "sweep: keep what is done there, and go on from it"),
} satisfies Options;

/** For `--help`. */
export const sweepDetails = [
  "--sweep LIST --evaluate COMMAND: a shell runs COMMAND, {} replaced by the path of the restored checkpoint (a " +
    "folder where it has several files), and the last number that it prints on standard output stands in the " +
    "table. The checkpoint as it is comes first.",
] as const;

/** The options of `compress --sweep`, as parsed. */
export type SweepValues = Values<typeof sweepOptions>;

/** @throws UsageError where options of a sweep are given without it, or it without its command. */
export function wantsSweep(values: SweepValues): boolean {
  const { sweep, evaluate, baseline, by, journal } = values;
  if (sweep !== undefined) {
    if (evaluate === undefined) throw new UsageError("--sweep needs --evaluate COMMAND");
    const other = ["signal", "budget", "energy", "rank", "gaussians", "dry-run"].find((name) => name in values);
    if (other) throw new UsageError(`--sweep LIST takes the place of --${other}`);
    return true;
  }
  const alone = Object.entries({ evaluate, baseline, by, journal }).find(([, value]) => value !== undefined);
  if (alone) throw new UsageError(`--${alone[0]} is for a --sweep`);
  return false;
}

/** What is swept over, and how each point of it is compressed. */
export interface SweptCheckpoint {
  checkpoint: Checkpoint;
  /** As the user wrote it. */
  source: string;
  compress: CompressOptions;
  /** What the report says of the options. */
  described: Record<string, unknown>;
}

/** The sweep of one open checkpoint, printed. */
export async function sweepCommand(
  { common, output, progress, signal, note, failed, afterwards, options }: Invocation<typeof sweepOptions>,
  given: SweptCheckpoint,
): Promise<0 | 1> {
  const { checkpoint, source, compress, described } = given;
  const { sweep = [], evaluate = "", by = null, baseline = false, journal = null } = options;
  const report = await runSweep({
    checkpoint,
    path: await realpath(source).catch(() => null),
    points: sweep,
    command: evaluate,
    by,
    baseline,
    compress,
    described,
    journal,
    signal,
    note: (said) => note(`${printable(source)}: ${said}`),
    failed,
    afterwards,
    onProgress: (done, total, label) => progress.update({ done, total, unit: "evaluations", label }),
  }).finally(() => progress.clear());
  await output.write(textOf(report, common.format, output));
  return report.rows.some(({ value }) => value === null) ? 1 : 0;
}

function textOf(report: SweepReport, format: Format, { columns, color }: Output): string {
  if (format === "json") return jsonText(report);
  if (format === "csv") return sweepCsv(report);
  if (format === "markdown") return sweepMarkdown(report);
  return format === "html" ? sweepHtml(report, making()) : sweepTable(report, columns, painter(color));
}
