import {
  type Inspection,
  inspection,
  inspectionCsv,
  inspectionMarkdown,
  inspectionTable,
} from "../report/inspection.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import { defineCommand } from "./command.js";
import { eachSource, openSource } from "./source.js";
import { option, text } from "./values.js";

export const command = defineCommand({
  name: "inspect",
  summary: "the header only: tensors, shapes, types, roles, metadata",
  operands: "SOURCE…",
  minimum: 1,
  options: {
    token: option("TOKEN", "sent as a bearer token to the URL's own host", text),
  },
  details: [
    "SOURCE is a file, a directory that holds a sharded checkpoint, an https:// URL, " +
      "hf://owner/repo[@revision][/file], or - for standard input. No weights are read.",
  ],
  async run({ operands, options, common, signal, output, failed }) {
    const paint = painter(output.color);
    let first = true;
    const all = await eachSource(operands, failed, async (source) => {
      const checkpoint = await openSource(source, signal, options.token);
      let found: Inspection;
      try {
        found = inspection(checkpoint);
      } finally {
        await checkpoint.close();
      }
      if (common.format === "table") {
        await output.write((first ? "" : "\n") + inspectionTable(found, output.columns, paint));
        first = false;
      }
      return { source, found };
    });
    if (all.length) {
      if (common.format === "json")
        await output.write(jsonText(operands.length > 1 ? all.map(({ found }) => found) : all[0].found));
      if (common.format === "csv") await output.write(inspectionCsv(all));
      if (common.format === "markdown") await output.write(inspectionMarkdown(all));
    }
    return all.length === operands.length ? 0 : 1;
  },
});
