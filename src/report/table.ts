import { printable } from "../base/printable.js";
import type { Report } from "../types.js";
import { answerOf } from "./answer.js";
import { bytes, count, plural } from "./format.js";
import { layerTables, roleTable } from "./group-tables.js";
import { type Column, type Paint, wrapped } from "./layout.js";
import { matrixTable } from "./matrix-table.js";
import { leftOut, notable, type Selection } from "./order.js";
import { spectrumLines } from "./spectrum-lines.js";
import { summaryParagraphs } from "./summary.js";

/** Matrices in a table, unless --top asks for more. */
const MOST_SHOWN = 2000;

function legend(report: Report, columns: readonly Column[]): string {
  const has = (name: string): boolean => columns.some(({ title }) => title === name);
  const judged = has("verdict") || has("Gaussians");
  const permutations = String(report.options.permutations);
  const doubted = report.matrices.some(({ spectrum }) => spectrum !== null && spectrum.signal.verdict !== "ok");
  return [
    has("signal")
      ? "Signal: singular directions above the matrix's own noise, of all; holds: their share of the energy (squared " +
        `norm), in %${doubted ? "; ?: what is left is not distributed as noise is, and the count says little" : ""}.`
      : "",
    "PR: participation ratio of the squared singular values; beside it, that of noise of the same shape.",
    has("fit %")
      ? "Fit: share of the energy that K Gaussians along the columns keep; chance: what they would keep of the same " +
        `matrix with its columns shuffled${has("best") ? "; best: what any K directions can keep" : ""}` +
        `${has("equal") ? "; equal: what singular vectors of as many numbers keep" : ""}.`
      : "",
    judged
      ? `${has("Gaussians") ? "Gaussians: what K of them along the columns keep" : "Verdict"}, against ` +
        `${permutations} shuffles of the columns; beyond 3 standard deviations is structure, or below noise.`
      : "--null adds a verdict on each figure.",
    report.matrices.some(({ gaussian }) => gaussian.some(({ svdEnergy }) => svdEnergy !== undefined))
      ? ""
      : "--svd adds the best possible.",
  ]
    .filter(Boolean)
    .join(" ");
}

/** "35 matrices", "8 of 35 matrices" of a sample. */
export function matricesInWords({ source, summary }: Pick<Report, "source" | "summary">): string {
  const { sample } = summary;
  const all = plural(sample?.matrices.of ?? source.matrices, "matrix", "matrices");
  return sample ? `${count(sample.matrices.measured)} of ${all}` : all;
}

/** A report for a person at a terminal `columns` wide, as lines of text; the answer is the first. */
export function reportTable(
  report: Report,
  { columns: width, paint, ...selection }: { columns: number; paint: Paint } & Selection,
): string {
  const { source } = report;
  const { shown: matrices, left, cut } = notable(report.matrices, selection, MOST_SHOWN);
  const title =
    `${printable(source.name)}: ${source.format}, ${bytes(source.byteLength)}, ${count(source.parameters)} ` +
    `parameters, ${matricesInWords(report)}`;
  const lines = wrapped(answerOf(report), width).map((line) => paint("strong", line));
  lines.push("", ...wrapped(title, width));
  if (matrices.length > 0) {
    const table = matrixTable(report, matrices, { grouped: selection.sort === undefined, width, paint });
    lines.push("");
    for (const line of table.lines) lines.push(line);
    if (left > 0) lines.push(paint("dim", cut ? leftOut(left) : `and ${count(left)} more`));
    if (matrices.length === 1) lines.push(...spectrumLines(matrices[0], width, paint));
    lines.push("", ...wrapped(legend(report, table.columns), width).map((line) => paint("dim", line)));
    lines.push(...layerTables(report, width, paint), ...roleTable(report, width, paint));
  }
  lines.push("", paint("strong", "How many parameters are really free?"));
  for (const paragraph of summaryParagraphs(report)) lines.push(...wrapped(paragraph, width, "  ", "    "));
  return `${lines.join("\n")}\n`;
}
