import { printable } from "../base/printable.js";
import { draw } from "../report/html/chart.js";
import type { Chart, Target } from "../report/html/chart-types.js";
import { markupText } from "../report/html/markup.js";
import { figure as written } from "../report/html/numbers.js";
import { colourNames, fileStyle } from "../report/html/style.js";
import { scrolling } from "../report/html/tables.js";
import { make, save, toNode } from "./dom.js";
import { pngOf } from "./picture.js";

const NEAR = 28;
const TABLE_ROWS = 500;
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
        this.saving("SVG", () => this.svgFile()),
        this.saving("PNG", () => this.pngFile()),
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

  /** The chart by itself, light, in the colours that the page has set. */
  svgFile(): Saved | null {
    const { chart } = this;
    if (!chart) return null;
    const text = markupText(draw(chart, { ...FILE, style: fileStyle(chart, this.colours()) }).svg);
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
}
