import { inspect } from "../analyze/inspect.js";
import { inspection, inspectionCsv, inspectionMarkdown, inspectionTable } from "../report/inspection.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import type { InspectReport } from "../types.js";
import { defineCommand } from "./command.js";
import { eachSource, openSource } from "./source.js";
import { flag, option, text } from "./values.js";

/** `weightscope inspect`: headers, and what their tensors mean. */
export const command = defineCommand({
  name: "inspect",
  summary: "the header only: tensors, shapes, types, roles, metadata",
  operands: "SOURCE…",
  minimum: 1,
  options: {
    raw: flag("the tensors as they are stored, not what they mean"),
    token: option("TOKEN", "sent as a bearer token to the URL's own host", text),
  },
  details: [
    "SOURCE is a file, a directory that holds a sharded checkpoint, an https:// URL, " +
      "hf://owner/repo[@revision][/file], or - for standard input. Matrices kept in several tensors are shown whole; " +
      "of weights none are read but those of small tensors whose name could be a buffer's.",
  ],
  async run({ operands, options, common, signal, output, failed }) {
    const paint = painter(output.color);
    let first = true;
    const all = await eachSource(operands, failed, async (source, shown) => {
      const checkpoint = await openSource(source, signal, { token: options.token, maxSpool: common.maxSpool });
      let report: InspectReport;
      try {
        report = await inspect(checkpoint, signal);
      } finally {
        await checkpoint.close();
      }
      const found = inspection(report, options.raw === true);
      if (common.format === "table") {
        await output.write((first ? "" : "\n") + inspectionTable(found, output.columns, paint));
        first = false;
      }
      return { source: shown, found, report };
    });
    if (all.length) {
      if (common.format === "json")
        await output.write(jsonText(operands.length > 1 ? all.map(({ report }) => report) : all[0].report));
      if (common.format === "csv") await output.write(inspectionCsv(all));
      if (common.format === "markdown") await output.write(inspectionMarkdown(all));
    }
    return all.length === operands.length ? 0 : 1;
  },
});
