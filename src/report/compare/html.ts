import { printable } from "../../base/printable.js";
import type { CompareReport } from "../../types.js";
import { printableNames } from "../distinct.js";
import { htmlDocument } from "../html/document.js";
import { heatTable } from "../html/heat-table.js";
import { makingLines } from "../html/making.js";
import { h, type Markup } from "../html/markup.js";
import { count, figure, share, short } from "../html/numbers.js";
import { scrolling } from "../html/tables.js";
import type { Making } from "../order.js";
import { adapterAnswer, changeAnswer } from "./answer.js";
import { changeColumns } from "./columns.js";
import { type Heat, heatOf, shownRanks } from "./heat.js";
import { notesOf } from "./table.js";

const changeHeatTable = ({ roles, rows, largest }: Heat): Markup =>
  heatTable({
    label: "Change by layer and role",
    caption: "‖ΔW‖/‖W‖ by layer and role",
    roles,
    rows: rows.map(({ heading, cells }) => ({
      heading,
      cells: cells.map(
        (found) =>
          found && {
            heat: found.change === null || largest === 0 ? 0 : found.change / largest,
            text: found.change === null ? "–" : figure(found.change),
          },
      ),
    })),
  });

/** The parts of a report of two checkpoints: in a file, or in a page. */
export function compareSection(report: CompareReport, making: Making | null = null): Markup {
  const { base, tuned, matrices, layers, roles, adapter, adapterRanks, quantisation, summary } = report;
  const several = layers.some(({ stack }) => stack !== layers[0].stack);
  const heat = heatOf(report.cells);
  const notes = notesOf(report);
  const names = printableNames(matrices);
  const group = (
    name: string,
    {
      matrices: n,
      unchanged,
      relativeChange,
      medianRank90,
      largestRankAboveRounding,
    }: (typeof roles)[number] | (typeof layers)[number],
  ): { cells: string[] } => ({
    cells: [
      printable(name),
      count(n),
      count(unchanged),
      figure(relativeChange),
      figure(medianRank90),
      count(largestRankAboveRounding),
    ],
  });
  const titles = ["Matrices", "Unchanged", "Change", "Median rank at 90 %", "Largest rank above rounding"];
  return h(
    "article",
    {},
    h("p", { class: "answer" }, changeAnswer(report)),
    h("h1", {}, `${printable(base.name)} → ${printable(tuned.name)}`),
    making && makingLines(making),
    adapter && h("p", {}, adapterAnswer(adapter)),
    h(
      "dl",
      { class: "facts" },
      (
        [
          ["Matrices", count(summary.matrices)],
          ["Unchanged", count(summary.unchanged)],
          ["Change of the others", figure(summary.relativeChange)],
          ["Median rank at 90 %", figure(summary.medianRank90)],
          ["Largest rank above rounding", count(summary.largestRankAboveRounding)],
          ["Change outside matrices", share(summary.shareOutsideMatrices)],
        ] as const
      ).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
    ),
    heat.rows.length > 0 && [h("h2", {}, "Layers and roles"), changeHeatTable(heat)],
    layers.length > 0 &&
      scrolling(
        "By layer",
        ["Layer", ...titles],
        layers.map((layer) => group(`${several ? `${layer.stack} ` : ""}${layer.layer}`, layer)),
      ),
    roles.length > 0 &&
      scrolling(
        "By role",
        ["Role", ...titles],
        roles.map((role) => group(role.role, role)),
      ),
    adapterRanks.length > 0 && [
      h("h2", {}, "Adapters"),
      scrolling(
        "What a LoRA of one rank for all matrices inside layers would hold",
        ["Rank", "Share of the change", "Numbers"],
        shownRanks(adapterRanks).map(({ rank, energy, parameters }) => ({
          cells: [count(rank), share(energy), short(parameters)],
        })),
      ),
    ],
    quantisation.length > 0 && [
      h("h2", {}, "Quantisation"),
      scrolling(
        "Error of the quantised side",
        ["Type", "Side", "Bits a weight", "Matrices", "Squared error / ‖W‖²"],
        quantisation.map(({ dtype, side, bits, matrices: n, error }) => ({
          cells: [printable(dtype), side, figure(bits), count(n), figure(error)],
        })),
      ),
    ],
    h("h2", {}, "Matrices"),
    scrolling(
      "Matrices",
      ["Matrix", ...changeColumns.map(({ title }) => title)],
      matrices.map((matrix, i) => ({ cells: [names[i], ...changeColumns.map(({ cell }) => cell(matrix))] })),
    ),
    h(
      "p",
      { class: "note" },
      `${changeColumns.map(({ title, about }) => `${title}: ${about}`).join(". ")}. Definitions: ` +
        "docs/method.md of the project.",
    ),
    notes.length > 0 && [
      h("h2", {}, "Notes"),
      h(
        "ul",
        {},
        notes.map((note) => h("li", {}, note)),
      ),
    ],
  );
}

/** One self-contained file, no script, nothing loaded. */
export function compareHtml(report: CompareReport, making: Making = {}): string {
  return htmlDocument(`${printable(report.base.name)} → ${printable(report.tuned.name)}`, [
    compareSection(report, making),
  ]);
}
