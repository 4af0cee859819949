import { printable } from "../base/printable.js";
import type { TokenKind } from "../transitions/tokens.js";
import type { ParticipationRatio, TransitionReport } from "../types.js";
import { type CsvValue, csvLines } from "./csv-cells.js";
import { count, decimals, withError } from "./format.js";
import { besideFirst, type Cell, type Column, type Paint, tableLines, wrapped } from "./layout.js";
import { markdownTable, markdownText } from "./markdown-cells.js";
import { participationCell } from "./matrix-columns.js";

/** What the reports are of. */
export interface CorpusText {
  /** The files, in order. */
  names: readonly string[];
  tokens: TokenKind;
}

const shuffledCell = (pair: [number, number] | null): string => (pair === null ? "–" : withError(...pair));

const columns: (Column & { cell(report: TransitionReport): string; shuffled?: boolean })[] = [
  { title: "V", align: "right", cell: ({ vocabulary }) => count(vocabulary) },
  { title: "pairs", align: "right", cell: ({ pairs }) => count(pairs) },
  { title: "cells", align: "right", cell: ({ nonZero }) => count(nonZero) },
  { title: "antisym. PR", align: "right", cell: ({ antisymmetric }) => participationCell(antisymmetric) },
  {
    title: "shuffled",
    align: "right",
    gap: 1,
    shuffled: true,
    cell: ({ shuffled }) => shuffledCell(shuffled.antisymmetric),
  },
  { title: "sym. PR", align: "right", cell: ({ symmetric }) => participationCell(symmetric) },
  {
    title: "shuffled",
    align: "right",
    gap: 1,
    shuffled: true,
    cell: ({ shuffled }) => shuffledCell(shuffled.symmetric),
  },
  { title: "‖A‖/‖T‖", align: "right", cell: ({ asymmetry }) => decimals(asymmetry, 3) },
  {
    title: "shuffled",
    align: "right",
    gap: 1,
    shuffled: true,
    cell: ({ shuffled }) => shuffledCell(shuffled.asymmetry),
  },
];

/** Without shuffles there is nothing to show of them. */
const shown = (reports: readonly TransitionReport[]) =>
  columns.filter((column) => !column.shuffled || reports.some(({ shuffled }) => shuffled.shuffles > 0));

/** What a kind of token is called. */
const wordFor: Record<TokenKind, string> = {
  words: "words",
  segmenter: "words",
  characters: "characters",
  bytes: "bytes",
};

function title({ names, tokens }: CorpusText, { tokens: length, matrix, smoothing }: TransitionReport): string {
  const where = names.length > 1 ? `${names.length} files` : names[0] === "-" ? "standard input" : printable(names[0]);
  const what =
    matrix === "counts" ? "counts" : smoothing > 0 ? `transition matrix, smoothing ${smoothing}` : "transition matrix";
  return `${count(length)} ${length === 1 ? wordFor[tokens].slice(0, -1) : wordFor[tokens]} of ${where}: ${what}`;
}

function notes({ tokens }: CorpusText, { matrix, shuffled: { shuffles } }: TransitionReport): string[] {
  const word = wordFor[tokens];
  const limit =
    matrix === "transition"
      ? `Independent ${word} would bring the antisymmetric PR to 2 in a text without end, for any V; no ` +
        "antisymmetric matrix is below 2."
      : `Independent ${word} would bring the symmetric PR of the counts to 1 in a text without end, for any V.`;
  const beside =
    shuffles > 0
      ? " A finite text stands above that by chance alone: beside each figure are mean and standard deviation over " +
        `${shuffles} shuffle${shuffles === 1 ? "" : "s"} of the same ${word}.`
      : "";
  return [limit + beside, "After ±: one standard error, or half the proved interval; without it the figure is exact."];
}

/** For a terminal; one line a vocabulary. */
export function corpusTable(
  reports: readonly TransitionReport[],
  text: CorpusText,
  width: number,
  paint: Paint,
): string {
  const rowsOf = (of: typeof columns) =>
    reports.map((report) => of.map(({ cell }): Cell => ({ text: cell(report), whole: true })));
  let used = shown(reports);
  // On a narrow terminal the sizes give way to the figures.
  for (const spare of ["pairs", "cells"]) {
    const rows = rowsOf(used);
    const first = Math.max(...rows.map(([{ text }]) => text.length));
    if (first + besideFirst(used, rows) > width) used = used.filter((column) => column.title !== spare);
  }
  const lines = tableLines(used, rowsOf(used), width, paint);
  const below = notes(text, reports[0]).flatMap((note) => wrapped(note, width));
  return [
    ...wrapped(title(text, reports[0]), width).map((line) => paint("strong", line)),
    "",
    ...lines,
    "",
    ...below.map((line) => paint("dim", line)),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** The reports of one text as a table of Markdown, its notes below. */
export function corpusMarkdown(reports: readonly TransitionReport[], text: CorpusText): string {
  const used = shown(reports);
  const body = markdownTable(
    used.map((column) => column.title),
    used.map(({ align }) => align),
    reports.map((report) => used.map(({ cell }) => cell(report))),
  );
  return `### ${markdownText(title(text, reports[0]))}\n\n${body}\n${notes(text, reports[0])
    .map((note) => `- ${note}\n`)
    .join("")}`;
}

/** The same for a page: what the text is, a table of texts, and the notes. */
export function corpusParts(
  reports: readonly TransitionReport[],
  text: CorpusText,
): { title: string; head: string[]; rows: string[][]; notes: string[]; words: string } {
  const used = shown(reports);
  return {
    title: title(text, reports[0]),
    head: used.map((column) => column.title),
    rows: reports.map((report) => used.map(({ cell }) => cell(report))),
    notes: notes(text, reports[0]),
    words: wordFor[text.tokens],
  };
}

const ratioColumns: [string, (ratio: ParticipationRatio | null) => CsvValue][] = [
  ["", (ratio) => ratio?.value],
  ["Lower", (ratio) => ratio?.lower],
  ["Upper", (ratio) => ratio?.upper],
  ["StandardError", (ratio) => ratio?.standardError],
  ["Method", (ratio) => ratio?.method],
  ["ConvergedBy", (ratio) => ratio?.convergedBy],
];

/** One row a vocabulary; names are those of the report. */
export function corpusCsv(reports: readonly TransitionReport[], { names, tokens }: CorpusText): string {
  const part = (name: "antisymmetric" | "symmetric"): [string, (report: TransitionReport) => CsvValue][] => [
    ...ratioColumns.map(([suffix, of]): [string, (report: TransitionReport) => CsvValue] => [
      name + suffix,
      (report) => of(report[name]),
    ]),
    [`${name}Shuffled`, ({ shuffled }) => shuffled[name]?.[0]],
    [`${name}ShuffledDeviation`, ({ shuffled }) => shuffled[name]?.[1]],
  ];
  const all: [string, (report: TransitionReport) => CsvValue][] = [
    ["source", () => names.join(" ")],
    ["kind", () => tokens],
    ["matrix", ({ matrix }) => matrix],
    ["smoothing", ({ smoothing }) => smoothing],
    ["tokens", (report) => report.tokens],
    ["vocabulary", ({ vocabulary }) => vocabulary],
    ["pairs", ({ pairs }) => pairs],
    ["nonZero", ({ nonZero }) => nonZero],
    ...part("antisymmetric"),
    ...part("symmetric"),
    ["asymmetry", ({ asymmetry }) => asymmetry],
    ["asymmetryShuffled", ({ shuffled }) => (shuffled.shuffles > 0 ? shuffled.asymmetry[0] : null)],
    ["asymmetryShuffledDeviation", ({ shuffled }) => (shuffled.shuffles > 0 ? shuffled.asymmetry[1] : null)],
    ["shuffles", ({ shuffled }) => shuffled.shuffles],
  ];
  return csvLines([all.map(([name]) => name), ...reports.map((report) => all.map(([, of]) => of(report)))]);
}
