import { printable } from "../base/printable.js";
import type { MatrixReport, Report } from "../types.js";
import { toldApart } from "./distinct.js";
import { askedPercent, count } from "./format.js";
import { type Cell, type Column, type Paint, type Row, type Style, tableLines } from "./layout.js";
import {
  distinctFits,
  type FigureColumn,
  type Fit,
  fittingColumns,
  isPlain,
  shapeOf,
  shortName,
} from "./matrix-columns.js";

const nameColumn: Column = { title: "matrix", align: "left" };

/** A table of matrices, as lines no wider than `width`, and the columns that it has. */
export function matrixTable(
  report: Report,
  matrices: readonly MatrixReport[],
  { grouped, width, paint }: { grouped: boolean; width: number; paint: Paint },
): { lines: string[]; columns: readonly Column[] } {
  const columns = fittingColumns(report, matrices, grouped, width);
  return { lines: tableLines([nameColumn, ...columns], allRows(matrices, columns, grouped), width, paint), columns };
}

function allRows(matrices: readonly MatrixReport[], columns: readonly FigureColumn[], grouped: boolean): Row[] {
  return groupsOf(matrices, grouped).flatMap(({ heading, members }) => [
    ...(heading === null ? [] : [{ line: heading, style: "strong" as const }]),
    ...namesOf(members, grouped).flatMap((name, i) => rowsOf(members[i], name, columns, grouped)),
  ]);
}

const namesOf = (members: readonly MatrixReport[], grouped: boolean): string[] =>
  toldApart(members.map((matrix) => ({ name: matrix.name, text: shortName(matrix, grouped) })));

/** Matrices under headings of their layers, those of none first; one group without a heading where they were sorted. */
function groupsOf(
  matrices: readonly MatrixReport[],
  grouped: boolean,
): { heading: string | null; members: MatrixReport[] }[] {
  if (!grouped) return [{ heading: null, members: [...matrices] }];
  const stacks = new Map<string, Map<number, MatrixReport[]>>();
  const outside: MatrixReport[] = [];
  for (const matrix of matrices) {
    if (matrix.layer === null) {
      outside.push(matrix);
      continue;
    }
    const stack = matrix.stack ?? "";
    const layers = stacks.get(stack) ?? new Map<number, MatrixReport[]>();
    stacks.set(stack, layers);
    const members = layers.get(matrix.layer);
    if (members) members.push(matrix);
    else layers.set(matrix.layer, [matrix]);
  }
  const groups = outside.length ? [{ heading: "outside the layers", members: outside }] : [];
  for (const [stack, layers] of stacks) {
    for (const [layer, members] of [...layers].sort(([a], [b]) => a - b))
      groups.push({ heading: stacks.size > 1 ? `${printable(stack)} ${layer}` : `layer ${layer}`, members });
  }
  return groups;
}

/** One line, or one for each K where the columns say what each keeps; then what there is to add. */
function rowsOf(matrix: MatrixReport, name: string, columns: readonly FigureColumn[], grouped: boolean): Row[] {
  const indent = grouped ? "  " : "";
  const each = columns.some(({ fit }) => fit !== undefined);
  const shaped = columns.some(({ title }) => title === "shape");
  const distinct = each ? distinctFits(matrix) : [];
  const fits: (Fit | undefined)[] = distinct.length ? distinct : [undefined];
  const rows: Row[] = fits.map((fit, k) => [
    k === 0
      ? `${indent}${name}`
      : k === 1 && !shaped && isPlain(matrix)
        ? { text: `${indent}  ${shapeOf(matrix)}`, style: "dim", whole: true }
        : "",
    ...columns.map((column): Cell | string =>
      column.matrix ? (k === 0 ? column.matrix(matrix) : "") : fit && column.fit ? column.fit(fit) : "",
    ),
  ]);
  // Too long for the names' column.
  if (rows.length > 1 && !shaped && !isPlain(matrix))
    rows.push({ line: `${indent}  ${shapeOf(matrix)}`, style: "dim" });
  for (const { line, style } of asides(matrix)) rows.push({ line: `${indent}  ${line}`, style });
  return rows;
}

function asides(matrix: MatrixReport): { line: string; style: Style }[] {
  const lines: { line: string; style: Style }[] = [];
  if (matrix.norms.nonFinite > 0)
    lines.push({
      line:
        `${count(matrix.norms.nonFinite)} of ${count(matrix.parameters)} weights are NaN or infinite: no ` +
        "participation ratio, no fit",
      style: "below",
    });
  else if (matrix.participation === null)
    lines.push({ line: "all weights are zero: no participation ratio, no fit", style: "below" });
  if (matrix.tiedTo !== null) lines.push({ line: `tied to ${printable(matrix.tiedTo)}, counted there`, style: "dim" });
  const flips = matrix.spectrum?.signFlips;
  if (flips && flips.directions !== matrix.spectrum?.signal.directions)
    lines.push({ line: `by sign flips ${count(flips.directions)} directions`, style: "dim" });
  const target = matrix.energyTarget;
  if (target && matrix.gaussian.length) {
    const gaussians =
      target.gaussians === null ? "no K is enough" : `K = ${count(target.gaussians)} of ${count(matrix.columns)}`;
    const rank = `, or ${count(target.rank)} of ${count(Math.min(matrix.rows, matrix.columns))} singular vectors`;
    lines.push({ line: `for ${askedPercent(target.energy)} %: ${gaussians}${rank}`, style: "dim" });
  }
  return lines;
}
