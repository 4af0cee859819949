import { signalHeatTable } from "../../report/html/heat.js";
import { count } from "../../report/html/numbers.js";
import { compressionTable } from "../../report/html/tables.js";
import { make, toNode } from "../dom.js";
import { drawSoon } from "../draw-queue.js";
import { Figure } from "../figure.js";
import type { Place } from "../link.js";
import { type Measured, withMeasured } from "../measured.js";
import type { Overview } from "../messages.js";
import type { Model } from "../model.js";

/** Facts that are known from the header; the others wait for all matrices. */
const OF_THE_HEADER = new Set(["Parameters", "Format", "Size"]);
/** Matrices that are done, and of how many. */
const soFar = ({ matrices, planned }: Model): string =>
  `${count(matrices.length)}${planned === null ? "" : ` of ${count(planned)}`} so far`;

/**
 * The first tab: facts of the checkpoint, what Gaussians keep of it, charts over depth; drawn while matrices arrive.
 */
export class OverviewView {
  readonly element: HTMLElement;
  readonly figures: Figure[];
  private readonly facts = make("dl", { className: "facts" });
  private readonly compression = make("div", { className: "compression" });
  private readonly heat = make("div");
  private model: Model | null = null;
  private drawn: Overview | null = null;
  /** What was measured of smaller files of a checkpoint; shown where that one is open. */
  measured: Measured | null = null;
  private readonly said = make("p", { className: "note", hidden: true, attributes: { role: "status" } });

  constructor(change: (part: Partial<Place>) => void) {
    this.figures = Array.from(
      { length: 5 },
      () =>
        new Figure(
          (key) => {
            const matrix = this.model?.at(key);
            if (matrix) change({ view: "matrices", matrix: matrix.name });
          },
          undefined,
          "h2",
        ),
    );
    this.element = make(
      "div",
      {},
      this.facts,
      this.said,
      make("div", { className: "figures" }, ...this.figures.map((one) => one.element), this.compression),
      this.heat,
    );
  }

  update(model: Model): void {
    this.model = model;
    const { overview } = model;
    if (overview === null) {
      this.facts.replaceChildren();
      return;
    }
    const known = overview.facts.map(([term, value]): [string, string] => [
      term,
      overview.ended || OF_THE_HEADER.has(term) ? value : term === "Matrices" ? soFar(model) : "…",
    ]);
    const { tiles, said } = withMeasured(known, this.measured, model.header);
    this.facts.replaceChildren(
      ...tiles.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
    );
    this.said.textContent = said;
    this.said.hidden = said === "";
    if (overview === this.drawn) return;
    this.drawn = overview;
    overview.charts.forEach((chart, i) => this.figures[i].update(chart, (draw) => drawSoon(this.figures[i], draw)));
    this.compression.replaceChildren(toNode(compressionTable(overview.summary)));
    const heat = signalHeatTable(overview.heat);
    this.heat.replaceChildren(...(heat ? [toNode(heat)] : []));
  }
}
