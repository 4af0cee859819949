import type { RestoreReport } from "../compress/contract.js";
import { restore } from "../compress/restore.js";
import { restoreCsv, restoreMarkdown, restoreText } from "../report/compression.js";
import { jsonText } from "../report/json.js";
import { writeFiles } from "./checkpoint-output.js";
import { type CommonValues, defineCommand, UsageError } from "./command.js";
import type { Output } from "./output.js";
import { openSource } from "./source.js";
import { option, text, written } from "./values.js";

function textOf(report: RestoreReport, format: CommonValues["format"], output: Output): string {
  if (format === "json") return jsonText(report);
  if (format === "csv") return restoreCsv(report);
  return format === "markdown" ? restoreMarkdown(report) : restoreText(report, output.columns);
}

/** `weightscope restore`: the library's `restore` into files. */
export const command = defineCommand({
  name: "restore",
  summary: "the full checkpoint back from a compressed one",
  operands: "FILE",
  minimum: 1,
  maximum: 1,
  options: {
    output: {
      ...written("FILE", "the full checkpoint: a file, or a directory where FILE has several"),
      short: "o",
    },
    token: option("TOKEN", "sent as a bearer token to the URL's own host", text),
  },
  writesCheckpoint: true,
  details: [
    "Names, shapes, types and order are the original's, its header byte for byte, tensors that were not replaced " +
      "bit for bit. Quantised tensors that were replaced come back as BF16 (GGUF: F16), and that is said.",
  ],
  async run({ operands, options, common, signal, output, progress }) {
    if (options.output === undefined) throw new UsageError("restore needs --output FILE");
    const checkpoint = await openSource(operands[0], signal, { token: options.token, maxSpool: common.maxSpool });
    try {
      const report = await writeFiles(
        restore(checkpoint, {
          signal,
          onProgress: ({ done, total, unit, matrix }) => progress.update({ done, total, unit, label: matrix }),
        }),
        { given: options.output, source: checkpoint, signal, inputs: operands },
      );
      progress.clear();
      await output.write(textOf(report, common.format, output));
    } finally {
      progress.clear();
      await checkpoint.close();
    }
    return 0;
  },
});
