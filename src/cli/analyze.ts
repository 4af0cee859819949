import { analyze, analyzePart } from "../analyze/analyze.js";
import { planAnalysis } from "../analyze/task-runner.js";
import { printable } from "../base/printable.js";
import { estimateText } from "../report/estimate.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import { SORT_FIGURES } from "../report/order.js";
import { reportTable } from "../report/table.js";
import type { AnalyzeOptions, Report } from "../types.js";
import { defineCommand, UsageError } from "./command.js";
import { part, withJournal } from "./journal.js";
import { analyzeQueued } from "./queue-analysis.js";
import { queueOption } from "./queue-options.js";
import { writeReports } from "./reports.js";
import { eachSource, MANY_TENSORS, openSource } from "./source.js";
import {
  choice,
  expression,
  flag,
  input,
  integer,
  list,
  number,
  option,
  sampled,
  text,
  transposition,
  written,
} from "./values.js";

const PERMUTATIONS = 20;
/** Matrices that could not be done, each with its line. */
const MOST_SAID = 5;
const SPECTRA = ["auto", "all", "none"] as const;
/** Formats that draw the singular values of a matrix. */
const DRAWN = ["table", "html"];

/** "auto", "8", "d/16". */
function gaussians(value: string, name: string): string {
  if (value === "auto" || /^d\/0*[1-9]\d{0,8}$/.test(value)) return value;
  if (!/^\d/.test(value))
    throw new UsageError(
      `${name} takes auto, whole numbers and parts such as d/16, between commas; not "${printable(value, 40)}"`,
    );
  return String(integer({ minimum: 1 })(value, name));
}

const skippedInWords = (n: number) =>
  n === 0 ? "" : n === 1 ? ", 1 tensor was skipped" : `, ${n} tensors were skipped`;

/** `weightscope analyze`: the library's `analyze` over each source, streamed as matrices are finished. */
export const command = defineCommand({
  name: "analyze",
  summary: "every matrix of a checkpoint: its norm, its participation ratio, what Gaussians keep of it beside chance",
  operands: "SOURCE…",
  minimum: 1,
  options: {
    gaussians: option(
      "LIST",
      "how many Gaussians a row: auto, 8, d/16, … between commas (default auto,8)",
      list(gaussians),
    ),
    width: option("X", "width of the Gaussians, in units of columns/K (default 0.5)", number({ above: 0 })),
    null: flag(`a verdict on each fit, against ${PERMUTATIONS} shuffles of the columns`),
    permutations: option("N", "the same, against N shuffles", integer({ minimum: 2, maximum: 1_000_000 })),
    svd: flag("beside each fit, the best that K directions can do"),
    energy: option(
      "X",
      "the smallest K, and the smallest SVD rank, that keep this share of the energy, such as 0.9",
      number({ above: 0, maximum: 1 }),
    ),
    spectrum: {
      ...option(
        "auto|all|none",
        "all singular values of every matrix, of none, or (auto, the default) of those with a side up to 512 and of " +
          "a sample of the others that takes no longer than the rest; alone: all",
        choice(SPECTRA),
      ),
      alone: { word: "all", words: SPECTRA },
    },
    "singular-values": flag("keep the singular values themselves, in json"),
    sample: option(
      "layers=N|experts=N",
      "only N layers of each stack, evenly from a seeded start, or N seeded experts of each layer, or both between " +
        "commas; totals are then estimates with standard errors",
      sampled,
    ),
    base: input("SOURCE", "of an adapter: the checkpoint it adapts, to which its changes are related"),
    include: option("RE", "only tensors whose name matches", expression),
    exclude: option("RE", "no tensors whose name matches", expression),
    transpose: option(
      "auto|none|RE",
      "which matrices to transpose: where names and shapes show inputs × outputs (default), none, or by name",
      transposition,
    ),
    participation: option("METHOD", "auto (default), exact or power", choice(["auto", "exact", "power"])),
    tolerance: option(
      "X",
      "relative error that the power method may leave (default 0.01)",
      number({ above: 0, below: 1 }),
    ),
    sort: option("FIGURE", `sort by ${SORT_FIGURES.join(", ")}; not in json`, choice(SORT_FIGURES)),
    top: option("N", "show only the first N matrices; not in json", integer({ minimum: 1 })),
    format: option(
      "FORMAT",
      "table (default), json, csv, markdown, or html: one self-contained page",
      choice(["table", "json", "csv", "markdown", "html"]),
    ),
    journal: written("FILE", "keep finished matrices there; the same command goes on where it was broken off"),
    part: option("K/N", "only the Kth of N parts of about the same cost, into --journal; merge makes the report", part),
    estimate: flag("say what it would take, from the header alone, and compute nothing; table or json"),
    queue: queueOption,
    keep: flag("with --queue: leave its jobs and results in the queue"),
    signed: flag("with --queue: allow an address with a query, which the queue then stores"),
    "job-seconds": option("X", "with --queue: computing that a job holds, about (default 5)", number({ above: 0 })),
    token: option("TOKEN", "sent as a bearer token to the URL's own host", text),
  },
  details: [
    "SOURCE is a file (safetensors, GGUF, .npy, .npz), a directory that holds a sharded checkpoint, an https:// URL " +
      "or hf://owner/repo[@revision][/file] read by byte ranges, or - for standard input. Several are done in order; " +
      "json is then an array.",
    "Definitions of all figures: docs/method.md.",
  ],
  async run({ operands, options, common, signal, output, progress, note, failed }) {
    const { sort, top, participation: method, tolerance } = options;
    if (options.estimate && common.format !== "table" && common.format !== "json")
      throw new UsageError("--estimate is printed as a table or as json");
    if (options.part && !options.journal) throw new UsageError("--part needs --journal FILE: it makes no report");
    if (options.queue && options.part) throw new UsageError("--queue and --part exclude each other");
    const finishing: (() => Promise<void>)[] = [];
    const paint = painter(output.color);
    let first = true;
    let whole = true;
    const saidFailed = (matrices: Report["summary"]["failed"]): void => {
      for (const { name, reason } of matrices.slice(0, MOST_SAID))
        note(`${printable(name)}: ${printable(reason, 400)}`);
      if (matrices.length > MOST_SAID) note(`and ${matrices.length - MOST_SAID} matrices more that could not be done`);
      whole &&= matrices.length === 0;
    };
    const done = await eachSource(operands, failed, async (source, shown) => {
      const checkpoint = await openSource(source, signal, { token: options.token, maxSpool: common.maxSpool });
      let report: Report;
      try {
        const asked: AnalyzeOptions = {
          gaussians: options.gaussians,
          width: options.width,
          include: options.include,
          exclude: options.exclude,
          transpose: options.transpose,
          base: options.base,
          permutations: options.permutations ?? (options.null ? PERMUTATIONS : 0),
          svd: options.svd,
          energy: options.energy,
          spectrum: options.spectrum,
          sample: options.sample,
          // A part draws nothing.
          singularValues: options["singular-values"] || (!options.part && DRAWN.includes(common.format)),
          participation: { ...(method && { method }), ...(tolerance !== undefined && { tolerance }) },
          threads: common.threads,
          alongside: true,
          memory: common.memory,
          seed: common.seed,
          packed: checkpoint.tensors.length > MANY_TENSORS,
          signal,
          onProgress: ({ matrix: label, ...update }) => progress.update({ ...update, label }),
        };
        if (options.estimate) {
          const plan = await planAnalysis(checkpoint, asked);
          await output.write(common.format === "json" ? jsonText(plan.estimate) : estimateText(plan, output.columns));
          saidFailed(plan.estimate.failed);
          return { source, report: null };
        }
        const chosen = options.part;
        const how = { signed: options.signed, keep: options.keep, jobSeconds: options["job-seconds"] };
        const found = await withJournal(options.journal, asked, note, async (journal) =>
          chosen && journal
            ? analyzePart(checkpoint, chosen, { ...asked, journal })
            : options.queue
              ? analyzeQueued(checkpoint, { ...asked, journal }, { ...how, queue: options.queue, source }, note)
              : analyze(checkpoint, { ...asked, journal }),
        );
        if ("before" in found) {
          const { matrices, before } = found;
          saidFailed(found.failed);
          note(
            `part ${chosen!.index} of ${chosen!.count}: ${matrices} matrices, ` +
              `${before} of them were in the journal before`,
          );
          return { source, report: null };
        }
        if ("finish" in found) finishing.push(found.finish);
        report = "finish" in found ? found.report : found;
        saidFailed(report.summary.failed);
      } finally {
        progress.clear();
        await checkpoint.close();
      }
      if (report.matrices.length === 0)
        note(`${printable(shown)}: no matrices to analyze${skippedInWords(report.source.skipped.length)}`);
      if (common.format === "table") {
        await output.write((first ? "" : "\n") + reportTable(report, { columns: output.columns, paint, sort, top }));
        first = false;
      }
      return { source: shown, report };
    });
    const all = done.flatMap(({ source, report }) => (report ? [{ source, report }] : []));
    if (all.length > 0 && common.format !== "table")
      await writeReports(all, common.format, output, { several: operands.length > 1, sort, top });
    for (const finish of finishing) await finish();
    return done.length === operands.length && whole ? 0 : 1;
  },
});
