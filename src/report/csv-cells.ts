import { printable } from "../base/printable.js";

/** A cell of CSV; null and undefined are empty. */
export type CsvValue = string | number | boolean | null | undefined;

/**
 * A cell as a spreadsheet may safely open it. Numbers stay numbers; text that would be taken for a formula, in any
 * locale, gets an apostrophe before it; control characters are written out.
 */
function cell(value: CsvValue): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  // Where a semicolon, a tab or a bar separates cells, what follows one begins a cell too. What looks disarmed or
  // written out already is so once more: different texts are different cells.
  const raw = value.replace(/(^|[;\t|])(['\s]*)([=+\-@\t\r＝＋－＠])/g, "$1'$2$3");
  const text = printable(raw.replace(/\\(?=u\{)/g, "\\u{5c}"), Infinity);
  return /[",;|'\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** RFC 4180: lines end with CR LF, cells with commas, quotes or blanks stand in quotes. */
export function csvLines(rows: readonly (readonly CsvValue[])[]): string {
  return rows.map(csvLine).join("");
}

/** One of them. */
export const csvLine = (row: readonly CsvValue[]): string => `${row.map(cell).join(",")}\r\n`;
