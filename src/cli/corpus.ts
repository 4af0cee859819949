import { printable } from "../base/printable.js";
import { corpusCsv, corpusMarkdown, corpusTable } from "../report/corpus.js";
import { count } from "../report/format.js";
import { corpusHtml } from "../report/html/corpus.js";
import { jsonText } from "../report/json.js";
import { painter } from "../report/layout.js";
import { createTokenizer, type TokenKind } from "../transitions/tokens.js";
import { transitionsOf } from "../transitions/transitions.js";
import { Utf8Check } from "../transitions/utf8.js";
import { TokenStream } from "../transitions/vocabulary.js";
import { defineCommand, type Invocation, type Options, UsageError } from "./command.js";
import { making } from "./making.js";
import { bytesOfText, type TextFile, textFiles, textOf } from "./text-file.js";
import { choice, integer, list, number, option } from "./values.js";

const VOCABULARIES = [500, 1000, 2000, 4000];

type Reading = Pick<Invocation<Options>, "signal" | "progress" | "note">;

/** All files as one stream of tokens, the chain broken between them. */
async function readFiles(
  files: readonly TextFile[],
  kind: TokenKind,
  { signal, progress, note }: Reading,
): Promise<TokenStream> {
  const stream = new TokenStream();
  const total = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  for (const [i, file] of files.entries()) {
    if (i > 0) stream.breakChain();
    const read = (bytes: number) => {
      done += bytes;
      progress.update({ done, total: Math.max(done, total), unit: "bytes", label: file.name });
    };
    if (kind === "bytes") {
      for await (const chunk of bytesOfText(file, signal)) {
        read(chunk.length);
        for (const byte of chunk) stream.take(byte);
      }
      continue;
    }
    const check = new Utf8Check();
    const tokenizer = createTokenizer(kind);
    for await (const chunk of textOf(file, check, signal, read)) tokenizer.push(chunk, stream.take);
    tokenizer.end(stream.take);
    if (check.invalid > 0)
      note(
        `${printable(file.name)}: ${count(check.invalid)} byte${check.invalid === 1 ? " is" : "s are"} not UTF-8, ` +
          "read as U+FFFD",
      );
  }
  progress.clear();
  return stream;
}

/** `weightscope corpus`: the library's `analyzeTransitions` of texts. */
export const command = defineCommand({
  name: "corpus",
  summary: "transition matrices of a text at several vocabularies, beside shuffles of the same words",
  operands: "FILE…",
  minimum: 1,
  options: {
    vocab: option(
      "LIST",
      `how many of the most frequent words, between commas (default ${VOCABULARIES.join()})`,
      list(integer({ minimum: 1, maximum: 10_000_000 })),
    ),
    shuffles: option(
      "N",
      "seeded shuffles of the same words to compare with (default 5)",
      integer({ minimum: 0, maximum: 100_000 }),
    ),
    smoothing: option("A", "added to every count of the transition matrix (default 0)", number({ minimum: 0 })),
    matrix: option("KIND", "transition (default) or counts", choice(["transition", "counts"])),
    tokens: option(
      "KIND",
      "words (default), segmenter (scripts without spaces), characters or bytes",
      choice(["words", "segmenter", "characters", "bytes"]),
    ),
    participation: option("METHOD", "auto (default), exact or power", choice(["auto", "exact", "power"])),
    tolerance: option(
      "X",
      "relative error that the power method may leave (default 0.01)",
      number({ above: 0, below: 1 }),
    ),
    format: option(
      "FORMAT",
      "table (default), json, csv, markdown, or html: one self-contained page",
      choice(["table", "json", "csv", "markdown", "html"]),
    ),
  },
  details: [
    "FILEs are one text, read as UTF-8 in order, no word following the last of the file before; - is standard " +
      "input. Bytes are taken as they are.",
    "Definitions of all figures: docs/method.md §4.",
  ],
  async run({ operands, options, common, signal, output, progress, note }) {
    const {
      vocab = VOCABULARIES,
      shuffles,
      smoothing,
      matrix,
      tokens = "words",
      participation: method,
      tolerance,
    } = options;
    if (matrix === "counts" && smoothing)
      throw new UsageError("--smoothing is of the transition matrix, not of --matrix counts");
    const files = await textFiles(operands);
    const stream = await readFiles(files, tokens, { signal, progress, note });
    const name = operands.map((file) => printable(file)).join(", ");
    if (stream.length === 0) throw new Error(`${name}: no ${tokens === "segmenter" ? "words" : tokens} in it`);
    const asked = [...new Set(vocab)].sort((a, b) => a - b);
    const smaller = asked.filter((size) => size < stream.types);
    const beyond = asked.filter((size) => size > stream.types);
    if (beyond.length > 0)
      note(
        `the text has ${count(stream.types)} different ${tokens === "segmenter" ? "words" : tokens}: a vocabulary ` +
          `of ${beyond.map(count).join(", ")} is all of them`,
      );
    const reports = await transitionsOf(stream, {
      vocabulary: smaller.length < asked.length ? [...smaller, stream.types] : smaller,
      shuffles,
      smoothing,
      matrix,
      seed: common.seed,
      signal,
      participation: { ...(method && { method }), ...(tolerance !== undefined && { tolerance }) },
      onProgress: ({ done, total }) => progress.update({ done, total, unit: "matrices" }),
    });
    progress.clear();
    const text = { names: operands, tokens };
    if (common.format === "table")
      await output.write(corpusTable(reports, text, output.columns, painter(output.color)));
    if (common.format === "json") await output.write(jsonText(reports));
    if (common.format === "csv") await output.write(corpusCsv(reports, text));
    if (common.format === "markdown") await output.write(corpusMarkdown(reports, text));
    if (common.format === "html") await output.write(corpusHtml(reports, text, making()));
    return 0;
  },
});
