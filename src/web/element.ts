import { layersOf, summarize } from "../analyze/summary.js";
import { printable } from "../base/printable.js";
import { analyze, openCheckpoint } from "../index.js";
import { answerOf, answerSoFar } from "../report/answer.js";
import { columns } from "../report/html/columns.js";
import { chartStyle, palette } from "../report/html/style.js";
import { facts } from "../report/html.js";
import type { AnalyzeOptions, Checkpoint, CheckpointInput, MatrixReport, Report } from "../types.js";
import { make, throttled } from "./dom.js";
import { CHARTS, elementCharts, hostStyle } from "./element-charts.js";
import { Figure } from "./figure.js";
import { headerLine } from "./header.js";
import { VirtualTable } from "./table.js";
import viewsStyle from "./views.css";

/** Milliseconds between two drawings while results come. */
const EVERY = 400;

/**
 * `<weight-scope src="https://…/model.safetensors">`: a checkpoint's figures inside any page. Attributes `src`,
 * `gaussians`, `permutations`, `svd`, `seed`, `include`, `exclude`, `transpose`, `threads`, `worker-url`, `charts`,
 * `table`, `k`; property `source` for files and bytes; events `opened`, `progress`, `report`, `failed`. docs/web.md.
 */
export class WeightScopeElement extends HTMLElement {
  static readonly observedAttributes = [
    "src",
    "gaussians",
    "permutations",
    "svd",
    "seed",
    "include",
    "exclude",
    "transpose",
    "threads",
    "worker-url",
    "charts",
    "table",
    "k",
  ];

  private readonly nameLine = make("b", { attributes: { part: "name" } });
  private readonly aboutLine = make("span", { className: "note", attributes: { role: "status" } });
  private readonly bar = make("progress", {
    max: 1,
    value: 0,
    attributes: { "aria-label": "Progress", part: "progress" },
  });
  private readonly error = make("p", { className: "error", attributes: { role: "alert", part: "error" } });
  private readonly answer = make("p", { className: "answer", attributes: { part: "answer" } });
  private readonly facts = make("dl", { className: "facts small", attributes: { part: "facts" } });
  private readonly figures = CHARTS.map(() => new Figure(() => {}, 300));
  private readonly table = new VirtualTable<MatrixReport>("Matrices", "matrix", {
    open: (matrix) => this.tell("matrix", { matrix }),
    sorted: () => {},
  });
  private given: CheckpointInput | null = null;
  private running = new AbortController();
  private scheduled = false;
  private found: (MatrixReport | undefined)[] = [];
  private checkpoint: Checkpoint | null = null;
  private made: Report | null = null;
  private readonly soon = throttled(() => this.draw(), EVERY);

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(`${palette(":host", "both")}${chartStyle}${viewsStyle}${hostStyle}`);
    root.adoptedStyleSheets = [style];
    const charts = make(
      "div",
      { className: "figures", attributes: { part: "charts" } },
      ...this.figures.map((figure) => figure.element),
    );
    root.append(
      this.answer,
      make("div", { className: "status" }, this.nameLine, this.aboutLine, this.bar),
      this.error,
      this.facts,
      charts,
      this.table.element,
    );
  }

  /** The report, once there is one. */
  get report(): Report | null {
    return this.made;
  }

  /** A file, bytes or any other input in place of `src`. */
  get source(): CheckpointInput | null {
    return this.given;
  }
  set source(input: CheckpointInput | null) {
    this.given = input;
    this.schedule();
  }

  /** @internal */
  connectedCallback(): void {
    this.schedule();
  }

  /** @internal */
  disconnectedCallback(): void {
    this.running.abort(new DOMException("removed from the page", "AbortError"));
  }

  /** @internal */
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return;
    if (name === "charts" || name === "table" || name === "k") this.draw();
    else this.schedule();
  }

  /** Attributes that are set one after the other start one analysis. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (this.isConnected) void this.run();
    });
  }

  private options(): AnalyzeOptions {
    const text = (name: string): string | undefined => this.getAttribute(name) ?? undefined;
    const number = (name: string): number | undefined =>
      this.hasAttribute(name) ? Number(this.getAttribute(name)) : undefined;
    const pattern = (name: string): RegExp | undefined =>
      this.hasAttribute(name) ? new RegExp(this.getAttribute(name)!) : undefined;
    return {
      gaussians: (text("gaussians") ?? "auto,8,d/32,d/8").split(/[\s,]+/).filter((one) => one !== ""),
      permutations: number("permutations"),
      svd: this.hasAttribute("svd"),
      seed: number("seed"),
      include: pattern("include"),
      exclude: pattern("exclude"),
      transpose: /^(auto|none)$/.test(text("transpose") ?? "")
        ? (text("transpose") as "auto" | "none")
        : pattern("transpose"),
      workerUrl: text("worker-url"),
      // One thread would compute on the page's own.
      threads: Math.max(2, number("threads") ?? Math.min(8, navigator.hardwareConcurrency || 2)),
    };
  }

  private async run(): Promise<void> {
    this.running.abort(new DOMException("another source", "AbortError"));
    const { signal } = (this.running = new AbortController());
    const input = this.given ?? this.getAttribute("src");
    this.made = this.checkpoint = null;
    this.found = [];
    this.error.textContent = "";
    this.bar.value = 0;
    this.draw();
    if (input === null || input === "") return;
    let opened: Checkpoint | null = null;
    try {
      const options = this.options();
      opened = await openCheckpoint(typeof input === "string" ? new URL(input, document.baseURI).href : input, {
        signal,
      });
      signal.throwIfAborted();
      this.checkpoint = opened;
      this.draw();
      this.tell("opened", {
        name: opened.name,
        format: opened.format,
        byteLength: opened.byteLength,
        tensors: opened.tensors,
      });
      this.made = await analyze(opened, {
        ...options,
        singularValues: this.wanted().includes("spectrum"),
        signal,
        onProgress: (progress) => {
          this.bar.value = progress.total > 0 ? progress.done / progress.total : 1;
          this.tell("progress", progress);
        },
        onMatrix: (matrix, index) => {
          this.found[index] = matrix;
          this.soon();
        },
      });
      this.bar.value = 1;
      this.draw();
      this.tell("report", { report: this.made });
    } catch (error) {
      if (signal.aborted) return;
      this.error.textContent = error instanceof Error ? printable(error.message, 600) : String(error);
      this.tell("failed", { error });
    } finally {
      await opened?.close();
    }
  }

  private wanted(): string[] {
    return (this.getAttribute("charts") ?? CHARTS.join(" ")).split(/[\s,]+/);
  }

  private draw(): void {
    const { checkpoint, made } = this;
    const matrices = made?.matrices ?? this.found.filter((matrix): matrix is MatrixReport => matrix !== undefined);
    const asked = matrices.find((matrix) => matrix.gaussian.length > 0)?.gaussian.map((fit) => fit.asked) ?? [];
    const k = Math.max(0, asked.indexOf(this.getAttribute("k") ?? ""));
    const layers = made?.layers ?? layersOf(matrices);
    const summary = made?.summary ?? summarize(matrices, layers, asked, 0);
    this.nameLine.textContent = checkpoint ? printable(checkpoint.name, 120) : "";
    this.aboutLine.textContent = checkpoint ? headerLine(checkpoint) : "\u00a0";
    this.answer.textContent = made
      ? answerOf(made)
      : matrices.length > 0
        ? answerSoFar({ matrices, summary: { ...summary, failed: [] } }, false)
        : "";
    const lines = made ? facts(made) : [];
    this.facts.replaceChildren(
      ...lines.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
    );
    const wanted = this.wanted();
    const charts = elementCharts({ matrices, layers, summary: { ...summary, failed: [] } }, k);
    this.figures.forEach((figure, i) => {
      const chart = charts[i];
      figure.element.hidden = !wanted.includes(CHARTS[i]) || chart === null;
      if (chart && !figure.element.hidden) figure.update(chart);
    });
    this.table.element.hidden = !this.hasAttribute("table");
    if (this.table.element.hidden) return;
    this.table.setColumns(
      columns.map((column) => ({
        ...column,
        value: (matrix: MatrixReport) => column.value(matrix, k),
        text: (matrix: MatrixReport) => column.text(matrix, k),
      })),
    );
    this.table.setRows(matrices, () => true);
  }

  private tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("weight-scope")) customElements.define("weight-scope", WeightScopeElement);

declare global {
  interface HTMLElementTagNameMap {
    "weight-scope": WeightScopeElement;
  }
}
