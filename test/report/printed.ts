import fc from "fast-check";
import { expect } from "vitest";

const sizes = fc
  .tuple(fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: -12, max: 12 }))
  .map(([mantissa, exponent]) => Number(`${mantissa}e${exponent}`));
const nearBorders = fc
  .tuple(fc.constantFrom(0.001, 0.1, 1, 10, 100, 1000, 1e6), fc.integer({ min: -60, max: 60 }))
  .map(([border, step]) => border * (1 + step * 1e-5));
/** Positive numbers over many sizes, with borders of rounding among them. */
export const positive = fc.oneof(sizes, nearBorders);
/** And negative ones. */
export const signed = fc.tuple(positive, fc.constantFrom(1, -1)).map(([value, sign]) => sign * value);
/** From 0 to 1, with borders of rounding among them. */
export const shares = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  positive.filter((value) => value <= 1),
);

/** A figure as a person reads it: thousands' commas dropped, `±` taken apart, an exponent understood. */
export interface Read {
  value: number;
  /** One unit of the last digit shown. */
  unit: number;
  /** What stands after ±, and the unit of its last digit; null without. */
  margin: { value: number; unit: number } | null;
}

const NUMBER = /^[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|^[-−]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/;

function one(text: string): { value: number; unit: number; rest: string } {
  const found = NUMBER.exec(text)?.[0];
  if (found === undefined) throw new Error(`no figure: "${text}"`);
  const plain = found.replaceAll(",", "").replace("−", "-");
  const [mantissa, exponent = "0"] = plain.split("e");
  const places = mantissa.split(".")[1]?.length ?? 0;
  return { value: Number(plain), unit: Number(`1e${Number(exponent) - places}`), rest: text.slice(found.length) };
}

/** @throws where the text begins with no figure. */
export function readFigure(text: string): Read {
  const { value, unit, rest } = one(text.trim());
  const after = /^ ?± ?(.+)$/.exec(rest)?.[1];
  return { value, unit, margin: after === undefined ? null : one(after) };
}

/** Whether a figure shown is `value` rounded to the digits shown. */
export function isRounded({ value: shown, unit }: { value: number; unit: number }, value: number): boolean {
  // A half unit, and what the arithmetic of this very test may lose.
  return Math.abs(shown - value) <= unit / 2 + 4e-16 * Math.abs(value);
}

/** A cell against the figure it stands for, and against its error where it has one. */
export function expectShown(cell: string, value: number, error: number | null = null): void {
  const read = readFigure(cell);
  expect({ cell, value, rounded: isRounded(read, value) }).toEqual({ cell, value, rounded: true });
  if (error === null) return;
  // An error that is not shown is below the digits shown.
  const right = read.margin ? isRounded(read.margin, error) : error <= read.unit;
  expect({ cell, error, right }).toEqual({ cell, error, right: true });
}

/** What a cell must say: a figure, words, or nothing (undefined: nothing at all, null: a dash). */
export type Expected = number | string | null | undefined;

/** Cells against what they stand for, in order; where blanks part them, empty ones are not seen. */
export function expectCells(cells: readonly string[], all: readonly Expected[], empties = true): void {
  const expected = empties ? all : all.filter((one) => one !== undefined);
  expect({ cells, length: cells.length }).toEqual({ cells, length: expected.length });
  expected.forEach((one, i) => {
    if (typeof one === "number") expectShown(cells[i], one);
    else expect(cells[i]).toBe(one === null ? "–" : (one ?? ""));
  });
}

/** Cells of a line of a text table whose columns stand two blanks apart. */
export const textCells = (line: string): string[] => line.trim().split(/ {2,}/);

/** Rows of the tables of a Markdown text, without heads. */
export function markdownTables(text: string): string[][][] {
  return text
    .split("\n\n")
    .map((block) => block.split("\n").filter((line) => line.startsWith("| ")))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.slice(2).map((line) => line.slice(2, -2).split(" | ")));
}

/** Rows of the tables of an HTML text, by their captions; without heads. */
export function htmlTables(text: string): Map<string, string[][]> {
  const tables = new Map<string, string[][]>();
  for (const [, caption, body] of text.matchAll(/<caption>(.*?)<\/caption>.*?<tbody>(.*?)<\/tbody>/gs))
    tables.set(
      caption,
      [...body.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
        [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell.replace(/<[^>]*>/g, "")),
      ),
    );
  return tables;
}

/** Rows of CSV without quotes, by their heads. */
export function csvRows(text: string): Record<string, string>[] {
  const [head, ...lines] = text
    .trim()
    .split("\r\n")
    .map((line) => line.split(","));
  return lines.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i]])));
}

/** Rows of CSV with quotes (RFC 4180), the head first. */
export function csvCells(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows[rows.length - 1].push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

/** A cell of CSV: every bit of its figure, or nothing. */
export function expectExact(cell: string, value: number | null | undefined): void {
  // A spreadsheet knows one zero.
  expect(cell === "" ? null : Number(cell)).toBe(value === 0 ? 0 : (value ?? null));
}
