import { printable } from "../base/printable.js";
import type { ScalingRow } from "../scaling/row.js";
import { SCALING_TABLES, type ScalingTable } from "../scaling/tables.js";
import { csvLines } from "./csv-cells.js";
import { type Paint, type Row, type Style, tableLines } from "./layout.js";
import { markdownName, markdownTable } from "./markdown-cells.js";
import { scalingViews } from "./scaling-views.js";

/** The rows of the tables that were asked for. */
export type ScalingTables = Partial<Record<ScalingTable, ScalingRow[]>>;

const styles: Record<string, Style> = { yes: "structure", no: "below" };

/** Lines no wider than `width`, broken at blanks; the second and later ones stand in by two. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + 1 + word.length <= width) lines[last] += ` ${word}`;
    else lines.push(last >= 0 ? `  ${word}` : word);
  }
  return lines;
}

/** One table as text. */
export function scalingTableText(
  table: ScalingTable,
  rows: readonly ScalingRow[],
  width: number,
  paint: Paint,
): string {
  const view = scalingViews[table](rows);
  const lines = tableLines(
    view.columns,
    view.rows.map(
      (cells): Row =>
        cells.length === 1
          ? { line: printable(cells[0]), style: "strong" }
          : cells.map((text) => ({ text: printable(text), style: styles[text], whole: table !== "order" })),
    ),
    width,
    paint,
  );
  const notes = view.notes.flatMap((note) => wrapped(`· ${printable(note, Infinity)}`, width));
  return [
    ...wrapped(printable(view.title), width).map((line) => paint("strong", line)),
    "",
    ...lines,
    ...(notes.length ? ["", ...notes.map((line) => paint("dim", line))] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

const inOrder = (tables: ScalingTables): [ScalingTable, ScalingRow[]][] =>
  SCALING_TABLES.flatMap((table): [ScalingTable, ScalingRow[]][] => (tables[table] ? [[table, tables[table]]] : []));

/** Names that come from files are spelt safely; all other text is the program's own. */
const markdownText = (text: string): string =>
  /^[\p{L}\p{N} .,:;=≥≤±…·%²³σα÷/()'’×<>+\-–_]*$/u.test(text)
    ? text.replace(/[<>_]/g, (character) => `&#${character.codePointAt(0)};`)
    : markdownName(text);

/** The tables as Markdown, in the paper's order. */
export function scalingMarkdown(tables: ScalingTables): string {
  return inOrder(tables)
    .map(([table, rows]) => {
      const { title, columns, rows: cells, notes } = scalingViews[table](rows);
      const body = markdownTable(
        columns.map((column) => column.title),
        columns.map(({ align }) => align),
        cells.map((row) => columns.map((_, i) => markdownText(row[i] ?? ""))),
      );
      return (
        `### ${markdownText(title)}\n\n` +
        `${body}${notes.length ? `\n${notes.map((note) => `- ${markdownText(note)}\n`).join("")}` : ""}`
      );
    })
    .join("\n");
}

/** Every row of every table, the inputs of all tables side by side. */
export function scalingCsv(tables: ScalingTables): string {
  const inputs = new Set<string>();
  const last = ["published", "measured", "agrees", "note"];
  for (const [, rows] of inOrder(tables))
    for (const row of rows) for (const name of Object.keys(row)) if (!last.includes(name)) inputs.add(name);
  const names = [...inputs, ...last];
  return csvLines([
    ["table", ...names],
    ...inOrder(tables).flatMap(([table, rows]) => rows.map((row) => [table, ...names.map((name) => row[name])])),
  ]);
}
