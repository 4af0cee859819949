import { printable } from "../../base/printable.js";
import { signalHeatTable } from "../../report/html/heat.js";
import { count } from "../../report/html/numbers.js";
import { compressionTable } from "../../report/html/tables.js";
import { make, toNode } from "../dom.js";
import { drawSoon } from "../draw-queue.js";
import { Figure } from "../figure.js";
import type { Place } from "../link.js";
import { holdsAt, isOf, type Measured } from "../measured.js";
import type { Overview } from "../messages.js";
import type { Model } from "../model.js";

/** Facts that are known from the header; the others wait for all matrices. */
const OF_THE_HEADER = new Set(["Parameters", "Format", "Size"]);
/** Tiles of the signal. */
const SIGNAL_TILES = 4;
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

  /** At which bits the function holds, behind what the signal holds: only where it was measured. */
  private tell({ header }: Model): void {
    const { measured } = this;
    this.said.hidden = measured === null || header === null;
    if (measured === null || header === null) return;
    const found = isOf(measured, header) ? holdsAt(measured) : null;
    this.said.textContent =
      found?.about ??
      (isOf(measured, header)
        ? `${printable(measured.file, 100)} has no value of the checkpoint as it is beside one of a smaller file.`
        : `${printable(measured.file, 100)} was measured of ${printable(measured.report.source.name, 100)}, ` +
          "which is another file than this one.");
    if (!found) return;
    const tile = make("div", {}, make("dt", {}, "Function holds at"), make("dd", {}, found.value));
    this.facts.children[SIGNAL_TILES - 1]?.after(tile);
  }

  update(model: Model): void {
    this.model = model;
    const { overview } = model;
    if (overview === null) {
      this.facts.replaceChildren();
      return;
    }
    this.facts.replaceChildren(
      ...overview.facts.map(([term, value]) =>
        make(
          "div",
          {},
          make("dt", {}, term),
          make("dd", {}, overview.ended || OF_THE_HEADER.has(term) ? value : term === "Matrices" ? soFar(model) : "…"),
        ),
      ),
    );
    this.tell(model);
    if (overview === this.drawn) return;
    this.drawn = overview;
    overview.charts.forEach((chart, i) => this.figures[i].update(chart, (draw) => drawSoon(this.figures[i], draw)));
    this.compression.replaceChildren(toNode(compressionTable(overview.summary)));
    const heat = signalHeatTable(overview.heat);
    this.heat.replaceChildren(...(heat ? [toNode(heat)] : []));
  }
}
