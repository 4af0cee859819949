import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { printable } from "../base/printable.js";
import { count } from "../report/format.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import { type ScalingTables, scalingCsv, scalingMarkdown, scalingTableText } from "../report/scaling.js";
import { scalingTables } from "../scaling/scaling.js";
import { CHECKPOINT_TABLES, SCALING_TABLES } from "../scaling/tables.js";
import { Utf8Check } from "../transitions/utf8.js";
import { defineCommand, UsageError } from "./command.js";
import { openSource } from "./source.js";
import { textFiles, textOf } from "./text-file.js";
import { choice, input, list, number, option, transposition } from "./values.js";

/** The model that lies in the repository; a package without it asks for `--checkpoint`. */
function bundledExample(): string | null {
  // From src/cli, and from dist/node/chunks.
  const places = ["../../examples/", "../../../examples/"].map((place) =>
    fileURLToPath(new URL(`${place}selftrained-llama-en.bf16.safetensors`, import.meta.url)),
  );
  return places.find((file) => existsSync(file)) ?? null;
}

/** `weightscope scaling`: the library's `scalingTables`. */
export const command = defineCommand({
  name: "scaling",
  summary: 'the tables of "CT Scaling Laws", published beside measured',
  operands: "",
  minimum: 0,
  maximum: 0,
  options: {
    only: option("LIST", `of ${SCALING_TABLES.join(", ")}`, list(choice(SCALING_TABLES))),
    checkpoint: input("SOURCE", "what norms, amplitude, rules and order are measured on (default: the bundled model)"),
    corpus: input("FILE", "a text that transition shows beside its own shuffles"),
    energy: option("X", "rules: the share of energy to hold (default 0.9)", number({ above: 0, maximum: 1 })),
    transpose: option("auto|none|RE", "which of the checkpoint's matrices to transpose, as in analyze", transposition),
  },
  details: [
    "Each row holds its inputs, the published figure, the measured one, whether they agree, and a note. Noise and " +
      "permutations are seeded: the same options, the same tables.",
  ],
  async run({ options, common, signal, output, progress, note }) {
    const { only, corpus: file, energy, transpose } = options;
    if (file === "-") throw new UsageError("--corpus takes a file, not standard input: it is read twice");
    const [corpusFile] = file === undefined ? [] : await textFiles([file]);
    let check = new Utf8Check();
    const corpus = corpusFile && {
      name: path.basename(corpusFile.name),
      text: () => textOf(corpusFile, (check = new Utf8Check()), signal),
    };
    const source = options.checkpoint ?? bundledExample();
    let wanted = SCALING_TABLES.filter((table) => (only ?? SCALING_TABLES).includes(table));
    if (source === null && wanted.some((table) => CHECKPOINT_TABLES.includes(table))) {
      if (only)
        throw new UsageError(
          "--checkpoint SOURCE is needed for " +
            `${wanted.filter((table) => CHECKPOINT_TABLES.includes(table)).join(", ")}: the bundled model is not in ` +
            "this package",
        );
      note(
        `without --checkpoint SOURCE there are no tables ${CHECKPOINT_TABLES.join(", ")}: the bundled model is not ` +
          "in this package",
      );
      wanted = wanted.filter((table) => !CHECKPOINT_TABLES.includes(table));
    }
    const opened =
      source !== null && wanted.some((table) => CHECKPOINT_TABLES.includes(table))
        ? await openSource(source, signal, { maxSpool: common.maxSpool })
        : null;
    const tables: ScalingTables = {};
    const paint = painter(output.color);
    try {
      for (const [i, table] of wanted.entries()) {
        const { [table]: rows = [] } = await scalingTables({
          only: [table],
          checkpoint: opened ?? undefined,
          corpus,
          energy,
          transpose,
          seed: common.seed,
          threads: common.threads,
          memory: common.memory,
          signal,
          onProgress: ({ done, total, unit }) => progress.update({ done, total, unit, label: table }),
        });
        progress.clear();
        tables[table] = rows;
        if (common.format === "table")
          await output.write((i ? "\n" : "") + scalingTableText(table, rows, output.columns, paint));
      }
    } finally {
      await opened?.close();
    }
    if (check.invalid > 0)
      note(
        `${printable(corpusFile.name)}: ${count(check.invalid)} byte${check.invalid === 1 ? " is" : "s are"} not ` +
          "UTF-8, read as U+FFFD",
      );
    if (common.format === "json") await output.write(jsonText(tables));
    if (common.format === "csv") await output.write(scalingCsv(tables));
    if (common.format === "markdown") await output.write(scalingMarkdown(tables));
    return 0;
  },
});
