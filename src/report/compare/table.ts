import { printable } from "../../base/printable.js";
import type { ComparedMatrix, CompareReport } from "../../types.js";
import { toldApart } from "../distinct.js";
import { bytes, count, figure, percent, widthOf } from "../format.js";
import { type Column, GAP, type Paint, type Row, tableLines, wrapped } from "../layout.js";
import { adapterAnswer, changeAnswer } from "./answer.js";
import { type ChangeColumn, changeColumns } from "./columns.js";
import { heatOf, shortRole, shownRanks } from "./heat.js";

/** How wide the terminal is, in columns, and whether it has colours. */
export interface TableOptions {
  columns: number;
  paint: Paint;
}

/** The name within its layer, without ".weight". */
function shortName({ name, layer }: ComparedMatrix): string {
  const bare = name.replace(/\.weight(?=\[[\d,]+\]$|$)/, "");
  const inside = layer === null ? null : new RegExp(`[._/]${layer}[./]`).exec(bare);
  return printable(inside ? bare.slice(inside.index + inside[0].length) : bare);
}

/** Matrices under headings of their layers, those of none first. */
function matrixRows(matrices: readonly ComparedMatrix[], columns: readonly ChangeColumn[]): Row[] {
  const outside = matrices.filter(({ layer }) => layer === null);
  const stacks = new Set(matrices.flatMap(({ stack }) => (stack === null ? [] : [stack])));
  const groups = new Map<string, ComparedMatrix[]>(outside.length > 0 ? [["outside the layers", outside]] : []);
  for (const matrix of matrices) {
    if (matrix.layer === null) continue;
    const heading = stacks.size > 1 ? `${printable(matrix.stack ?? "")} ${matrix.layer}` : `layer ${matrix.layer}`;
    groups.set(heading, [...(groups.get(heading) ?? []), matrix]);
  }
  return [...groups].flatMap(([heading, members]) => [
    { line: heading, style: "strong" as const },
    ...toldApart(members.map((matrix) => ({ name: matrix.name, text: shortName(matrix) }))).map(
      (name, i): Row => [`  ${name}`, ...columns.map((column) => column.cell(members[i]))],
    ),
  ]);
}

const NAME_ROOM = 20;

/** As many columns as leave the names room. */
function fitting(matrices: readonly ComparedMatrix[], width: number): ChangeColumn[] {
  let left = width - NAME_ROOM;
  return changeColumns.filter((column) => {
    left -= 2 + matrices.reduce((most, matrix) => Math.max(most, widthOf(column.cell(matrix))), widthOf(column.title));
    return left >= 0;
  });
}

const BLOCKS = " ▁▂▃▄▅▆▇█";

/** Layers down, roles across: a block as high as the cell's share of the largest change, and the change. */
function heatLines(report: CompareReport, { columns: width, paint }: TableOptions): string[] {
  const { roles, rows, largest } = heatOf(report.cells);
  if (rows.length === 0 || largest === 0) return [];
  const block = (change: number): string => BLOCKS[change === 0 ? 0 : Math.max(1, Math.ceil((change / largest) * 8))];
  const textOf = (cell: (typeof rows)[number]["cells"][number]): string => {
    if (cell === null) return "";
    return cell.change === null ? "–" : `${figure(cell.change, 3)} ${block(cell.change).repeat(2)}`;
  };
  const body = rows.map(({ heading, cells }) => ({ heading: printable(heading), cells: cells.map(textOf) }));
  const rooms = roles.map((role, k) =>
    body.reduce((most, { cells }) => Math.max(most, widthOf(cells[k])), widthOf(printable(shortRole(role), ROLE_ROOM))),
  );
  return groupsThatFit(rooms, width - HEADING_ROOM).flatMap((group) => {
    const columns = group.map((k): Column => ({ title: printable(shortRole(roles[k]), ROLE_ROOM), align: "right" }));
    const lines = body.map(({ heading, cells }): Row => [heading, ...group.map((k) => cells[k])]);
    return ["", ...tableLines([{ title: "layer", align: "left" }, ...columns], lines, width, paint)];
  });
}

const HEADING_ROOM = 12;
const ROLE_ROOM = 20;

/** Columns side by side as far as the width takes them, the others below. */
function groupsThatFit(rooms: readonly number[], width: number): number[][] {
  const groups: number[][] = [];
  let left = 0;
  rooms.forEach((room, k) => {
    if (groups.length === 0 || left < room + GAP) {
      groups.push([]);
      left = width;
    }
    groups[groups.length - 1].push(k);
    left -= room + GAP;
  });
  return groups;
}

function rankLines({ adapterRanks }: CompareReport, { columns: width, paint }: TableOptions): string[] {
  if (adapterRanks.length === 0) return [];
  const columns: Column[] = ["adapter of rank", "holds %", "numbers"].map((title, i) => ({
    title,
    align: i === 0 ? "left" : "right",
  }));
  return [
    "",
    ...tableLines(
      columns,
      shownRanks(adapterRanks).map(({ rank, energy, parameters }) => [count(rank), percent(energy), count(parameters)]),
      width,
      paint,
    ),
  ];
}

function quantisationLines({ quantisation }: CompareReport, { columns: width, paint }: TableOptions): string[] {
  if (quantisation.length === 0) return [];
  const columns: Column[] = ["quantised as", "bits a weight", "matrices", "weights", "squared error / ‖W‖²"].map(
    (title, i) => ({ title, align: i === 0 ? "left" : "right" }),
  );
  const rows = quantisation.map(({ side, dtype, bits, matrices, weights, error }) => [
    `${printable(dtype)} (${side})`,
    figure(bits),
    count(matrices),
    count(weights),
    figure(error, 3),
  ]);
  return ["", ...tableLines(columns, rows, width, paint)];
}

/** What a reader must know beside the figures. */
export function notesOf({ notes, failed, unmatched, unmatched: { base, tuned } }: CompareReport): string[] {
  const some = (names: readonly string[]): string =>
    `${names
      .slice(0, 3)
      .map((name) => printable(name))
      .join(", ")}${names.length > 3 ? `, and ${count(names.length - 3)} more` : ""}`;
  return [
    ...notes.map((note) => printable(note, Infinity)),
    ...failed.map(({ name, reason }) => `${printable(name)}: ${reason}; not compared`),
    ...(base.length > 0 ? [`only in the base: ${some(unmatched.base)}`] : []),
    ...(tuned.length > 0 ? [`only in the tuned: ${some(unmatched.tuned)}`] : []),
  ];
}

const LEGEND =
  "Change: ‖ΔW‖/‖W‖. Rank: singular values of ΔW above 1.2 times the norm of what rounding to the two files' " +
  "types leaves; 90 %: those that hold that share of ‖ΔW‖². PR: participation ratio of ΔW, beside it that of " +
  "noise of the same shape.";

/** For a terminal: the answer, the matrices, the layers by role, what adapters would hold. */
export function compareTable(report: CompareReport, options: TableOptions): string {
  const { columns: width, paint } = options;
  const { base, tuned } = report;
  const shown = fitting(report.matrices, width);
  const side = (source: CompareReport["base"]): string =>
    `${printable(source.name)} (${source.format}, ${bytes(source.byteLength)})`;
  const lines = [
    ...wrapped(changeAnswer(report), width).map((line) => paint("strong", line)),
    ...(report.adapter ? wrapped(adapterAnswer(report.adapter), width) : []),
    "",
    ...wrapped(`${side(base)} → ${side(tuned)}`, width),
    "",
    ...tableLines(
      [{ title: "matrix", align: "left" }, ...shown.map(({ title }): Column => ({ title, align: "right" }))],
      matrixRows(report.matrices, shown),
      width,
      paint,
    ),
    "",
    ...wrapped(LEGEND, width).map((line) => paint("dim", line)),
    ...heatLines(report, options),
    ...rankLines(report, options),
    ...quantisationLines(report, options),
  ];
  const notes = notesOf(report);
  if (notes.length > 0) lines.push("", ...notes.flatMap((note) => wrapped(note, width, "· ", "  ")));
  return lines.map((line) => `${line}\n`).join("");
}
