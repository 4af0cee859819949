import { compareSection } from "../../report/compare/html.js";
import { notesOf } from "../../report/compare/table.js";
import type { CompareReport } from "../../types.js";
import type { Comparison } from "../comparison.js";
import { make, toNode } from "../dom.js";
import { ErrorCard } from "../error-card.js";
import { explain } from "../remedy.js";

/** Rows of the table of matrices: those that changed most come first where there are more. */
const MOST = 400;

/** What changed, in the words and tables of `compare`; above them what does not fit together. */
export class ChangeView {
  private readonly card = new ErrorCard();
  private readonly doing = make("p", { className: "note", attributes: { role: "status" } });
  private readonly warning = make("p", { className: "warning", hidden: true });
  private readonly report = make("div", { className: "change" });
  readonly element = make("div", {}, this.card.element, this.doing, this.warning, this.report);
  private shown: CompareReport | null = null;

  update(comparison: Comparison | null): void {
    const { report = null, error = null, progress = null } = comparison ?? {};
    this.card.show(error && explain(error, null));
    this.doing.hidden = comparison === null || report !== null || error !== null;
    this.doing.textContent =
      progress && progress.total > 0
        ? `What changed: ${Math.floor((progress.done / progress.total) * 100)} %`
        : comparison?.waits
          ? "What changed: waits for other work of this page …"
          : "What changed: reading both …";
    if (report === this.shown) return;
    this.shown = report;
    const left = report ? notesOf(report) : [];
    this.warning.hidden = left.length === 0;
    this.warning.textContent = left.length === 0 ? "" : `Not all of it fits together: ${left.join("; ")}.`;
    this.report.replaceChildren(...(report ? [toNode(compareSection(most(report)))] : []));
  }
}

function most(report: CompareReport): CompareReport {
  if (report.matrices.length <= MOST) return report;
  const matrices = [...report.matrices]
    .sort((a, b) => (b.relativeChange ?? Infinity) - (a.relativeChange ?? Infinity))
    .slice(0, MOST);
  return { ...report, matrices };
}
