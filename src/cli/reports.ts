import { reportCsv } from "../report/csv.js";
import { renderHtml } from "../report/html.js";
import { jsonText } from "../report/json.js";
import { reportMarkdown } from "../report/markdown.js";
import { reportTable } from "../report/table.js";
import type { Report } from "../types.js";
import type { Format } from "./command.js";
import type { Output } from "./output.js";

type TableOptions = Omit<Parameters<typeof reportTable>[1], "columns">;

/** One report in the format that was asked for. */
export async function writeReport(
  one: { source: string; report: Report },
  format: Format,
  output: Output,
  options: TableOptions,
): Promise<void> {
  const { sort, top } = options;
  switch (format) {
    case "table":
      return output.write(reportTable(one.report, { columns: output.columns, ...options }));
    case "json":
      return output.write(jsonText(one.report));
    case "csv":
      return output.write(reportCsv([one], { sort, top }));
    case "markdown":
      return output.write(reportMarkdown([one], { sort, top }));
    case "html":
      return output.write(renderHtml([one.report], { sort, top }));
  }
}
