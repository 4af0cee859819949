import { ORDER_METHODS } from "../scaling/order.js";
import type { ScalingRow } from "../scaling/row.js";
import { percent } from "./format.js";
import { grouped, left, notesOf, right, type ScalingView, shown, text } from "./scaling-cells.js";

/** A line for each budget or matrix: every method beside its null. */
export function orderView(rows: readonly ScalingRow[]): ScalingView {
  const named = rows.length ? text(rows[0], "checkpoint") : "a checkpoint without matrices";
  return {
    title:
      `Columns put in order first, ${named}: energy in % that Gaussians keep, beside the same search on entries ` +
      "shuffled within their rows",
    columns: [
      left("of"),
      right("stored"),
      right("chance"),
      right("leading"),
      right("chance"),
      right("path"),
      right("chance"),
      right("singular"),
      right("chance"),
    ],
    rows: grouped(rows, (row) => `${row.matrix} ${row.budget}`).map((group) => [
      group[0].matrix === null
        ? `layers, 1/${Math.round(1 / Number(group[0].budget))}`
        : `${String(group[0].matrix).replace(/\.weight$/, "")}, K = ${text(group[0], "gaussians")}`,
      ...ORDER_METHODS.flatMap((method) => {
        const row = group.find((one) => one.method === method);
        return [shown(row, "measured", percent), shown(row, "shuffled", percent)];
      }),
    ]),
    notes: notesOf(rows),
  };
}
