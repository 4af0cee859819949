import { printable } from "../base/printable.js";
import type { Report } from "../types.js";
import { answerOf } from "./answer.js";
import { draw } from "./html/chart.js";
import type { Chart } from "./html/chart-types.js";
import { htmlDocument } from "./html/document.js";
import { type Child, h, type Markup } from "./html/markup.js";
import { bytes, count, figure, share, short } from "./html/numbers.js";
import { paperTables } from "./html/paper.js";
import { signalByLayer, spectrumOfMatrix } from "./html/spectrum-chart.js";
import { compressionTable, layerTable, matrixTable, paperTable, roleTable } from "./html/tables.js";
import { overview } from "./html/views.js";
import { leftOut, notable, type Selection } from "./order.js";

/** Matrices in tables and charts, unless --top asks for more. */
const MOST_SHOWN = 1000;
const SIZE = { width: 620, height: 360 };

/**
 * One self-contained HTML file of one or several reports: charts as inline SVG, tables as tables, no script, nothing
 * loaded. `selection` orders and cuts the tables of matrices, not the charts. Every name is escaped, and the file's own
 * policy allows styles only.
 */
export function renderHtml(reports: Report | readonly Report[], selection: Selection = {}): string {
  const all = Array.isArray(reports) ? (reports as readonly Report[]) : [reports as Report];
  const title = all.map(({ source }) => printable(source.name)).join(", ") || "no checkpoint";
  return htmlDocument(
    title,
    all.map((report) => section(report, selection)),
  );
}

function section(report: Report, selection: Selection): Markup {
  const { source, tool, layers, summary, options } = report;
  const { shown, left, cut } = notable(report.matrices, selection, MOST_SHOWN);
  // The charts too: a hundred thousand marks are a cloud, and gigabytes.
  const matrices = cut ? shown : report.matrices;
  const drawn = { ...report, matrices };
  return h(
    "article",
    {},
    h("p", { class: "answer" }, answerOf(report)),
    h("h1", {}, printable(source.name)),
    h(
      "p",
      { class: "note" },
      `weightscope ${tool.version}, ${tool.instructions}. Every figure is defined in docs/method.md of the project.`,
    ),
    h(
      "dl",
      { class: "facts" },
      facts(report).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
    ),
    said(source.notes, summary.failed),
    matrices.length === 0
      ? h("p", {}, "There are no matrices in this file.")
      : [
          compressionTable(summary),
          h("h2", {}, "Figures"),
          h(
            "div",
            { class: "figures" },
            [...spectra(report), signalByLayer(matrices), ...overview(drawn, 0)]
              .filter((chart) => chart.series.some((series) => series.points.length > 0))
              .map((chart) =>
                h(
                  "figure",
                  {},
                  h("figcaption", {}, h("h3", {}, chart.title), h("span", { class: "note" }, chart.description)),
                  draw(chart, SIZE).svg,
                ),
              ),
          ),
          h("h2", {}, "Matrices"),
          summary.compression.map((_, k) => matrixTable(shown, k)),
          cut && h("p", { class: "note" }, `${leftOut(left)}. The charts are of the same matrices.`),
          layers.length > 0 && [h("h2", {}, "Layers"), layerTable(layers)],
          summary.signalDetail && [h("h2", {}, "Roles"), roleTable(summary.signalDetail.roles)],
          h("h2", {}, "The paper's tables"),
          paperTables(report).map(paperTable),
        ],
    source.skipped.length > 0 && [
      h("h2", {}, "Tensors left out"),
      h(
        "ul",
        {},
        byReason(source.skipped).map((line) => h("li", {}, line)),
      ),
    ],
    h("h2", {}, "Options"),
    h(
      "ul",
      {},
      Object.entries(options).map(
        ([name, value]): Child =>
          h("li", {}, `${name}: ${printable(typeof value === "string" ? value : JSON.stringify(value))}`),
      ),
    ),
  );
}

/** What a reader must know before any figure, and what could not be done. */
function said(notes: readonly string[], failed: Report["summary"]["failed"]): Child {
  const lines = [
    ...notes.map((note) => printable(note, 400)),
    ...failed.map(({ name, reason }) => `${printable(name)} could not be done: ${printable(reason, 400)}`),
  ];
  const items = lines.map((line) => h("li", {}, line));
  return items.length > 0 && [h("h2", {}, "Notes"), h("ul", {}, items)];
}

/** Names of one reason that are shown; a quantised model has tens of thousands of scales. */
const NAMES_SHOWN = 12;

/** A line for each reason, the commonest first. */
function byReason(skipped: Report["source"]["skipped"]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { name, reason } of skipped) {
    const names = reasons.get(reason);
    if (names) names.push(name);
    else reasons.set(reason, [name]);
  }
  return [...reasons]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, names]) => {
      const shown = names.slice(0, NAMES_SHOWN).map((name) => printable(name));
      const more = names.length > shown.length ? `, and ${count(names.length - shown.length)} more` : "";
      return `${printable(reason)}: ${shown.join(", ")}${more}`;
    });
}

/** Spectra of the matrices with most and with least signal; of the only one. */
function spectra({ matrices, summary }: Report): Chart[] {
  const { most = [], least = [] } = summary.signalDetail ?? {};
  const names = matrices.length === 1 ? [matrices[0].name] : [...most.slice(0, 1), ...least.slice(0, 1)];
  return names.flatMap((name) => {
    const matrix = matrices.find((one) => one.name === name && one.spectrum !== null);
    const chart = matrix && spectrumOfMatrix(matrix);
    return chart ? [chart] : [];
  });
}

/** The figures above the fold, in the page and in the file. */
export function facts({
  source,
  summary,
}: {
  source: Pick<Report["source"], "format" | "byteLength" | "matrices">;
  summary: Report["summary"];
}): [term: string, value: string][] {
  const { amplitudeParticipationRatio: ratio, sizeCorrelation: size, normsDecreaseWithDepth: decrease } = summary;
  const { signal } = summary;
  return [
    ["Signal directions", signal ? `${count(signal.directions)} of ${count(signal.of)}` : "–"],
    ["Free parameters", signal ? `${short(signal.parameters)} of ${short(summary.parameters)}` : "–"],
    ["Energy in the signal", signal ? share(signal.energy) : "–"],
    ["Parameters", short(summary.parameters)],
    ["Matrices", count(source.matrices)],
    ["Format", source.format],
    ["Size", bytes(source.byteLength)],
    ["Amplitudes and the rest", short(summary.compression[0]?.effectiveParameters ?? summary.parameters)],
    ["Amplitude PR", ratio ? `${ratio.mean.toFixed(2)} ± ${ratio.standardDeviation.toFixed(2)}` : "–"],
    ["PR with size, r", size ? `${size.r.toFixed(2)} (p ${figure(size.p, 1)})` : "–"],
    ["Norms fall with depth", decrease === null ? "–" : decrease ? "yes" : "no"],
  ];
}
