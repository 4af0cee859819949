import { compare } from "../compare/compare.js";
import { compareHtml } from "../report/compare/html.js";
import { compareTable } from "../report/compare/table.js";
import { compareCsv, compareMarkdown } from "../report/compare/text.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import type { CompareReport } from "../types.js";
import { type CommonValues, defineCommand, UsageError } from "./command.js";
import type { Output } from "./output.js";
import { openSource } from "./source.js";
import { choice, expression, option, text } from "./values.js";

async function write(report: CompareReport, { format }: CommonValues, output: Output): Promise<void> {
  if (format === "json") return output.write(jsonText(report));
  if (format === "csv") return output.write(compareCsv(report));
  if (format === "markdown") return output.write(compareMarkdown(report));
  if (format === "html") return output.write(compareHtml(report));
  return output.write(compareTable(report, { columns: output.columns, paint: painter(output.color) }));
}

export const command = defineCommand({
  name: "compare",
  summary: "what changed between two checkpoints, matrix by matrix: how much, of what rank, above rounding or not",
  operands: "BASE TUNED",
  minimum: 2,
  maximum: 2,
  options: {
    include: option("RE", "only tensors whose name matches", expression),
    exclude: option("RE", "no tensors whose name matches", expression),
    format: option(
      "FORMAT",
      "table (default), json, csv, markdown, or html: one self-contained page",
      choice(["table", "json", "csv", "markdown", "html"]),
    ),
    token: option("TOKEN", "sent as a bearer token to the URLs' own hosts", text),
  },
  details: [
    "BASE and TUNED are what analyze takes as SOURCE, of any format, quantised or not. Tensors are paired by " +
      "name, else by layer, role and shape.",
    "Rank counts the directions of the change that stand above what rounding to the two files' types leaves: " +
      "docs/method.md §10.",
  ],
  async run({ operands: [base, tuned], options, common, signal, output, progress }) {
    if (base === "-" && tuned === "-") throw new UsageError("standard input can be read only once");
    const opened = await openSource(base, signal, options.token);
    try {
      const other = await openSource(tuned, signal, options.token);
      try {
        const report = await compare(opened, other, {
          include: options.include,
          exclude: options.exclude,
          threads: common.threads,
          memory: common.memory,
          seed: common.seed,
          signal,
          onProgress: ({ done, total, unit, matrix }) => progress.update({ done, total, unit, label: matrix }),
        });
        progress.clear();
        await write(report, common, output);
      } finally {
        await other.close();
      }
    } finally {
      await opened.close();
    }
    return 0;
  },
});
