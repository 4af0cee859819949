import { draw } from "../report/html/chart.js";
import type { Chart, Target } from "../report/html/chart-types.js";
import { h, markupText } from "../report/html/markup.js";
import { colourNames, fileStyle } from "../report/html/style.js";
import { chartTable } from "./chart-table.js";
import { make, save, toNode, whenResized } from "./dom.js";
import { drawnForPaper, PAPER } from "./paper-charts.js";
import { pngOf } from "./picture.js";
import { Tip } from "./tip.js";

const NEAR = 28;
/** Around a mark, px. */
const RING = 7;
/** A chart's size in a file of its own. */
const FILE = { width: 760, height: 420 };

/** A file of a chart. */
interface Saved<Content = string> {
  name: string;
  type: string;
  text: Content;
}

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
  private readonly tip = new Tip();
  private readonly details: HTMLDetailsElement;
  private chart: Chart | null = null;
  private targets: Target[] = [];
  private chosen: number | null = null;
  /** Names of series that the legend has turned off: of whatever chart is shown here. */
  private readonly hidden = new Set<string>();
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
        this.saving("SVG", () => this.svgFile()),
        this.saving("PNG", () => this.pngFile()),
      ),
    );
    this.stage.style.height = `${height}px`;
    this.stage.addEventListener("pointermove", (event) => this.point(event));
    this.stage.addEventListener("pointerleave", () => this.show(-1));
    this.stage.addEventListener("blur", () => this.show(-1));
    this.stage.addEventListener("click", (event) => this.toggle(event.target) || this.choose());
    this.stage.addEventListener("keydown", (event) => this.key(event));
    whenResized(this.stage, () => {
      if (Math.round(this.stage.clientWidth) !== this.width) this.redraw();
    });
    drawnForPaper(this);
  }

  /** As wide as it is on paper, so that its letters are not smaller there than text. */
  drawForPaper(): void {
    if (this.stage.clientWidth === 0) return;
    this.redraw(this.element.closest(".figures") ? PAPER.half : PAPER.whole);
  }

  /** @param when calls what it is given when the chart may be drawn; at once, unless given */
  update(chart: Chart, when: (draw: () => void) => void = (draw) => draw()): void {
    this.chart = chart;
    this.title.textContent = chart.title;
    this.about.textContent = chart.description;
    this.stage.setAttribute("aria-label", chart.title);
    when(() => {
      this.redraw();
      if (this.details.open) this.fillTable();
    });
  }

  /** Rings the points of what is open elsewhere, by their `key`; null: of nothing. */
  ring(key: number | null): void {
    if (key === this.chosen) return;
    this.chosen = key;
    this.drawRings();
  }

  /** The chart by itself, light, in the colours that the page has set. */
  svgFile(): Saved | null {
    const { chart } = this;
    if (!chart) return null;
    const shown = { ...chart, series: chart.series.filter(({ name }) => !this.hidden.has(name)) };
    const text = markupText(draw(shown, { ...FILE, style: fileStyle(chart, this.colours()) }).svg);
    return { name: `${chart.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.svg`, type: "image/svg+xml", text };
  }

  /** The same as a picture, two dots a unit. @throws Error where the page's policy forbids `img-src data:` */
  async pngFile(): Promise<Saved<Blob> | null> {
    const file = this.svgFile();
    if (!file) return null;
    const text = await pngOf(file.text, FILE);
    return { name: file.name.replace(/svg$/, "png"), type: "image/png", text };
  }

  /** What the custom properties come to in a light scheme. */
  private colours(): (name: string) => string {
    const probe = make("span", { hidden: true });
    probe.style.colorScheme = "light";
    this.stage.append(probe);
    const found = new Map(
      colourNames.map((name) => {
        probe.style.color = `var(--ws-${name})`;
        return [name, getComputedStyle(probe).color];
      }),
    );
    probe.remove();
    return (name) => found.get(name) ?? "";
  }

  private saving(
    kind: "SVG" | "PNG",
    file: () => Saved<BlobPart> | null | Promise<Saved<BlobPart> | null>,
  ): HTMLElement {
    const click = async (): Promise<void> => {
      try {
        const made = await file();
        if (made) save(made.name, made.type, made.text);
      } catch (error) {
        this.about.textContent = String(error);
      }
    };
    return make(
      "button",
      { type: "button", className: "quiet", on: { click: () => void click() } },
      kind,
      make("span", { className: "hidden" }, " file of this chart"),
    );
  }

  /** As wide as its place on the screen, unless a width is given. */
  redraw(width = Math.round(this.stage.clientWidth)): void {
    if (!this.chart || width === 0) return;
    this.width = width;
    const { svg, targets } = draw(this.chart, {
      width: Math.max(260, width),
      height: this.height,
      hidden: this.hidden,
    });
    this.targets = targets.filter(({ point }) => point.label !== undefined);
    this.at = -1;
    this.tip.hide();
    this.stage.replaceChildren(toNode(svg), this.tip.element);
    this.drawRings();
  }

  /** Around the point that pointer or keys are at, and around those that are chosen. */
  private drawRings(): void {
    const svg = this.stage.querySelector("svg");
    for (const ring of this.stage.querySelectorAll(".ring")) ring.remove();
    const ringed = this.targets.filter(
      ({ point }, i) => i === this.at || (this.chosen !== null && point.key === this.chosen),
    );
    svg?.append(...ringed.map(({ x, y }) => toNode(h("circle", { class: "ring", cx: x, cy: y, r: RING }), true)));
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
    if (at === this.at && at === -1) return;
    this.at = at;
    this.drawRings();
    const target = this.targets[at];
    this.stage.classList.toggle("pointing", target?.point.key !== undefined);
    if (target && this.chart) this.tip.show(target, this.chart, this.stage);
    else this.tip.hide();
  }

  /** @returns whether it was an entry of the legend, which turns its series off or on */
  private toggle(target: EventTarget | null): boolean {
    const name = (target as Element).closest<SVGElement>("[data-series]")?.dataset.series;
    if (name === undefined) return false;
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.redraw();
    const entries = this.stage.querySelectorAll<SVGElement>("[data-series]");
    [...entries].find((entry) => entry.dataset.series === name)?.focus({ preventScroll: true });
    return true;
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.stage) {
      if ((event.key === "Enter" || event.key === " ") && this.toggle(event.target)) event.preventDefault();
      return;
    }
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
    this.details.append(toNode(chartTable(this.chart)));
  }
}
