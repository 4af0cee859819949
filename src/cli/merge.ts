import { analyze, mergeReport } from "../analyze/analyze.js";
import { CheckpointError } from "../base/errors.js";
import { describedOptions } from "../distribute/description.js";
import { type FileJournal, joinedJournal, openJournal } from "../distribute/journal.js";
import { painter } from "../report/layout.js";
import { SORT_FIGURES } from "../report/order.js";
import type { AnalyzeOptions } from "../types.js";
import { defineCommand, UsageError } from "./command.js";
import { noteDamaged } from "./journal.js";
import { writeReport } from "./reports.js";
import { openSource } from "./source.js";
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
      const how = { threads: common.threads, alongside: true, memory: common.memory, signal };
      const asked: AnalyzeOptions = { ...describedOptions(described), ...how };
      const journal = joinedJournal(journals);
      const report = options.complete
        ? await analyze(checkpoint, {
            ...asked,
            journal,
            onProgress: ({ done, total, unit, matrix }) => progress.update({ done, total, unit, label: matrix }),
          })
        : await mergeReport(checkpoint, { ...asked, journal, partial: options.partial === true }).catch(advised);
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

/** With what can be done about it here. */
function advised(error: unknown): never {
  if (error instanceof CheckpointError && error.code === "incomplete")
    throw new CheckpointError(error.code, `${error.message}; --complete finds them now, --partial leaves them out`);
  throw error;
}
