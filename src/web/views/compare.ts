import { printable } from "../../base/printable.js";
import { figure, share } from "../../report/html/numbers.js";
import { roleName } from "../../report/html/roles.js";
import { layerNorms } from "../../report/html/views.js";
import type { MatrixReport } from "../../types.js";
import type { Comparison } from "../comparison.js";
import { make, throttled } from "../dom.js";
import { drawSoon } from "../draw-queue.js";
import { Figure } from "../figure.js";
import { type PairFigure, pairChart } from "../matrix-charts.js";
import type { Model } from "../model.js";
import { type Pair, pairsOf } from "../pairs.js";
import { tableSheet } from "../sheet.js";
import { VirtualTable } from "../table.js";
import type { TableColumn } from "../table-column.js";
import { AdapterView } from "./adapter.js";
import { ChangeView } from "./change.js";

const EVERY = 600;

/** Two checkpoints side by side: before and after training, full and quantised. */
export class CompareView {
  readonly element: HTMLElement;
  private readonly note = make("p", { className: "note", attributes: { role: "status" } });
  private readonly results = make("div", { hidden: true });
  private readonly figures: Figure[];
  private readonly table: VirtualTable<Pair>;
  private pairs: Pair[] = [];
  private a: Model | null = null;
  private b: Model | null = null;
  private k = 0;
  private readonly change = new ChangeView();
  private readonly adapter = new AdapterView();
  private readonly soon = throttled(() => this.draw(), EVERY);

  /** `chooser` is the form that names the second checkpoint. */
  constructor(chooser: HTMLElement, open: (matrix: string) => void) {
    const pick = (pair: Pair | undefined): void => {
      if (pair) open(pair.a.name);
    };
    this.figures = Array.from({ length: 4 }, () => new Figure((key) => pick(this.pairs[key]), undefined, "h2"));
    this.table = new VirtualTable<Pair>("Pairs of matrices", "pair-row", { open: pick, sorted: () => {} });
    this.results.append(
      make("div", { className: "figures" }, ...this.figures.map((one) => one.element)),
      this.table.element,
      tableSheet("Both checkpoints", this.table).element,
    );
    this.element = make("div", {}, chooser, this.change.element, this.adapter.element, this.note, this.results);
  }

  update(a: Model, b: Model | null, comparison: Comparison | null, k: number): void {
    this.change.update(comparison);
    this.adapter.update(b && comparison?.report ? [a, b] : null);
    const fresh = a !== this.a || b !== this.b || k !== this.k || (a.report !== null && b?.report !== null);
    [this.a, this.b, this.k] = [a, b, k];
    if (fresh) this.draw();
    else this.soon();
  }

  /** Forgets files that were made of the two. */
  close(): void {
    this.adapter.update(null);
  }

  private draw(): void {
    const { a, b, k } = this;
    this.results.hidden = b === null;
    if (!a || !b) {
      this.note.textContent =
        "Add a second checkpoint: another state of the same model, or the same weights quantised. Two files dropped " +
        "together open here.";
      return;
    }
    const { pairs, onlyA, onlyB } = pairsOf(a.matrices, b.matrices);
    const names: [string, string] = [printable(a.name, 40), printable(b.name, 40)];
    this.pairs = pairs;
    this.note.textContent =
      b.error?.message ??
      `${pairs.length} pairs of ${names[0]} and ${names[1]}; ${onlyA} and ${onlyB} matrices have no ` +
        `partner${a.busy || b.busy ? " yet" : ""}.`;
    pairFigures(k).forEach((asked, i) =>
      drawSoon(this.figures[i], () => this.figures[i].update(pairChart(asked, pairs, names))),
    );
    const [first, second] = [a, b].map(({ overview }) => overview?.norms ?? layerNorms([], null).series[0]);
    this.figures[3].update({
      ...layerNorms([], null),
      title: "Layer norms, both",
      series: [
        { ...first, name: names[0] },
        { ...second, name: names[1], colour: "c4", mark: "dashes-dots", points: second.points },
      ],
    });
    drawSoon(this.table, () => {
      this.table.setColumns(columnsFor(k));
      this.table.setRows(pairs, () => true);
    });
  }
}

/** What is drawn of each pair: the first against the second. */
function pairFigures(k: number): PairFigure[] {
  const fit = (matrix: MatrixReport): MatrixReport["gaussian"][number] | undefined => matrix.gaussian[k];
  return [
    { title: "Fit, both", label: "fit", of: (matrix) => fit(matrix)?.energy, scale: "linear" },
    {
      title: "Participation ratio, both",
      label: "PR",
      of: (matrix) => matrix.participation?.value,
      scale: "log",
    },
    {
      title: "Amplitude PR, both",
      label: "amplitude PR",
      of: (matrix) => fit(matrix)?.amplitudeParticipationRatio,
      scale: "linear",
    },
  ];
}

function columnsFor(k: number): TableColumn<Pair>[] {
  const figures: [
    key: string,
    title: string,
    of: (matrix: MatrixReport) => number | null | undefined,
    write: (value: number | null) => string,
  ][] = [
    ["norm", "Norm", (matrix) => matrix.norms.norm, (value) => figure(value, 4)],
    ["participation", "PR", (matrix) => matrix.participation?.value, figure],
    ["stableRank", "Stable rank", (matrix) => matrix.participation?.stableRank, figure],
    ["energy", "Fit", (matrix) => matrix.gaussian[k]?.energy, share],
    ["amplitude", "Amplitude PR", (matrix) => matrix.gaussian[k]?.amplitudeParticipationRatio, figure],
  ];
  const word = (key: string, title: string, width: number, of: (pair: Pair) => string): TableColumn<Pair> => ({
    key,
    title,
    about: title,
    numeric: false,
    width,
    value: of,
    text: of,
  });
  return [
    word("name", "Matrix", 300, ({ a }) => printable(a.name)),
    word("role", "Role", 130, ({ a }) => roleName(a.role)),
    word("types", "Types", 110, ({ a, b }) => (a.dtype === b.dtype ? a.dtype : `${a.dtype} → ${b.dtype}`)),
    ...figures.flatMap(([key, title, of, write]) => {
      const number = (side: "a" | "b" | "change", { a, b }: Pair): number | null => {
        const x = of(a) ?? null;
        const y = of(b) ?? null;
        return side === "a" ? x : side === "b" ? y : x === null || y === null || x === 0 ? null : y / x - 1;
      };
      return (["a", "b", "change"] as const).map(
        (side): TableColumn<Pair> => ({
          key: `${key}-${side}`,
          title: side === "a" ? title : side === "b" ? "second" : "change",
          about:
            side === "change"
              ? `${title}: second over first, less one`
              : `${title} of the ${side === "a" ? "first" : "second"}`,
          numeric: true,
          width: side === "a" ? 116 : 92,
          value: (pair) => number(side, pair),
          text: (pair) => {
            const value = number(side, pair);
            return side === "change"
              ? value === null
                ? "–"
                : `${value >= 0 ? "+" : "−"}${(Math.abs(value) * 100).toFixed(Math.abs(value) < 0.1 ? 2 : 1)} %`
              : write(value);
          },
        }),
      );
    }),
  ];
}
