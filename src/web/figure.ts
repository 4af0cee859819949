import { printable } from "../base/printable.js";
import { draw } from "../report/html/chart.js";
import type { Chart, Target } from "../report/html/chart-types.js";
import { markupText } from "../report/html/markup.js";
import { figure as written } from "../report/html/numbers.js";
import { fileStyle } from "../report/html/style.js";
import { scrolling } from "../report/html/tables.js";
import { make, save, toNode } from "./dom.js";

const NEAR = 28;
const TABLE_ROWS = 500;

/**
 * A chart with its title, read by pointer or arrow keys, as a table, and as an SVG file. Its room is taken from the
 * start: nothing moves when it is drawn.
 */
export class Figure {
  readonly element: HTMLElement;
  private readonly title: HTMLElement;
  private readonly about = make("p", { className: "note" });
  private readonly stage = make("div", {
    className: "stage",
    tabIndex: 0,
    attributes: { role: "group", "aria-roledescription": "chart, arrow keys read its points" },
  });
  private readonly tip = make("div", { className: "tip", hidden: true, attributes: { role: "status" } });
  private readonly details: HTMLDetailsElement;
  private chart: Chart | null = null;
  private targets: Target[] = [];
  private at = -1;
  private width = 0;

  /** `open` is called with the `key` of a point that was chosen. */
  constructor(
    private readonly open: (key: number) => void = () => {},
    private readonly height = 330,
    heading: "h2" | "h3" = "h3",
  ) {
    this.title = make(heading);
    this.details = make("details", { on: { toggle: () => this.fillTable() } }, make("summary", {}, "As a table"));
    this.element = make(
      "figure",
      {},
      make("figcaption", {}, this.title, this.about),
      this.stage,
      make(
        "div",
        { className: "tools" },
        this.details,
        make(
          "button",
          { type: "button", className: "quiet", on: { click: () => this.download() } },
          "SVG",
          make("span", { className: "hidden" }, " file of this chart"),
        ),
      ),
    );
    this.stage.style.height = `${height}px`;
    this.stage.addEventListener("pointermove", (event) => this.point(event));
    this.stage.addEventListener("pointerleave", () => this.show(-1));
    this.stage.addEventListener("blur", () => this.show(-1));
    this.stage.addEventListener("click", () => this.choose());
    this.stage.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => {
      if (Math.round(this.stage.clientWidth) !== this.width) this.redraw();
    }).observe(this.stage);
  }

  update(chart: Chart): void {
    this.chart = chart;
    this.title.textContent = chart.title;
    this.about.textContent = chart.description;
    this.stage.setAttribute("aria-label", chart.title);
    this.redraw();
    if (this.details.open) this.fillTable();
  }

  svgFile(): { name: string; text: string } | null {
    if (!this.chart) return null;
    return {
      name: `${this.chart.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.svg`,
      text: markupText(draw(this.chart, { width: 760, height: 420, style: fileStyle }).svg),
    };
  }

  private redraw(): void {
    const width = Math.round(this.stage.clientWidth);
    if (!this.chart || width === 0) return;
    this.width = width;
    const { svg, targets } = draw(this.chart, { width: Math.max(260, width), height: this.height });
    this.targets = targets.filter(({ point }) => point.label !== undefined);
    this.at = -1;
    this.tip.hidden = true;
    this.stage.replaceChildren(toNode(svg), this.tip);
  }

  private point(event: PointerEvent): void {
    const box = this.stage.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    let best = -1;
    let least = NEAR ** 2;
    this.targets.forEach((target, i) => {
      const distance = (target.x - x) ** 2 + (target.y - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    });
    this.show(best);
  }

  private show(at: number): void {
    this.at = at;
    const target = this.targets[at];
    this.tip.hidden = target === undefined;
    this.stage.classList.toggle("pointing", target?.point.key !== undefined);
    if (!target || !this.chart) return;
    const { point, series } = target;
    const { x, y } = this.chart;
    this.tip.replaceChildren(
      make("b", {}, printable(point.label ?? "", 80)),
      make("span", {}, `${series === "" ? "" : `${series}: `}${y.label} ${written(point.y, 4)}`),
      make("span", {}, `${x.label} ${written(point.x, 4)}`),
    );
    const wide = Math.min(260, this.width - 8);
    this.tip.style.maxWidth = `${wide}px`;
    this.tip.style.left = `${Math.max(4, Math.min(this.width - wide - 4, target.x - wide / 2))}px`;
    this.tip.style.top = `${target.y > this.height / 2 ? target.y - 78 : target.y + 14}px`;
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined && this.targets.length > 0)
      this.show((this.at + step + this.targets.length) % this.targets.length);
    else if (event.key === "Enter") this.choose();
    else if (event.key === "Escape") this.show(-1);
    else return;
    event.preventDefault();
  }

  private choose(): void {
    const key = this.targets[this.at]?.point.key;
    if (key !== undefined) this.open(key);
  }

  private fillTable(): void {
    this.details.querySelector(".scroll")?.remove();
    if (!this.details.open || !this.chart) return;
    const { x, y, series, title } = this.chart;
    const rows = series
      .filter((one) => one.mark !== "band")
      .flatMap(({ name, points }) =>
        points.map((point) => ({
          cells: [printable(point.label ?? name), name, written(point.x, 5), written(point.y, 5)],
        })),
      )
      .slice(0, TABLE_ROWS);
    this.details.append(toNode(scrolling(title, ["Point", "Series", x.label, y.label], rows, 2)));
  }

  private download(): void {
    const file = this.svgFile();
    if (file) save(file.name, "image/svg+xml", file.text);
  }
}
