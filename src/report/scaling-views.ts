import { isRowOf, type ScalingRow } from "../scaling/row.js";
import type { ScalingTable } from "../scaling/tables.js";
import { count, figure, percent } from "./format.js";
import {
  grouped,
  interval,
  left,
  notesOf,
  places,
  right,
  type ScalingView,
  shown,
  text,
  verdict,
} from "./scaling-cells.js";
import { orderView } from "./scaling-order.js";
import { transitionView } from "./scaling-transition.js";

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
  const compression = rows.find((row) => isRowOf(row, "compression"));
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
      right("chance"),
      right("best"),
      right("z > 3"),
    ],
    rows: rows.map((row) => {
      const format = isRowOf(row, "energy") ? percent : places(2);
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

/** How each table is shown. */
export const scalingViews: Record<ScalingTable, (rows: readonly ScalingRow[]) => ScalingView> = {
  compression,
  transition: transitionView,
  fit,
  norms,
  amplitude,
  rules,
  order: orderView,
};
