import { facts } from "../../report/facts.js";
import { count } from "../../report/html/numbers.js";
import { compressionTable } from "../../report/html/tables.js";
import { overview } from "../../report/html/views.js";
import { make, throttled, toNode } from "../dom.js";
import { Figure } from "../figure.js";
import type { Place } from "../link.js";
import type { Model } from "../model.js";

/** Facts that are known from the header; the others wait for all matrices. */
const OF_THE_HEADER = new Set(["Parameters", "Format", "Size"]);
/** Matrices that are done, and of how many. */
const soFar = ({ matrices, planned }: Model): string =>
  `${count(matrices.length)}${planned === null ? "" : ` of ${count(planned)}`} so far`;

/** While results come, charts follow this often; a frame must stay a frame. */
const EVERY = 600;

/**
 * The first tab: facts of the checkpoint, what Gaussians keep of it, charts over depth; drawn while matrices arrive.
 */
export class OverviewView {
  readonly element: HTMLElement;
  readonly figures: Figure[];
  private readonly facts = make("dl", { className: "facts" });
  private readonly compression = make("div", { className: "compression" });
  private model: Model | null = null;
  private k = 0;
  private drawn: readonly unknown[] = [];
  private readonly soon = throttled(() => this.draw(), EVERY);

  constructor(change: (part: Partial<Place>) => void) {
    this.figures = Array.from(
      { length: 5 },
      () =>
        new Figure(
          (key) => {
            const matrix = this.model?.matrices[key];
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
      make("div", { className: "figures" }, ...this.figures.map((one) => one.element), this.compression),
    );
  }

  update(model: Model, { k, matrix }: Place): void {
    const fresh = model !== this.model || k !== this.k || model.report !== null;
    this.model = model;
    this.k = k;
    if (fresh) this.draw();
    else this.soon();
    const open = matrix === "" ? -1 : model.matrices.findIndex(({ name }) => name === matrix);
    for (const figure of this.figures) figure.ring(open < 0 ? null : open);
  }

  private draw(): void {
    const { model } = this;
    const state = [model, this.k, model?.matrices, model?.report];
    if (!model || state.every((value, i) => value === this.drawn[i])) return;
    this.drawn = state;
    const shown = model.shown;
    const { header } = model;
    const source = model.report?.source ?? {
      name: model.name,
      format: header?.format ?? "",
      byteLength: header?.byteLength ?? 0,
      matrices: shown.matrices.length,
    };
    const all = facts(
      {
        source,
        // What is derived from all matrices waits for all.
        matrices: model.report?.matrices ?? [],
        summary: {
          ...shown.summary,
          parameters:
            model.report?.summary.parameters ??
            header?.tensors.reduce((sum, tensor) => sum + tensor.parameters, 0) ??
            0,
        },
      },
      this.k,
    );
    this.facts.replaceChildren(
      ...all.map(([term, value]) =>
        make(
          "div",
          {},
          make("dt", {}, term),
          make(
            "dd",
            {},
            model.report !== null || OF_THE_HEADER.has(term) ? value : term === "Matrices" ? soFar(model) : "…",
          ),
        ),
      ),
    );
    overview(shown, this.k).forEach((chart, i) => this.figures[i].update(chart));
    this.compression.replaceChildren(toNode(compressionTable(shown.summary)));
  }
}
