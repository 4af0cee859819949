import { middle, padEnd, padStart, widthOf } from "./format.js";

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

/** Lines no wider than `width`; the first column is cut in the middle where that takes it, down to 12 characters. */
export function tableLines(columns: readonly Column[], rows: readonly Row[], width: number, paint: Paint): string[] {
  const widths = widthsOf(columns, rows);
  widths[0] = Math.min(widths[0], Math.max(12, width - besideFirst(columns, rows)));
  const lineOf = (cells: (Cell | string)[], style?: Style) =>
    columns
      .map((column, i) => {
        const cell = cellOf(cells[i]);
        const text = middle(cell.text, widths[i]);
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
  for (const row of rows) lines.push(Array.isArray(row) ? lineOf(row) : paint(row.style, middle(row.line, width)));
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
