import { printable } from "../base/printable.js";
import type { CompressReport, RestoreReport } from "../compress/contract.js";
import { type CsvValue, csvLines } from "./csv-cells.js";
import { toldApart } from "./distinct.js";
import { bytes, count, decimals, percent } from "./format.js";
import { type Column, type Paint, type Row, tableLines, wrapped } from "./layout.js";
import { markdownName, markdownTable, markdownText } from "./markdown-cells.js";

const bitsEach = (bits: number, weights: number): string => decimals(weights > 0 ? bits / weights : 0, 2);

/** The report in one sentence. */
export function compressionAnswer({ summary, tensors }: CompressReport): string {
  const { weights, bits, bitsOfSource, energy, bytes: size, bytesOfSource } = summary;
  if (tensors.length === 0)
    return `No matrix is replaced: the files take ${bytes(size)}, the source ${bytes(bytesOfSource)}.`;
  const matrices = `${count(tensors.length)} ${tensors.length === 1 ? "matrix" : "matrices"}`;
  const rate = `${bitsEach(bits, weights)} bits a weight, ${percent(bits / bitsOfSource)} % of what they were`;
  return (
    `${matrices} at ${rate}, keep ${percent(energy)} % of their energy; ${bytes(size)} in place of ` +
    `${bytes(bytesOfSource)}.`
  );
}

/** Energy says how near the weights are, not what the model still does. */
export const CAUTION = "Energy is not function: --sweep with --evaluate measures what the model still does.";

const COLUMNS: readonly Column[] = [
  { title: "matrix", align: "left" },
  { title: "shape", align: "right" },
  { title: "kept", align: "right" },
  { title: "numbers", align: "right" },
  { title: "bits/weight", align: "right" },
  { title: "energy %", align: "right" },
];

const TITLES = COLUMNS.map(({ title }) => title);

function matrixCells({ tensors }: CompressReport, show: (name: string) => string): string[][] {
  const names = toldApart(
    tensors.map(({ name }) => ({ name, text: show(name.replace(/\.weight$/, "")), whole: show(name) })),
  );
  return tensors.map(({ rows, columns, kept, numbers, bits, energy }, i) => [
    names[i],
    `${rows} × ${columns}`,
    count(kept),
    count(numbers),
    bitsEach(bits, rows * columns),
    percent(energy),
  ]);
}

function roleCells({ roles, summary }: CompressReport): string[][] {
  const cells = roles.map(({ role, matrices, weights, numbers, bits, energy }) => [
    role,
    count(matrices),
    "",
    count(numbers),
    bitsEach(bits, weights),
    percent(energy),
  ]);
  const { weights, numbers, bits, energy } = summary;
  const matrices = roles.reduce((sum, one) => sum + one.matrices, 0);
  return [...cells, ["all", count(matrices), "", count(numbers), bitsEach(bits, weights), percent(energy)]];
}

/** Matrices, then roles, then what a reader must know. */
export function compressionTable(report: CompressReport, width: number, paint: Paint): string {
  const byRole = COLUMNS.map((column, i) => ({ ...column, title: ["role", "matrices", ""][i] ?? column.title }));
  const roles = roleCells(report).map(([role, ...rest]): Row => [printable(role), ...rest]);
  const lines = wrapped(compressionAnswer(report), width);
  if (report.tensors.length > 0) {
    lines.push("", ...tableLines(COLUMNS, matrixCells(report, printable), width, paint));
    lines.push("", ...tableLines(byRole, roles, width, paint));
    lines.push("", ...wrapped(CAUTION, width));
  }
  for (const note of report.notes) lines.push(...wrapped(note, width));
  return `${lines.join("\n")}\n`;
}

/** A line a matrix. */
export function compressionCsv({ source, tensors }: CompressReport): string {
  const titles = ["source", "name", "method", "rows", "columns", "kept", "numbers", "bits", "energy"];
  const rows = tensors.map((one): CsvValue[] => [
    source.name,
    one.name,
    one.method,
    one.rows,
    one.columns,
    one.kept,
    one.numbers,
    one.bits,
    one.energy,
  ]);
  return csvLines([titles, ...rows]);
}

/** The same tables. */
export function compressionMarkdown(report: CompressReport): string {
  const align = COLUMNS.map(({ align: side }) => side);
  const named = matrixCells(report, markdownName);
  const roles = roleCells(report).map(([role, ...rest]) => [markdownText(role), ...rest]);
  const notes = report.notes.map((note) => `\n${markdownText(note)}\n`).join("");
  const tables =
    `${markdownTable(TITLES, align, named)}\n` +
    `${markdownTable(["role", "matrices", "", ...TITLES.slice(3)], align, roles)}`;
  return `${markdownText(compressionAnswer(report))}\n\n${report.tensors.length > 0 ? tables : ""}${notes}`;
}

/** What was restored, in one sentence. */
export function restoreAnswer({ tensors, restored, bytes: size, source }: RestoreReport): string {
  const made = `${count(restored)} of ${count(tensors)} tensors made from factors`;
  return `${made}, the others as they were; ${bytes(size)} from ${bytes(source.byteLength)}.`;
}

/** That sentence and the notes, for people. */
export function restoreText(report: RestoreReport, width: number): string {
  const lines = [restoreAnswer(report), ...report.notes];
  return `${lines.flatMap((line) => wrapped(printable(line, Infinity), width)).join("\n")}\n`;
}

/** A single line. */
export function restoreCsv({ source, tensors, restored, bytes: size, notes }: RestoreReport): string {
  return csvLines([
    ["source", "tensors", "restored", "bytes", "notes"],
    [source.name, tensors, restored, size, notes.join("; ")],
  ]);
}

/** Sentences. */
export function restoreMarkdown(report: RestoreReport): string {
  return `${[restoreAnswer(report), ...report.notes].map(markdownText).join("\n\n")}\n`;
}
