import { extractAdapter } from "../compare/adapter.js";
import { compare } from "../compare/compare.js";
import { compareHtml } from "../report/compare/html.js";
import { compareTable } from "../report/compare/table.js";
import { compareCsv, compareMarkdown } from "../report/compare/text.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import type { AdapterOptions, Checkpoint, CompareReport } from "../types.js";
import { type AdapterOutput, adapterOutput } from "./adapter-output.js";
import { type CommonValues, defineCommand, UsageError } from "./command.js";
import { making } from "./making.js";
import type { Output } from "./output.js";
import { openSource } from "./source.js";
import { choice, expression, flag, integer, number, option, text, written } from "./values.js";

async function write(report: CompareReport, { format }: CommonValues, output: Output): Promise<void> {
  if (format === "json") return output.write(jsonText(report));
  if (format === "csv") return output.write(compareCsv(report));
  if (format === "markdown") return output.write(compareMarkdown(report));
  if (format === "html") return output.write(compareHtml(report, making()));
  return output.write(compareTable(report, { columns: output.columns, paint: painter(output.color) }));
}

/** @throws UsageError where options of the adapter stand without it, or contradict each other. */
function checkAdapterOptions(options: {
  adapter?: string | undefined;
  rank?: number | undefined;
  energy?: number | undefined;
  dtype?: string | undefined;
  rest?: boolean | undefined;
}): void {
  const alone = (["rank", "energy", "dtype", "rest"] as const).find((name) => options[name] !== undefined);
  if (alone !== undefined && options.adapter === undefined)
    throw new UsageError(`--${alone} is of an adapter: --adapter DIR says where it goes`);
  if (options.rank !== undefined && options.energy !== undefined)
    throw new UsageError("an adapter takes --rank or --energy, not both");
}

/** Opens both sources, and closes what was opened. */
async function withBoth<T>(
  [base, tuned]: readonly [string, string],
  open: (source: string) => Promise<Checkpoint>,
  work: (base: Checkpoint, tuned: Checkpoint) => Promise<T>,
): Promise<T> {
  const one = await open(base);
  try {
    const other = await open(tuned);
    try {
      return await work(one, other);
    } finally {
      await other.close();
    }
  } finally {
    await one.close();
  }
}

async function writtenAdapter(
  { files, report }: ReturnType<typeof extractAdapter>,
  directory: AdapterOutput,
): Promise<CompareReport> {
  for await (const file of files) await directory.write(file);
  return report;
}

/** `weightscope compare`: the library's `compare`, and with `--adapter` its `extractAdapter`. */
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
    adapter: written("DIR", "write the change there as a LoRA in PEFT's format, whole or not at all"),
    rank: option("N", "of the adapter (default: what stands above rounding)", integer({ minimum: 1 })),
    energy: option("X", "or: the share of each matrix's change to hold, such as 0.9", number({ above: 0, maximum: 1 })),
    dtype: option("TYPE", "of the factors: bf16 (default), f16 or f32", choice(["bf16", "f16", "f32"])),
    rest: flag("also save whole what a LoRA cannot hold: embeddings, head and norms that changed"),
    token: option("TOKEN", "sent as a bearer token to the URLs' own hosts", text),
  },
  details: [
    "BASE and TUNED are what analyze takes as SOURCE, of any format, quantised or not. Tensors are paired by " +
      "name, else by layer, role and shape.",
    "An adapter has one rank for all matrices inside layers, with lora_alpha equal to it; smaller ranks are padded " +
      "with zeros, nothing is clamped. What it leaves out is said with its share of all that changed.",
    "Rank counts the directions of the change that stand above what rounding to the two files' types leaves: " +
      "docs/method.md §10.",
  ],
  async run({ operands: [base, tuned], options, common, signal, output, progress }) {
    if (base === "-" && tuned === "-") throw new UsageError("standard input can be read only once");
    checkAdapterOptions(options);
    const directory = options.adapter === undefined ? null : await adapterOutput(options.adapter);
    try {
      const report = await withBoth(
        [base, tuned],
        (source) => openSource(source, signal, { token: options.token, maxSpool: common.maxSpool }),
        (one, other) => {
          const given: AdapterOptions = {
            include: options.include,
            exclude: options.exclude,
            threads: common.threads,
            memory: common.memory,
            seed: common.seed,
            signal,
            onProgress: ({ done, total, unit, matrix }) => progress.update({ done, total, unit, label: matrix }),
          };
          const { rank, energy, dtype: factors, rest } = options;
          return directory
            ? writtenAdapter(extractAdapter(one, other, { ...given, rank, energy, factors, rest }), directory)
            : compare(one, other, given);
        },
      );
      progress.clear();
      await write(report, common, output);
      await directory?.commit();
    } catch (error) {
      await directory?.discard();
      throw error;
    }
    return 0;
  },
});
