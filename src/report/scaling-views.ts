import type { ScalingRow } from "../scaling/row.js";
import type { ScalingTable } from "../scaling/tables.js";
import { count, figure, percent } from "./format.js";

/** A table for people: what stands in each cell, one line for each thing that is compared. */
export interface ScalingView {
  title: string;
  columns: { title: string; align: "left" | "right" }[] /** A row of one cell is a heading across. */;
  rows: string[][];
  notes: string[];
}

const left = (title: string) => ({ title, align: "left" as const });
const right = (title: string) => ({ title, align: "right" as const });

const text = (row: ScalingRow | undefined, name: string): string =>
  !row || row[name] === null || row[name] === undefined ? "" : String(row[name]);
const shown = (row: ScalingRow | undefined, name: string, format: (value: number) => string): string =>
  row && typeof row[name] === "number" ? format(row[name]) : "";
const places =
  (digits: number) =>
  (value: number): string =>
    value.toFixed(digits);
const verdict = ({ agrees }: ScalingRow): string => (agrees === null ? "" : agrees ? "yes" : "no");
const interval = (row: ScalingRow, digits: number): string =>
  typeof row.lower === "number" && typeof row.upper === "number"
    ? `${row.lower.toFixed(digits)} … ${row.upper.toFixed(digits)}`
    : "";

/** Notes once each, in order. */
const notesOf = (rows: readonly ScalingRow[]): string[] => [
  ...new Set(rows.map(({ note }) => note).filter((note) => note !== "")),
];

/** Long names, for a first column. */
const SHORT: Record<string, string> = {
  "share of layers below the one before": "share that falls",
  "correlation of norm and depth": "r with depth",
  "correlation with size": "r with size",
  "d/16 over d/32": "d/16 ÷ d/32",
  "smallest SVD rank": "SVD rank",
};

function compression(rows: readonly ScalingRow[]): ScalingView {
  return {
    title: "Compression: weights to amplitudes, and what the basis keeps of noise",
    columns: [
      left("model"),
      right("d"),
      right("layers"),
      right("K"),
      right("amplitudes"),
      right("published"),
      right("ratio"),
      left("agrees"),
      right("noise, %"),
    ],
    rows: rows.map((row) => [
      text(row, "model"),
      text(row, "width"),
      text(row, "layers"),
      text(row, "gaussians"),
      shown(row, "amplitudes", count),
      shown(row, "published", String),
      shown(row, "measured", places(1)),
      verdict(row),
      shown(row, "energy", percent),
    ]),
    notes: notesOf(rows),
  };
}

function fit(rows: readonly ScalingRow[]): ScalingView {
  const cases = grouped(rows, (row) => `${row.columns} ${row.gaussians}`);
  return {
    title:
      "Fit quality on white noise: mean R² of a row on the uniform basis, and of free Gaussians (σ ≥ 0.3) from an " +
      "even start and from a pursuit",
    columns: [
      left("d, K"),
      right("rows"),
      right("published"),
      right("K/d"),
      right("uniform"),
      right("3K/d"),
      right("even"),
      left("agrees"),
      right("pursuit"),
    ],
    rows: cases.map((group) => {
      const [uniform, even, pursuit] = ["uniform basis", "free, even start", "free, pursuit"].map((method) =>
        group.find((row) => row.method === method),
      );
      const main = even ?? group[0];
      return [
        `${text(main, "columns")}, K = ${text(main, "gaussians")}`,
        text(main, "rows"),
        shown(main, "published", places(3)),
        shown(uniform, "noiseLaw", places(4)),
        shown(uniform, "measured", places(4)),
        shown(main, "noiseLaw", places(4)),
        shown(even, "measured", places(4)),
        verdict(main),
        shown(pursuit, "measured", places(4)),
      ];
    }),
    notes: notesOf(rows),
  };
}

/** The two published columns side by side, a line a vocabulary; the exponents at the end of each source. */
function transition(rows: readonly ScalingRow[]): ScalingView {
  const beside = (row: ScalingRow | undefined): string =>
    shown(row, "shuffled", (mean) => `${places(2)(mean)} ± ${shown(row, "shuffledDeviation", places(2))}`);
  const measured = (row: ScalingRow | undefined): string => shown(row, "measured", places(2));
  const lines: string[][] = [];
  for (const group of grouped(rows, (row) => `${row.source} ${row.tokens}`)) {
    lines.push([
      group[0].tokens === null
        ? text(group[0], "source")
        : `${text(group[0], "source")}, ${count(Number(group[0].tokens))} tokens`,
    ]);
    for (const pair of grouped(
      group.filter((row) => row.vocabulary !== null),
      (row) => String(row.vocabulary),
    )) {
      const [anti, symmetric] = ["antisymmetric", "symmetric"].map((part) =>
        pair.find((row) => text(row, "quantity").endsWith(` ${part} part`)),
      );
      lines.push([
        count(Number(pair[0].vocabulary)),
        shown(anti, "published", places(2)),
        measured(anti),
        beside(anti),
        anti ? verdict(anti) : "",
        shown(symmetric, "published", places(2)),
        measured(symmetric),
        beside(symmetric),
        symmetric ? verdict(symmetric) : "",
      ]);
    }
    const exponents = group.filter((row) => row.vocabulary === null);
    if (exponents.length > 0)
      lines.push([
        "exponent",
        ...["antisymmetric", "symmetric"].flatMap((part) => {
          const row = exponents.find((one) => text(one, "quantity").endsWith(` ${part} part`));
          return [
            shown(row, "published", String),
            shown(row, "measured", places(3)),
            row ? interval(row, 3) : "",
            row ? verdict(row) : "",
          ];
        }),
      ]);
  }
  return {
    title:
      "PR against vocabulary, the paper's beside ours: antisymmetric part of T, then symmetric part of the counts " +
      "C; beside a corpus 5 shuffles of its tokens, beside an exponent its 95 % interval",
    columns: [
      left("vocabulary"),
      right("paper"),
      right("T"),
      right("shuffled"),
      left(""),
      right("paper"),
      right("C"),
      right("shuffled"),
      left(""),
    ],
    rows: lines,
    notes: notesOf(rows),
  };
}

function norms(rows: readonly ScalingRow[]): ScalingView {
  return {
    title: `Layer norms of ${rows.length ? text(rows[0], "checkpoint") : "a checkpoint without layers"}`,
    columns: [
      left("layer"),
      right("parameters"),
      right("published"),
      right("norm"),
      left("agrees"),
      right("per parameter"),
      right("if even"),
    ],
    rows: rows.map((row) => [
      row.layer === null ? (SHORT[text(row, "quantity")] ?? text(row, "quantity")) : text(row, "layer"),
      shown(row, "parameters", count),
      shown(row, "published", String),
      shown(row, "measured", figure),
      verdict(row),
      shown(row, "normPerParameter", (value) => figure(value, 4)),
      shown(row, "evenNorm", figure),
    ]),
    notes: notesOf(rows),
  };
}

function amplitude(rows: readonly ScalingRow[]): ScalingView {
  return {
    title:
      "Amplitude participation ratio of " +
      `${rows.length ? text(rows[0], "checkpoint") : "a checkpoint without matrices"}, K = 8`,
    columns: [
      left("at width"),
      right("n"),
      right("published"),
      right("measured"),
      right("± or p"),
      left("95 %"),
      left("agrees"),
      right("noise"),
    ],
    rows: rows.map((row) => [
      `${text(row, "width")}: ${SHORT[text(row, "quantity")] ?? text(row, "quantity")}`,
      text(row, "n"),
      shown(row, "published", String),
      shown(row, "measured", places(3)),
      shown(row, "standardDeviation", (value) => `± ${value.toFixed(2)}`) ||
        shown(row, "p", (value) => `p = ${value.toFixed(2)}`),
      interval(row, 2),
      verdict(row),
      shown(row, "noise", places(2)),
    ]),
    notes: notesOf(rows),
  };
}

function rules(rows: readonly ScalingRow[]): ScalingView {
  const compression = rows.find((row) => String(row.quantity).startsWith("compression"));
  return {
    title:
      `Rules for K on ${rows.length ? text(rows[0], "checkpoint") : "a checkpoint without matrices"}: energy in % at ` +
      "each K, then energy at d/16 over that at d/32, then the " +
      `${text(compression ?? rows[0], "quantity") || "compression"}`,
    columns: [
      left("rule"),
      right("ratio"),
      right("published"),
      right("measured"),
      left("agrees"),
      right("noise"),
      right("permuted"),
      right("SVD"),
      right("z > 3"),
    ],
    rows: rows.map((row) => {
      const format = row.quantity === "energy" ? percent : places(2);
      return [
        SHORT[text(row, "rule")] ?? text(row, "rule"),
        shown(row, "compression", places(1)),
        shown(row, "published", places(2)),
        shown(row, "measured", format),
        verdict(row),
        shown(row, "noise", format),
        shown(row, "permuted", percent),
        shown(row, "svd", percent),
        row.structured === null ? "" : `${text(row, "structured")} of ${text(row, "matrices")}`,
      ];
    }),
    notes: notesOf(rows),
  };
}

function grouped(rows: readonly ScalingRow[], key: (row: ScalingRow) => string): ScalingRow[][] {
  const groups = new Map<string, ScalingRow[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return [...groups.values()];
}

/** How each table is shown. */
export const scalingViews: Record<ScalingTable, (rows: readonly ScalingRow[]) => ScalingView> = {
  compression,
  transition,
  fit,
  norms,
  amplitude,
  rules,
};
