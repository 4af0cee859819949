import { printable } from "../../base/printable.js";
import type { Chart } from "../../report/html/chart-types.js";
import { count, figure, share, short } from "../../report/html/numbers.js";
import { roleName } from "../../report/html/roles.js";
import { spectrumOfMatrix } from "../../report/html/spectrum-chart.js";
import { energyOfMatrix } from "../../report/html/views.js";
import type { MatrixReport } from "../../types.js";
import { make } from "../dom.js";
import { drawSoon } from "../draw-queue.js";
import { Figure } from "../figure.js";
import { rowChart, singularChart, spreadChart } from "../matrix-charts.js";
import type { RowFits } from "../messages.js";
import type { Model } from "../model.js";

const SINGULAR = 24;

const drawn = (figure: Figure, chart: Chart): void => figure.update(chart, (draw) => drawSoon(figure, draw));

/** One matrix: its figures, energy against K, some rows under their Gaussians, and its singular values. */
export class MatrixView {
  readonly element: HTMLElement;
  private readonly heading = make("h2", { tabIndex: -1 });
  private readonly facts = make("dl", { className: "facts small" });
  private readonly energy = new Figure();
  private readonly spread = new Figure(undefined, 240);
  private readonly spreadNote = make("p", { className: "note", attributes: { role: "status" } });
  private readonly rowFigures = {
    best: new Figure(undefined, 240),
    median: new Figure(undefined, 240),
    worst: new Figure(undefined, 240),
    chosen: new Figure(undefined, 240),
  };
  private readonly singular = new Figure(undefined, 260);
  private readonly gaussians = make("select", { on: { change: () => this.askRows() } });
  private readonly row = make("input", {
    type: "number",
    min: "0",
    step: "1",
    placeholder: "any",
    on: { change: () => this.askRows() },
  });
  private readonly note = make("p", { className: "note", attributes: { role: "status" } });
  private readonly singularNote = make("p", { className: "note", attributes: { role: "status" } });
  private k = 0;
  private shown: { model: Model; matrix: MatrixReport } | null = null;

  constructor(close: () => void) {
    this.rowFigures.chosen.element.hidden = true;
    this.element = make(
      "section",
      { className: "matrix", hidden: true, attributes: { "aria-label": "One matrix" } },
      make(
        "div",
        { className: "title" },
        this.heading,
        make("button", { type: "button", className: "quiet", on: { click: close } }, "Close"),
      ),
      this.facts,
      this.energy.element,
      this.spread.element,
      this.spreadNote,
      make("h3", {}, "Rows under their Gaussians"),
      make(
        "div",
        { className: "fields" },
        make("label", {}, "K ", this.gaussians),
        make("label", {}, "Row ", this.row),
      ),
      this.note,
      ...Object.values(this.rowFigures).map((one) => one.element),
      this.singular.element,
      this.singularNote,
    );
  }

  /** `true` where another matrix came into view. */
  show(model: Model, matrix: MatrixReport, k: number): boolean {
    const same = this.shown?.matrix.name === matrix.name && this.shown.model === model;
    const sameK = k === this.k;
    if (same && sameK && this.shown?.matrix === matrix) return false;
    this.shown = { model, matrix };
    this.k = k;
    this.element.hidden = false;
    this.fill(matrix);
    if (same && sameK) return false;
    if (same) {
      this.gaussians.value = String(matrix.gaussian[k]?.gaussians ?? this.gaussians.value);
      this.askRows();
      return false;
    }
    this.element.scrollTop = 0;
    this.row.value = "";
    this.row.max = String(matrix.rows - 1);
    this.gaussians.replaceChildren(
      ...matrix.gaussian
        .filter((fit, i, all) => all.findIndex((other) => other.gaussians === fit.gaussians) === i)
        .map((fit) =>
          make(
            "option",
            { value: String(fit.gaussians) },
            `${fit.gaussians}${fit.asked === String(fit.gaussians) ? "" : ` (${fit.asked})`}`,
          ),
        ),
    );
    this.gaussians.value = String(matrix.gaussian[k]?.gaussians ?? this.gaussians.value);
    this.askRows();
    void this.askSpread();
    void this.askSingular();
    return true;
  }

  hide(): void {
    this.shown = null;
    this.element.hidden = true;
  }

  focus(): void {
    this.heading.focus({ preventScroll: true });
  }

  private fill(matrix: MatrixReport): void {
    const { participation, norms } = matrix;
    this.heading.textContent = printable(matrix.name);
    const facts: [string, string][] = [
      ["Shape", `${count(matrix.rows)} × ${count(matrix.columns)} ${matrix.dtype}`],
      ["Parameters", short(matrix.parameters)],
      ["Role", roleName(matrix.role)],
      ["Participation ratio", participation ? figure(participation.value, 4) : "–"],
      [
        "Certified bounds",
        participation
          ? participation.method === "exact"
            ? "exact"
            : `${figure(participation.lower, 4)} to ${figure(participation.upper, 4)}`
          : "–",
      ],
      ["PR of noise", figure(matrix.noiseParticipationRatio, 4)],
      ["Stable rank", figure(participation?.stableRank)],
      ["Norm", figure(norms.norm, 5)],
      ["Mean ± σ", `${figure(norms.mean, 2)} ± ${figure(norms.standardDeviation)}`],
      ["Excess kurtosis", figure(norms.excessKurtosis)],
      ["Smallest, largest", `${figure(norms.minimum)}, ${figure(norms.maximum)}`],
      ["Not finite", count(norms.nonFinite)],
    ];
    if (matrix.tiedTo !== null) facts.push(["Same as", printable(matrix.tiedTo)]);
    const fit = matrix.gaussian[this.k];
    if (fit)
      facts.unshift([
        `Fit, K = ${fit.gaussians}`,
        `${share(fit.energy)}, chance ${share(fit.permutedEnergy)}${fit.verdict === null ? "" : `: ${fit.verdict}`}`,
      ]);
    if (matrix.spectrum)
      facts.unshift([
        "Signal",
        `${count(matrix.spectrum.signal.directions)} of ${count(Math.min(matrix.rows, matrix.columns))}, holds ` +
          share(matrix.spectrum.signal.energy),
      ]);
    this.facts.replaceChildren(
      ...facts.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
    );
    drawn(this.energy, energyOfMatrix(matrix));
  }

  private askRows(): void {
    const { shown } = this;
    if (!shown || shown.matrix.gaussian.length === 0) {
      this.note.textContent = shown ? "There is no fit: the weights are all zero, or some are not finite." : "";
      return;
    }
    const row = this.row.value === "" ? null : Number(this.row.value);
    this.note.textContent = "Reading rows …";
    shown.model.session
      .ask("rows", {
        matrix: shown.matrix.name,
        settings: shown.model.settings,
        gaussians: Number(this.gaussians.value),
        row,
      })
      .then(
        (fits) => {
          if (this.shown?.matrix.name === shown.matrix.name) this.fillRows(fits);
        },
        (error: Error) => {
          if (this.shown?.matrix.name === shown.matrix.name) this.note.textContent = error.message;
        },
      );
  }

  private fillRows({ read, rows, best, median, worst, chosen }: RowFits): void {
    this.note.textContent =
      read < rows
        ? `Best, middle and worst of the first ${count(read)} of ${count(rows)} rows.`
        : `Best, middle and worst of all ${count(rows)} rows.`;
    drawn(this.rowFigures.best, rowChart("Best", best));
    drawn(this.rowFigures.median, rowChart("Middle", median));
    drawn(this.rowFigures.worst, rowChart("Worst", worst));
    this.rowFigures.chosen.element.hidden = chosen === null;
    if (chosen) drawn(this.rowFigures.chosen, rowChart("Chosen", chosen));
  }

  private async askSpread(): Promise<void> {
    const { shown } = this;
    if (!shown) return;
    this.spreadNote.textContent = "Reading weights …";
    let note = "";
    try {
      const { settings, session } = shown.model;
      const found = await session.ask("spread", { matrix: shown.matrix.name, settings });
      if (this.shown?.matrix.name === shown.matrix.name) drawn(this.spread, spreadChart(found));
    } catch (error) {
      note = (error as Error).message;
    }
    if (this.shown?.matrix.name === shown.matrix.name) this.spreadNote.textContent = note;
  }

  private async askSingular(): Promise<void> {
    const { shown } = this;
    if (!shown) return;
    this.singularNote.textContent = "";
    try {
      const { name, rows, columns, spectrum } = shown.matrix;
      const found = await shown.model.session.ask("singular", {
        matrix: name,
        settings: shown.model.settings,
        // Where the report counts the signal, all of them: the noise's curve and its edge stand among them.
        count: spectrum ? Math.min(rows, columns) : SINGULAR,
      });
      if (this.shown?.matrix.name !== name) return;
      const whole = spectrum && { ...shown.matrix, spectrum: { ...spectrum, singularValues: [...found.values] } };
      drawn(this.singular, (whole && spectrumOfMatrix(whole)) || singularChart(found));
    } catch (error) {
      if (this.shown?.matrix.name === shown.matrix.name) this.singularNote.textContent = (error as Error).message;
    }
  }
}
