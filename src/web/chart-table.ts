import { printable } from "../base/printable.js";
import type { Chart, Point } from "../report/html/chart-types.js";
import type { Markup } from "../report/html/markup.js";
import { figure as written } from "../report/html/numbers.js";
import { scrolling } from "../report/html/tables.js";

const MOST_ROWS = 500;

/** The points of a chart as a table, with the ends of their intervals where they have any. */
export function chartTable({ x, y, series, title }: Chart): Markup {
  const intervals = [...new Set(series.flatMap(({ interval }) => interval ?? []))];
  const ends = (point: Point): string[] =>
    intervals.length === 0 ? [] : [written(point.low, 5), written(point.high, 5)];
  const rows = series
    .filter((one) => one.mark !== "band")
    .flatMap(({ name, points }) =>
      points.map((point) => ({
        cells: [printable(point.label ?? name), name, written(point.x, 5), written(point.y, 5), ...ends(point)],
      })),
    )
    .slice(0, MOST_ROWS);
  const heads = intervals.length === 0 ? [] : [`from (${intervals.join("; ")})`, "to"];
  return scrolling(title, ["Point", "Series", x.label, y.label, ...heads], rows, 2);
}
