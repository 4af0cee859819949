import { printable } from "../base/printable.js";

export type CsvValue = string | number | boolean | null | undefined;

/**
 * A cell as a spreadsheet may safely open it. Numbers stay numbers; text that would be taken for a formula gets
 * an apostrophe before it; control characters are written out.
 */
function cell(value: CsvValue): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const raw = /^\s*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  const text = printable(raw, Infinity);
  return /[",'\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** RFC 4180: lines end with CR LF, cells with commas, quotes or blanks stand in quotes. */
export function csvLines(rows: readonly (readonly CsvValue[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
