import { distinctCuts } from "./distinct.js";
import { fitting, graphemesOf, padEnd, padStart, widthOf } from "./format.js";

/** Tables of text: cells with a style, columns as wide as they need, one of them as wide as is left. */

export type Style = "strong" | "structure" | "noise" | "below" | "dim";

const codes: Record<Style, [number, number]> = {
  strong: [1, 22],
  structure: [32, 39],
  noise: [2, 22],
  below: [33, 39],
  dim: [2, 22],
};

/** Gives a text its style, by escape sequences or not at all. */
export type Paint = (style: Style | undefined, text: string) => string;

/** A `Paint` of ANSI escape sequences (ECMA-48 SGR), or one that leaves every text as it is. */
export function painter(color: boolean): Paint {
  return (style, text) =>
    color && style && text.trim() ? `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m` : text;
}

/** Blanks between columns, unless a column says otherwise. */
export const GAP = 2;

/** A column of a text table. */
export interface Column {
  title: string;
  align: "left" | "right";
  /** Blanks before it. */
  gap?: number;
}
/** A cell of a text table, already written. */
export interface Cell {
  text: string;
  style?: Style | undefined;
  /** In the first column: figures, which are not cut. */
  whole?: boolean;
}
/** A row of cells (missing ones are empty), or a line that runs across all columns. */
export type Row = (Cell | string)[] | { line: string; style?: Style };

const cellOf = (cell: Cell | string | undefined): Cell =>
  typeof cell === "string" ? { text: cell } : (cell ?? { text: "" });
const gapOf = (columns: readonly Column[], i: number) => (i === 0 ? 0 : (columns[i].gap ?? GAP));

/** Widths that the columns need beside the first, gaps and all. */
export function besideFirst(columns: readonly Column[], rows: readonly Row[]): number {
  return widthsOf(columns, rows)
    .slice(1)
    .reduce((sum, width, i) => sum + width + gapOf(columns, i + 1), 0);
}

function widthsOf(columns: readonly Column[], rows: readonly Row[]): number[] {
  return columns.map(({ title }, i) =>
    rows.reduce(
      (width, row) => (Array.isArray(row) ? Math.max(width, widthOf(cellOf(row[i]).text)) : width),
      widthOf(title),
    ),
  );
}

/** A line that runs across, in as many as it takes: at its blanks, and within a name that is wider than all of it. */
function across(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text];
  const indent = " ".repeat(text.length - text.trimStart().length);
  return wrapped(text.trimStart(), width, indent, `${indent}  `).flatMap((line) => {
    const lines: string[] = [];
    let parts = graphemesOf(line);
    while (parts.length > 0) {
      const own = fitting(parts, width);
      const taken = Math.max(1, own.length);
      lines.push(parts.slice(0, taken).join(""));
      parts = parts.slice(taken);
    }
    return lines;
  });
}

/**
 * Lines no wider than `width` where the figures leave the first column 12 characters. Names in it are cut in the middle
 * and stay distinct; figures are never cut.
 */
export function tableLines(columns: readonly Column[], rows: readonly Row[], width: number, paint: Paint): string[] {
  const widths = widthsOf(columns, rows);
  const first = rows.flatMap((row) => (Array.isArray(row) ? [cellOf(row[0])] : []));
  const whole = first.reduce((most, cell) => (cell.whole ? Math.max(most, widthOf(cell.text)) : most), 12);
  widths[0] = Math.min(widths[0], Math.max(whole, width - besideFirst(columns, rows)));
  const names = distinctCuts([columns[0].title, ...first.map(({ text }) => text)], widths[0]);
  const lineOf = (cells: (Cell | string)[], style?: Style) =>
    columns
      .map((column, i) => {
        const cell = cellOf(cells[i]);
        const text = i === 0 ? (names.get(cell.text) ?? cell.text) : cell.text;
        const padded =
          column.align === "right"
            ? padStart(text, widths[i])
            : i === columns.length - 1
              ? text
              : padEnd(text, widths[i]);
        return " ".repeat(gapOf(columns, i)) + paint(cell.style ?? style, padded);
      })
      .join("")
      .trimEnd();
  const lines = columns.some(({ title }) => title)
    ? [
        lineOf(
          columns.map(({ title }) => title),
          "strong",
        ),
      ]
    : [];
  for (const row of rows) {
    if (Array.isArray(row)) lines.push(lineOf(row));
    else for (const line of across(row.line, width)) lines.push(paint(row.style, line));
  }
  return lines;
}

/** Text in lines of at most `width`, broken between words. */
export function wrapped(text: string, width: number, first = "", rest = first): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  return [...lines, line];
}
