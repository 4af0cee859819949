import { reportCsvPieces } from "../report/csv.js";
import { renderHtml } from "../report/html.js";
import { jsonPieces } from "../report/json.js";
import { reportMarkdown } from "../report/markdown.js";
import type { Selection, Sourced } from "../report/order.js";
import { reportTable } from "../report/table.js";
import type { Report } from "../types.js";
import type { Format } from "./command.js";
import { making } from "./making.js";
import type { Output } from "./output.js";

type TableOptions = Omit<Parameters<typeof reportTable>[1], "columns">;

/** Characters that are written at once. */
const AT_ONCE = 1 << 16;

/** Writes a text as its pieces come, some at a time: no more of it is held. */
export async function writePieces(output: Pick<Output, "write">, pieces: Iterable<string>): Promise<void> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < AT_ONCE) continue;
    await output.write(text);
    text = "";
  }
  if (text !== "") await output.write(text);
}

/** Reports in a format that holds several: json has a list where `several` were asked for. */
export async function writeReports(
  all: readonly Sourced<Report>[],
  format: Exclude<Format, "table">,
  output: Output,
  { several, ...selection }: Selection & { several: boolean },
): Promise<void> {
  const reports = all.map(({ report }) => report);
  if (format === "json") await writePieces(output, jsonPieces(several ? reports : reports[0]));
  else if (format === "csv") await writePieces(output, reportCsvPieces(all, selection));
  else if (format === "markdown") await output.write(reportMarkdown(all, selection));
  else await output.write(renderHtml(reports, { ...selection, ...making() }));
}

/** One report in the format that was asked for. */
export async function writeReport(
  one: Sourced<Report>,
  format: Format,
  output: Output,
  options: TableOptions,
): Promise<void> {
  const { sort, top } = options;
  if (format === "table") return output.write(reportTable(one.report, { columns: output.columns, ...options }));
  return writeReports([one], format, output, { several: false, sort, top });
}
