import type { ScalingRow } from "../scaling/row.js";
import { decimals } from "./format.js";

/** A table for people: what stands in each cell, one line for each thing that is compared. */
export interface ScalingView {
  title: string;
  columns: { title: string; align: "left" | "right" }[];
  /** A row of one cell is a heading across. */
  rows: string[][];
  notes: string[];
}

/** A column whose cells begin together. */
export const left = (title: string) => ({ title, align: "left" as const });
/** A column whose cells end together. */
export const right = (title: string) => ({ title, align: "right" as const });

/** The cell of a field, empty where there is none. */
export const text = (row: ScalingRow | undefined, name: string): string =>
  !row || row[name] === null || row[name] === undefined ? "" : String(row[name]);
/** The cell of a figure, empty where there is none. */
export const shown = (row: ScalingRow | undefined, name: string, format: (value: number) => string): string =>
  row && typeof row[name] === "number" ? format(row[name]) : "";
/** A figure to so many places. */
export const places =
  (digits: number) =>
  (value: number): string =>
    decimals(value, digits);
/** Whether published and measured agree. */
export const verdict = ({ agrees }: ScalingRow): string => (agrees === null ? "" : agrees ? "yes" : "no");
/** A 95 % interval, where a row has one. */
export const interval = (row: ScalingRow, digits: number): string =>
  typeof row.lower === "number" && typeof row.upper === "number"
    ? `${decimals(row.lower, digits)} … ${decimals(row.upper, digits)}`
    : "";

/** Notes once each, in order. */
export const notesOf = (rows: readonly ScalingRow[]): string[] => [
  ...new Set(rows.map(({ note }) => note).filter((note) => note !== "")),
];

/** Rows that share a key, in the order in which the keys appear. */
export function grouped(rows: readonly ScalingRow[], key: (row: ScalingRow) => string): ScalingRow[][] {
  const groups = new Map<string, ScalingRow[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return [...groups.values()];
}
