import { printable } from "../base/printable.js";
import type { Report } from "../types.js";
import { answerOf } from "./answer.js";
import { facts } from "./facts.js";
import { banded } from "./html/bands.js";
import { draw } from "./html/chart.js";
import type { Chart } from "./html/chart-types.js";
import { htmlDocument } from "./html/document.js";
import { signalHeat, signalHeatTable } from "./html/heat.js";
import { makingLines } from "./html/making.js";
import { type Child, h, type Markup } from "./html/markup.js";
import { energyBesideChance } from "./html/nulls.js";
import { count } from "./html/numbers.js";
import { paperTables } from "./html/paper.js";
import { spectrumOfMatrix } from "./html/spectrum-chart.js";
import {
  compressionTable,
  entriesByK,
  layerTable,
  matrixTable,
  notableTable,
  paperTable,
  roleTable,
} from "./html/tables.js";
import { overview } from "./html/views.js";
import { leftOut, type Making, mostNotable, notable, type Selection } from "./order.js";

/** Matrices in the appendix, unless --top asks for more; layers. */
const MOST_SHOWN = 500;
/** Matrices in charts: a hundred thousand marks are a cloud, and gigabytes. */
const MOST_DRAWN = 10_000;
/** Matrices that are shown first. */
const NOTABLE = 10;
/** As wide as a phone, half a sheet of paper or a third of a screen: labels are read on each. */
const SIZE = { width: 400, height: 310 };

/**
 * One self-contained HTML file of one or several reports, to be mailed and printed: the answer, charts beside their
 * yardsticks, the most notable matrices, and all tables as an appendix; no script, nothing loaded. `options` order and
 * cut the tables of matrices, not the charts, and say how the file was made: the same report is the same file unless
 * they do. Every name is escaped, and the file's own policy allows styles only.
 */
export function renderHtml(reports: Report | readonly Report[], options: Selection & Making = {}): string {
  const all = Array.isArray(reports) ? (reports as readonly Report[]) : [reports as Report];
  const title = all.map(({ source }) => printable(source.name)).join(", ") || "no checkpoint";
  return htmlDocument(
    title,
    all.map((report, i) => section(report, options, i === 0 ? "" : `-${i + 1}`)),
  );
}

/** A heading that links lead to. */
interface Part {
  id: string;
  title: string;
  content: Child;
}

function section(report: Report, options: Selection & Making, suffix: string): Markup {
  const { source, tool, summary } = report;
  const parts = [...(report.matrices.length > 0 ? figuresOf(report, options) : []), ...ofTheFile(report)].filter(
    ({ content }) => content !== false,
  );
  return h(
    "article",
    {},
    h("p", { class: "answer" }, answerOf(report)),
    h("h1", {}, printable(source.name)),
    makingLines(options, tool),
    said(source.notes, summary.failed),
    report.matrices.length === 0 && h("p", {}, "There are no matrices in this file."),
    h(
      "nav",
      { "aria-label": `Parts of the report of ${printable(source.name)}` },
      h(
        "ul",
        {},
        parts.map(({ id, title }) => h("li", {}, h("a", { href: `#${id}${suffix}` }, title))),
      ),
    ),
    parts.map(({ id, title, content }) => [h("h2", { id: `${id}${suffix}` }, title), content]),
  );
}

/** The figures, what is most notable, and the tables of everything. */
function figuresOf(report: Report, selection: Selection): Part[] {
  const { layers, summary, matrices: all } = report;
  const { shown, left, cut } = notable(all, selection, MOST_SHOWN);
  const drawn = all.length > MOST_DRAWN ? notable(all, {}, MOST_SHOWN).shown : all;
  const charts = [...spectra(report), energyBesideChance(drawn), ...overview({ ...report, matrices: drawn }, 0)]
    .filter((chart) => chart.series.some((series) => series.points.length > 0))
    .map(banded);
  const most = mostNotable(all, NOTABLE);
  return [
    {
      id: "figures",
      title: "Figures",
      content: [
        h("div", { class: "figures" }, charts.map(drawnFigure)),
        signalHeatTable(signalHeat(all)),
        drawn !== all && h("p", { class: "note" }, `The charts are of the ${count(drawn.length)} furthest from noise.`),
      ],
    },
    { id: "notable", title: "The most notable matrices", content: most.length > 0 && notableTable(most) },
    { id: "facts", title: "In numbers", content: [factList(report), compressionTable(summary)] },
    {
      id: "matrices",
      title: "All matrices",
      content: [
        entriesByK(shown, summary.compression.length).map(([k, ...others]) => matrixTable(shown, k, ...others)),
        cut && h("p", { class: "note" }, `${leftOut(left)}.`),
      ],
    },
    {
      id: "layers",
      title: "Layers",
      content: layers.length > 0 && [
        layerTable(layers.slice(0, MOST_SHOWN)),
        layers.length > MOST_SHOWN &&
          h("p", { class: "note" }, `and ${count(layers.length - MOST_SHOWN)} more; json has all`),
      ],
    },
    { id: "roles", title: "Roles", content: summary.signalDetail !== null && roleTable(summary.signalDetail.roles) },
    { id: "paper", title: "The paper's tables", content: paperTables(report).map(paperTable) },
  ];
}

function ofTheFile({ source, options }: Report): Part[] {
  const list = (lines: string[]): Markup =>
    h(
      "ul",
      {},
      lines.map((line) => h("li", {}, line)),
    );
  const text = (value: unknown): string => printable(typeof value === "string" ? value : JSON.stringify(value));
  return [
    {
      id: "left-out",
      title: "Tensors left out",
      content: source.skipped.length > 0 && list(byReason(source.skipped)),
    },
    {
      id: "options",
      title: "Options",
      content: list(Object.entries(options).map(([name, value]) => `${name}: ${text(value)}`)),
    },
  ];
}

const drawnFigure = (chart: Chart): Markup =>
  h(
    "figure",
    {},
    h("figcaption", {}, h("h3", {}, chart.title), h("span", { class: "note" }, chart.description)),
    draw(chart, SIZE).svg,
  );

const factList = (report: Report): Markup =>
  h(
    "dl",
    { class: "facts" },
    facts(report).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
  );

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
