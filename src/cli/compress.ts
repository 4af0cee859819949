import { readFile } from "node:fs/promises";
import path from "node:path";
import { printable } from "../base/printable.js";
import { compress, compressionPlan } from "../compress/compress.js";
import type { CompressOptions, CompressReport, Keep } from "../compress/contract.js";
import { readImportance } from "../compress/imatrix.js";
import { checkedCompress } from "../compress/options.js";
import { refuseIrregular } from "../host/file-kind.js";
import { inWords } from "../host/system-errors.js";
import { compressionCsv, compressionMarkdown, compressionTable } from "../report/compression.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import { writeFiles } from "./checkpoint-output.js";
import { type CommonValues, defineCommand, type Invocation, UsageError, type Values } from "./command.js";
import type { Output } from "./output.js";
import { openSource } from "./source.js";
import { sweepCommand, sweepDetails, sweepOptions, wantsSweep } from "./sweep-command.js";
import { choice, expression, flag, gaussiansAsked, input, integer, option, share, text, written } from "./values.js";

const options = {
  output: {
    ...written("FILE", "the smaller checkpoint: a file, or a directory where SOURCE has several"),
    short: "o",
  },
  method: option("METHOD", "singular (default) or gaussian", choice(["singular", "gaussian"])),
  signal: flag("keep the directions above each matrix's own noise (default)"),
  budget: option("X", "keep what fits in this share of the bits: 0.25 or 1/4", share),
  energy: option("X", "keep the fewest directions, or Gaussians, with this share of the energy", share),
  rank: option("N", "keep N directions of every matrix", integer({ minimum: 1 })),
  gaussians: option("K", "Gaussians a row: auto, 8, d/16 (with --method gaussian)", gaussiansAsked),
  factors: option(
    "TYPE",
    "of what is stored: source (default), f32, bf16, f16, q8 or q4",
    choice(["source", "f32", "bf16", "f16", "q8", "q4"]),
  ),
  allocate: option(
    "HOW",
    "uniform (default), energy or relative-energy",
    choice(["uniform", "energy", "relative-energy"]),
  ),
  order: option(
    "ORDER",
    "of columns under Gaussians: stored (default), leading or path",
    choice(["stored", "leading", "path"]),
  ),
  imatrix: input("FILE", "weigh columns by the activations in llama.cpp's imatrix (.gguf or .dat)"),
  include: option("RE", "replace matrices whose name matches, in place of those inside layers", expression),
  exclude: option("RE", "keep matrices whose name matches as they are", expression),
  transpose: option("RE", "factor the transpose of matrices whose name matches", expression),
  "dry-run": flag("the table, nothing written"),
  ...sweepOptions,
  format: option(
    "FORMAT",
    "table (default), json, csv, markdown, or html: a sweep's page",
    choice(["table", "json", "csv", "markdown", "html"]),
  ),
  token: option("TOKEN", "sent as a bearer token to the URL's own host", text),
} as const;

type CompressValues = Values<typeof options>;

/** What the options ask to keep. @throws UsageError for more than one of them. */
function keepOf({ signal, budget, energy, rank, gaussians }: CompressValues): Keep | undefined {
  const asked: Keep[] = [];
  if (signal) asked.push("signal");
  if (budget !== undefined) asked.push({ budget });
  if (energy !== undefined) asked.push({ energy });
  if (rank !== undefined) asked.push({ rank });
  if (gaussians !== undefined) asked.push({ gaussians });
  if (asked.length > 1)
    throw new UsageError("one of --signal, --budget, --energy, --rank and --gaussians, not several");
  return asked[0];
}

/** The library's options from the command line's. */
export async function compressOptionsOf(
  values: CompressValues,
  common: CommonValues,
  signal: AbortSignal,
): Promise<CompressOptions> {
  const { method, factors, allocate, order, include, exclude, transpose, imatrix } = values;
  const importance = imatrix === undefined ? undefined : await importanceOf(imatrix);
  const keep = keepOf(values);
  const { threads, memory, seed } = common;
  return {
    method,
    keep,
    factors,
    allocate,
    order,
    include,
    exclude,
    transpose,
    importance,
    threads,
    memory,
    seed,
    signal,
  };
}

async function importanceOf(file: string): Promise<Map<string, Float32Array>> {
  const bytes = await refuseIrregular(file)
    .then(() => readFile(file))
    .catch((error: unknown) => {
      throw new Error(`${printable(file)}: cannot be read: ${inWords(error)}`, { cause: error });
    });
  return readImportance(bytes, path.basename(file));
}

/** Options that do not go together are the command line's fault. */
function checked(settings: CompressOptions): CompressOptions {
  try {
    checkedCompress(settings);
    return settings;
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** The report in the format that was asked for. */
export async function writeCompressReport(report: CompressReport, format: string, output: Output): Promise<void> {
  if (format === "json") return output.write(jsonText(report));
  if (format === "csv") return output.write(compressionCsv(report));
  if (format === "markdown") return output.write(compressionMarkdown(report));
  return output.write(compressionTable(report, output.columns, painter(output.color)));
}

async function sweep(invocation: Invocation<typeof options>): Promise<0 | 1> {
  const {
    operands: [source],
    options: values,
    common,
    signal,
  } = invocation;
  const settings = await compressOptionsOf(values, common, signal);
  for (const { keep } of values.sweep ?? []) checked({ ...settings, keep });
  const { keep: _, ...described } = checkedCompress({ ...settings, keep: values.sweep?.[0]?.keep }).described;
  const checkpoint = await openSource(source, signal, { token: values.token, once: true, maxSpool: common.maxSpool });
  try {
    return await sweepCommand(invocation, {
      checkpoint,
      source,
      compress: settings,
      described: { ...described, sweep: values.sweep?.map(({ asked }) => asked), by: values.by ?? null },
    });
  } finally {
    await checkpoint.close();
  }
}

async function run(invocation: Invocation<typeof options>): Promise<0 | 1> {
  const { operands, options: values, common, signal, output, progress, note } = invocation;
  if (wantsSweep(values)) return sweep(invocation);
  if (common.format === "html") throw new UsageError("--format html is the page of a --sweep");
  const [source] = operands;
  const given = values.output;
  if (given === undefined && !values["dry-run"]) throw new UsageError("compress needs --output FILE, or --dry-run");
  const settings = checked({
    ...(await compressOptionsOf(values, common, signal)),
    onProgress: ({ done, total, unit, matrix }) => progress.update({ done, total, unit, label: matrix }),
  });
  const checkpoint = await openSource(source, signal, { token: values.token, once: true, maxSpool: common.maxSpool });
  try {
    const report =
      values["dry-run"] || given === undefined
        ? await compressionPlan(checkpoint, settings)
        : await writeFiles(compress(checkpoint, settings), {
            ...{ given, source: checkpoint, signal },
            inputs: values.imatrix === undefined ? operands : [...operands, values.imatrix],
          });
    progress.clear();
    if (report.tensors.length === 0)
      note(`${printable(source)}: no matrix to replace; --include chooses others than those inside layers`);
    await writeCompressReport(report, common.format, output);
  } finally {
    progress.clear();
    await checkpoint.close();
  }
  return 0;
}

/** `weightscope compress`: the library's `compress` into files, or with `--sweep` a table of what each size loses. */
export const command = defineCommand({
  name: "compress",
  summary: "a smaller safetensors file: factors or amplitudes in place of matrices",
  operands: "SOURCE",
  minimum: 1,
  maximum: 1,
  options,
  writesCheckpoint: ({ sweep }) => sweep === undefined,
  details: [
    "SOURCE is what analyze takes. Matrices inside layers are replaced; embeddings, head and all else stay as they " +
      "are unless --include names them. `weightscope restore` gives the full checkpoint back; other commands open " +
      "the smaller one as what it stands for.",
    ...sweepDetails,
    "Factors are found on one thread: --threads is for the norms and signals of a sweep by layer or role.",
    "The layout, so that others can read it: docs/compression.md.",
  ],
  run,
});
