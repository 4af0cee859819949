import { analyze, mergeReport } from "../analyze/analyze.js";
import { openTasks } from "../analyze/task-runner.js";
import { CheckpointError } from "../base/errors.js";
import { quoted } from "../base/printable.js";
import { Random } from "../base/random.js";
import { describedOptions } from "../distribute/description.js";
import { type FileJournal, joinedJournal, openJournal } from "../distribute/journal.js";
import { plural } from "../report/format.js";
import { painter } from "../report/layout.js";
import { SORT_FIGURES } from "../report/order.js";
import type { AnalyzeOptions, Checkpoint, Journal } from "../types.js";
import { defineCommand, UsageError } from "./command.js";
import { noteDamaged } from "./journal.js";
import { writeReport } from "./reports.js";
import { MANY_TENSORS, openSource } from "./source.js";
import { choice, flag, integer, option, text } from "./values.js";

/** `weightscope merge`: the library's `mergeReport` over journals; the report has the bits of an undivided run. */
export const command = defineCommand({
  name: "merge",
  summary: "one report from the journals of an analysis that was divided, or broken off",
  operands: "SOURCE JOURNAL…",
  minimum: 2,
  options: {
    complete: flag("find now what no journal holds"),
    partial: flag("leave out what no journal holds, and say so in the report"),
    verify: option(
      "N",
      "compute N of the matrices again, drawn by --seed: the same bits, or no report",
      integer({ minimum: 1 }),
    ),
    sort: option("FIGURE", `sort by ${SORT_FIGURES.join(", ")}; not in json`, choice(SORT_FIGURES)),
    top: option("N", "show only the first N matrices; not in json", integer({ minimum: 1 })),
    format: option(
      "FORMAT",
      "table (default), json, csv, markdown, or html: one self-contained page",
      choice(["table", "json", "csv", "markdown", "html"]),
    ),
    token: option("TOKEN", "sent as a bearer token to the URL's own host", text),
  },
  details: [
    "Each JOURNAL is a file that analyze --journal wrote, with --part or without. The options of the analysis " +
      "stand in it; all must be of the same options and of the same version of this program. The report is that of " +
      "a single analyze, byte for byte.",
  ],
  async run({ operands, options, common, signal, output, progress, note }) {
    if (options.complete && options.partial) throw new UsageError("--complete and --partial exclude each other");
    const [source, ...paths] = operands;
    const journals: FileJournal[] = [];
    const checkpoint = await openSource(source, signal, { token: options.token, maxSpool: common.maxSpool });
    try {
      for (const path of paths) journals.push(await openJournal(path, { write: false }));
      journals.forEach((journal, i) => noteDamaged(journal, paths[i], note));
      const described = journals.find(({ description }) => description !== null)?.description ?? {};
      const packed = checkpoint.tensors.length > MANY_TENSORS;
      const how = { threads: common.threads, alongside: true, memory: common.memory, packed, signal };
      const asked: AnalyzeOptions = { ...describedOptions(described), ...how };
      const journal = joinedJournal(journals);
      const report = options.complete
        ? await analyze(checkpoint, {
            ...asked,
            journal,
            onProgress: ({ matrix: label, ...update }) => progress.update({ ...update, label }),
          })
        : await mergeReport(checkpoint, { ...asked, journal, partial: options.partial === true }).catch(advised);
      if (options.verify) {
        const verified = await verify(checkpoint, asked, { journal, count: options.verify, seed: common.seed });
        note(`${plural(verified, "matrix", "matrices")} computed again: the same bits`);
      }
      const paint = painter(output.color);
      await writeReport({ source, report }, common.format, output, { paint, sort: options.sort, top: options.top });
      return 0;
    } finally {
      progress.clear();
      for (const journal of journals) await journal.close();
      await checkpoint.close();
    }
  },
});

/** Computes some of the matrices that a journal holds again. @throws CheckpointError "bad-result" for other bits. */
async function verify(
  checkpoint: Checkpoint,
  asked: AnalyzeOptions,
  { journal, count, seed = 1 }: { journal: Journal; count: number; seed?: number | undefined },
): Promise<number> {
  const tasks = await openTasks(checkpoint, asked);
  try {
    const held = tasks.plan.tasks.filter(({ key }) => journal.has(key));
    const random = new Random(seed);
    for (let at = 0; at < Math.min(count, held.length); at++) {
      const other = at + Math.floor(random.float() * (held.length - at));
      [held[at], held[other]] = [held[other], held[at]];
    }
    const drawn = held.slice(0, count);
    const found = new Map<string, string>();
    const keys = drawn.map(({ key }) => key);
    await tasks.run(keys, ({ key, figures }) => void found.set(key, JSON.stringify(figures)));
    for (const { key, name } of drawn)
      if (found.get(key) !== JSON.stringify(await journal.get(key)))
        throw new CheckpointError(
          "bad-result",
          `${quoted(name)}: computed again it has other figures than its journal`,
        );
    return drawn.length;
  } finally {
    await tasks.close();
  }
}

/** With what can be done about it here. */
function advised(error: unknown): never {
  if (error instanceof CheckpointError && error.code === "incomplete")
    throw new CheckpointError(error.code, `${error.message}; --complete finds them now, --partial leaves them out`);
  throw error;
}
