import { printable } from "../../base/printable.js";
import { count } from "../../report/html/numbers.js";
import { transitionTable } from "../../report/html/paper.js";
import { paperTable } from "../../report/html/tables.js";
import { participationByVocabulary } from "../../report/html/transition-chart.js";
import { jsonText } from "../../report/json.js";
import { make, save, toNode } from "../dom.js";
import { Figure } from "../figure.js";
import type { Requests } from "../messages.js";
import { Session } from "../session.js";

const VOCABULARIES = [250, 500, 1000, 2000, 4000, 10_000];
const SHUFFLES = 5;

/**
 * The transition matrices of a text: participation ratios against vocabulary, beside its own shuffles and the published
 * table.
 */
export class TextView {
  private readonly bar = make("progress", { max: 1, value: 0, attributes: { "aria-label": "Progress" } });
  private readonly doing = make("p", { className: "note", attributes: { role: "status" } });
  private readonly error = make("p", { className: "error", attributes: { role: "alert" } });
  private readonly table = make("div");
  private readonly json = make("button", { type: "button", disabled: true, on: { click: () => this.save() } }, "JSON");
  private readonly figures = [new Figure(undefined, 330, "h2"), new Figure(undefined, 330, "h2")];
  private session: Session | null = null;
  private made: Requests["transitions"]["answer"] | null = null;
  private name = "";

  constructor(
    private readonly section: HTMLElement,
    another: () => void,
  ) {
    section.append(
      make(
        "div",
        { className: "status" },
        this.doing,
        this.bar,
        make(
          "div",
          { className: "acts" },
          make("button", { type: "button", on: { click: () => this.cancel() } }, "Cancel"),
          this.json,
          make("button", { type: "button", className: "quiet", on: { click: another } }, "Another"),
        ),
      ),
      this.error,
      make("div", { className: "figures" }, ...this.figures.map((figure) => figure.element)),
      this.table,
    );
  }

  get isOpen(): boolean {
    return !this.section.hidden;
  }

  open(file: File, seed: number): void {
    this.section.hidden = false;
    this.name = printable(file.name, 120);
    const heading = this.section.querySelector("h1")!;
    heading.textContent = this.name;
    heading.focus({ preventScroll: true });
    this.error.textContent = "";
    this.doing.textContent = "Reading words …";
    this.bar.value = 0;
    this.show({ transition: [], counts: [] });
    const session = (this.session = new Session({
      counted: (done, total) => {
        this.bar.value = total > 0 ? done / total : 0;
      },
    }));
    session.ask("transitions", { file, vocabulary: VOCABULARIES, seed, shuffles: SHUFFLES }).then(
      (made) => {
        this.made = made;
        this.bar.value = 1;
        this.json.disabled = false;
        this.doing.textContent =
          `Done: ${count(made.transition[0]?.tokens ?? 0)} words, ${count(made.transition.at(-1)?.pairs ?? 0)} pairs ` +
          "of the largest vocabulary";
        this.show(made);
      },
      (error: Error) => {
        if (error.name !== "AbortError") this.error.textContent = error.message;
        this.doing.textContent = error.name === "AbortError" ? "Cancelled" : "";
      },
    );
  }

  close(): void {
    this.section.hidden = true;
    this.session?.close();
    this.session = this.made = null;
    this.json.disabled = true;
  }

  private cancel(): void {
    if (this.made === null) this.session?.cancel();
  }

  private show({ transition, counts }: Requests["transitions"]["answer"]): void {
    // A vocabulary above the text's own words is all of them: shown once.
    const once = transition.map(
      (report, i) => transition.findIndex((other) => other.vocabulary === report.vocabulary) === i,
    );
    const kept = transition.filter((_, i) => once[i]);
    const keptCounts = counts.filter((_, i) => once[i]);
    this.figures[0].update(participationByVocabulary(kept, "antisymmetric"));
    this.figures[1].update(participationByVocabulary(keptCounts, "symmetric"));
    this.table.replaceChildren(toNode(paperTable(transitionTable(kept, keptCounts, this.name))));
  }

  private save(): void {
    if (this.made)
      save(
        `${this.name.replace(/[^\w.-]+/g, "_")}.json`,
        "application/json",
        jsonText([...this.made.transition, ...this.made.counts]),
      );
  }
}
