import { printable } from "../../base/printable.js";
import { bitsEach, type SweepReport, type SweepRow } from "../../compress/sweep.js";
import type { Making } from "../order.js";
import { sweepAnswer, sweepFields, sweepLabel } from "../sweep.js";
import { draw } from "./chart.js";
import type { Chart, Series } from "./chart-types.js";
import { htmlDocument } from "./document.js";
import { makingLines } from "./making.js";
import { h } from "./markup.js";
import { scrolling } from "./tables.js";

/** Its labels are read on a phone. */
const SIZE = { width: 400, height: 310 };

const NAMES: Record<string, string> = {
  singular: "singular vectors",
  gaussian: "Gaussians",
  rounding: "rounding, blocks of 32",
};

function points(rows: readonly SweepRow[]): Series["points"] {
  return rows
    .flatMap((row) => (row.value === null ? [] : [{ x: bitsEach(row), y: row.value, label: sweepLabel(row) }]))
    .sort((a, b) => a.x - b.x);
}

/** Bits a weight against what COMMAND prints: a line a method, or a part; the checkpoint as it is a dashed line. */
export function sweepChart({ rows, parts }: SweepReport): Chart {
  const replaced = rows.filter(({ method }) => method !== "none");
  const keys = [...new Set(replaced.map(({ part, method }) => JSON.stringify([part, method])))];
  const series = keys.map((key, i): Series => {
    const [part, method] = JSON.parse(key) as [string | null, string];
    return {
      name: [
        part === null ? null : printable(part, 24),
        parts.length > 1 && method !== "rounding" ? null : NAMES[method],
      ]
        .filter((name) => name !== null)
        .join(", "),
      colour: method === "rounding" && part === null ? "muted" : `c${i % 10}`,
      mark: method === "rounding" ? "dashes-dots" : "line-dots",
      points: points(replaced.filter((row) => row.part === part && row.method === method)),
    };
  });
  const all = series.flatMap((one) => one.points.map(({ x }) => x));
  const own = rows.find(({ method }) => method === "none")?.value ?? null;
  if (own !== null && all.length > 0) {
    const ends = [Math.min(...all), Math.max(...all)];
    series.push({ name: "as it is", colour: "ink", mark: "dotted", points: ends.map((x) => ({ x, y: own })) });
  }
  return {
    title: "Bits against function",
    description: "Bits stored in the place of a weight, and the last number that the command prints",
    x: { label: "bits a weight", include: [0] },
    y: { label: "value" },
    series,
  };
}

/** The sweep as one self-contained HTML file. */
export function sweepHtml(report: SweepReport, making: Making = {}): string {
  const fields = sweepFields(report);
  const chart = sweepChart(report);
  const article = h(
    "article",
    {},
    h("p", { class: "answer" }, sweepAnswer(report)),
    h("h1", {}, printable(report.source.name)),
    makingLines(making),
    h("p", { class: "note" }, printable(`Value: ${report.command}`, Number.POSITIVE_INFINITY)),
    h(
      "figure",
      {},
      h("figcaption", {}, h("h2", {}, chart.title), h("span", { class: "note" }, chart.description)),
      draw(chart, SIZE).svg,
    ),
    scrolling(
      "Sweep",
      fields.map(({ title }) => title),
      report.rows.map((row) => ({ cells: fields.map((field) => field.text(row, report)) })),
    ),
  );
  return htmlDocument(printable(report.source.name), [article]);
}
