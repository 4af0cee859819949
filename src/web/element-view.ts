import { layersOf, summarize } from "../analyze/summary.js";
import { printable } from "../base/printable.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { answerOf, answerSoFar } from "../report/answer.js";
import { printableNameOf } from "../report/distinct.js";
import { facts } from "../report/facts.js";
import { columns } from "../report/html/columns.js";
import { h } from "../report/html/markup.js";
import { chartStyle, palette } from "../report/html/style.js";
import { matrixTable } from "../report/html/tables.js";
import { notesOf } from "../report/summary.js";
import type { MatrixReport, Report } from "../types.js";
import { addStyles, make, save } from "./dom.js";
import { type Download, FORMS } from "./download-forms.js";
import { CHARTS, elementCharts, hostStyle, withoutRem } from "./element-charts.js";
import type { WeightScopeState } from "./element-types.js";
import { Figure } from "./figure.js";
import { headerLine } from "./header.js";
import { type Measured, withMeasured } from "./measured.js";
import { Menu } from "./menu.js";
import { MOST_PRINTED, notPrinted, Sheet } from "./sheet.js";
import { VirtualTable } from "./table.js";
import viewsStyle from "./views.css";

/** What the element shows. */
export interface Shown {
  state: WeightScopeState;
  checkpoint: Pick<RawCheckpoint, "name" | "format" | "byteLength" | "tensors"> | null;
  report: Report | null;
  found: readonly MatrixReport[];
  error: string;
  sweep: { measured: Measured | null; error: string };
  charts: string | null;
  table: boolean;
  k: string | null;
}

/** Said of what is left of an analysis that was cancelled. */
const CANCELLED = "cancelled: all figures are of a part only";
const ENDED: readonly WeightScopeState[] = ["cancelled", "failed", "done"];

/** Everything in the element's shadow. A wrapper takes no style from the page but its colours. */
export class ElementView {
  readonly figures = CHARTS.map(() => new Figure(() => {}, 300));
  private readonly nameLine = make("b", { attributes: { part: "name" } });
  private readonly aboutLine = make("span", { className: "note", attributes: { role: "status" } });
  private readonly bar = make("progress", {
    max: 1,
    value: 0,
    attributes: { "aria-label": "Progress", part: "progress" },
  });
  private readonly error = make("p", { className: "error", attributes: { role: "alert", part: "error" } });
  private readonly warning = make("p", { className: "note", attributes: { role: "status", part: "warning" } });
  private readonly answer = make("p", { className: "answer", attributes: { part: "answer" } });
  private readonly notes = make("ul", {
    className: "notes",
    attributes: { "aria-label": "Notes", part: "notes" },
  });
  private readonly downloads = new Menu("Download", "download", FORMS, (kind) => void this.save(kind as Download));
  private readonly facts = make("dl", { className: "facts small", attributes: { part: "facts" } });
  private readonly measured = make("p", { className: "note", attributes: { role: "status", part: "measured" } });
  private readonly table: VirtualTable<MatrixReport>;
  private readonly slots = {
    empty: make("slot", { name: "empty" }, make("p", { className: "note" }, "No checkpoint and no report were given.")),
    loading: make("slot", { name: "loading" }),
    error: make("slot", { name: "error" }, this.error),
  };
  private readonly body: HTMLElement;
  private report: Report | null = null;
  private printed: { matrices: readonly MatrixReport[]; k: number } | null = null;
  /** Holds the table while it is printed; it listens while the element is in a page. */
  readonly sheet = new Sheet(() => {
    const { matrices, k } = this.printed ?? { matrices: [], k: 0 };
    if (matrices.length === 0) return h("div", {});
    return h("div", {}, matrixTable(matrices.slice(0, MOST_PRINTED), k), notPrinted(matrices.length));
  });

  constructor(root: ShadowRoot, open: (matrix: MatrixReport) => void) {
    addStyles(root, `${palette(":host", "both")}${chartStyle}${withoutRem(viewsStyle + hostStyle)}`);
    this.table = new VirtualTable<MatrixReport>("Matrices", "matrix", { open, sorted: () => {} });
    this.body = make(
      "div",
      {},
      this.answer,
      make("div", { className: "status" }, this.nameLine, this.aboutLine, this.bar),
      make("div", { className: "acts", attributes: { part: "download" } }, this.downloads.element),
      this.slots.loading,
      this.slots.error,
      this.warning,
      this.notes,
      this.facts,
      this.measured,
      make(
        "div",
        { className: "figures", attributes: { part: "charts" } },
        ...this.figures.map((figure) => figure.element),
      ),
      this.table.element,
      this.sheet.element,
    );
    root.append(make("div", { className: "root" }, this.slots.empty, this.body));
  }

  progress(share: number): void {
    this.bar.value = share;
  }

  /** Takes as much room before the figures are there as after. */
  draw({ state, checkpoint, report, found, error, sweep, ...view }: Shown): void {
    const { empty, loading, error: failed } = this.slots;
    empty.hidden = state !== "empty";
    this.body.hidden = state === "empty";
    loading.hidden = state !== "loading" && state !== "paused" && state !== "waiting";
    failed.hidden = state !== "failed";
    this.error.textContent = error;
    this.report = report;
    this.downloads.disabled = report === null;
    const notes = report ? notesOf(report.source) : state === "cancelled" ? [CANCELLED] : [];
    this.notes.replaceChildren(...notes.map((note) => make("li", {}, printable(note, 400))));
    const matrices = report?.matrices ?? found;
    const asked = matrices.find((matrix) => matrix.gaussian.length > 0)?.gaussian.map((fit) => fit.asked) ?? [];
    const k = Math.max(0, asked.indexOf(view.k ?? ""));
    const layers = report?.layers ?? layersOf(matrices);
    const summary = report?.summary ?? { ...summarize(matrices, layers, asked, 0), failed: [] };
    this.nameLine.textContent = printable(report?.source.name ?? checkpoint?.name ?? "\u00a0", 120);
    this.aboutLine.textContent = checkpoint ? headerLine(checkpoint) : "\u00a0";
    this.answer.textContent = report
      ? answerOf(report)
      : matrices.length > 0
        ? answerSoFar({ matrices: [...matrices], summary }, ENDED.includes(state))
        : "\u00a0";
    const source = report?.source ?? { format: "…", byteLength: 0, matrices: matrices.length };
    const known = facts({ source, summary, matrices: report?.matrices ?? [] }, k).map(
      ([term, value]): [string, string] => [term, report ? value : "…"],
    );
    const { tiles, said } = withMeasured(known, sweep.measured, report?.source ?? checkpoint);
    this.facts.replaceChildren(
      ...tiles.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
    );
    this.measured.textContent = sweep.error ? printable(sweep.error, 400) : said;
    this.measured.hidden = this.measured.textContent === "";
    this.drawCharts({ matrices: [...matrices], layers, summary }, k, view.charts, ENDED.includes(state));
    this.table.element.hidden = !view.table;
    this.printed = view.table ? { matrices, k } : null;
    if (!view.table) return;
    const nameOf = printableNameOf(matrices);
    this.table.setColumns(
      columns.map((column) => ({
        ...column,
        value: (matrix: MatrixReport) => column.value(matrix, k),
        text: (matrix: MatrixReport) => (column.key === "name" ? nameOf(matrix) : column.text(matrix, k)),
      })),
    );
    this.table.setRows(matrices, () => true);
  }

  private async save(kind: Download): Promise<void> {
    try {
      const { downloadOf } = await import("./downloads.js");
      const files = this.report ? await downloadOf(kind, this.report, this.figures) : [];
      for (const { name, type, text } of files) save(name, type, text);
    } catch (error) {
      this.warning.hidden = false;
      this.warning.textContent = String(error);
    }
  }

  private drawCharts(
    shown: Pick<Report, "matrices" | "layers" | "summary">,
    k: number,
    asked: string | null,
    ended: boolean,
  ): void {
    const wanted = (asked ?? CHARTS.join(" ")).split(/[\s,]+/).filter((name) => name !== "");
    const unknown = wanted.filter((name) => !CHARTS.includes(name)).map((name) => `“${printable(name, 40)}”`);
    this.warning.hidden = unknown.length === 0;
    this.warning.textContent =
      unknown.length === 0 ? "" : `charts: ${unknown.join(", ")} unknown; there are ${CHARTS.join(", ")}`;
    elementCharts(shown, k).forEach((chart, i) => {
      const figure = this.figures[i];
      figure.element.hidden = !wanted.includes(CHARTS[i]) || (chart === null && ended);
      if (chart && !figure.element.hidden) figure.update(chart);
    });
  }
}
