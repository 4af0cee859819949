import { h, type Markup } from "../../report/html/markup.js";
import { count } from "../../report/html/numbers.js";
import { paperTables } from "../../report/html/paper.js";
import { layerTable, paperTable } from "../../report/html/tables.js";
import type { Report } from "../../types.js";
import { make, toNode } from "../dom.js";
import type { Model } from "../model.js";

/** Layers in the table; the rows of thousands would be felt. */
const MOST = 200;

const layersOf = (layers: Report["layers"]): Markup =>
  h(
    "div",
    {},
    layerTable(layers.slice(0, MOST)),
    layers.length > MOST && h("p", { class: "note" }, `and ${count(layers.length - MOST)} more; json has all`),
  );

/** The paper's tables with this model's rows, once there is a report. */
export class PaperView {
  readonly element = make("div", { className: "papers" });
  private report: Report | null = null;

  update(model: Model): void {
    const { report } = model;
    if (report === null) {
      this.report = null;
      this.element.replaceChildren(make("p", { className: "note" }, "The tables come with the last matrix."));
    } else if (report !== this.report) {
      this.report = report;
      this.element.replaceChildren(
        ...paperTables(report).map((table) => toNode(paperTable(table))),
        ...(report.layers.length > 0 ? [toNode(layersOf(report.layers))] : []),
      );
    }
  }
}
