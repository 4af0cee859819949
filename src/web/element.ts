import { printable } from "../base/printable.js";
import type { SweepReport } from "../compress/sweep.js";
import type { CheckpointInput, MatrixReport, Report } from "../types.js";
import { throttled, whenNear } from "./dom.js";
import { ATTRIBUTES, OF_THE_VIEW, type Reflected, reflect, upgrade } from "./element-attributes.js";
import { reportFor, type Steps } from "./element-report.js";
import { ElementSweep } from "./element-sweep.js";
import type { WeightScopeEvents, WeightScopeFile, WeightScopeState } from "./element-types.js";
import { ElementView, type Shown } from "./element-view.js";
import { Gate } from "./gate.js";

export type { SweepReport } from "../compress/sweep.js";
export type { WeightScopeAttributes, WeightScopeEvents, WeightScopeFile, WeightScopeState } from "./element-types.js";

/** Milliseconds between two drawings while results come. */
const EVERY = 400;

/** On a server there are no elements: the module can be imported there, and defines none. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** Properties that reflect attributes, and events by their names. */
export interface WeightScopeElement extends Reflected {
  addEventListener<K extends keyof WeightScopeEvents>(
    type: K,
    listener: (this: WeightScopeElement, event: WeightScopeEvents[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(...given: Parameters<HTMLElement["addEventListener"]>): void;
}

/**
 * `<weight-scope src="https://…/model.safetensors">`: a checkpoint's figures inside any page; with `report-src`, or the
 * property `report`, those of a saved report, and no weights are read. docs/web.md.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `reflect` defines what the interface declares.
export class WeightScopeElement extends Base {
  static readonly observedAttributes: readonly string[] = Object.values(ATTRIBUTES).map(({ name }) => name);

  private view: ElementView | null = null;
  private given: CheckpointInput | null = null;
  private givenReport: Report | null = null;
  private running: AbortController | null = null;
  private gate = new Gate();
  private scheduled = false;
  private forgetSight = (): void => {};
  private found: (MatrixReport | undefined)[] = [];
  private checkpoint: Shown["checkpoint"] = null;
  private made: Report | null = null;
  private at: WeightScopeState = "empty";
  private error = "";
  private readonly soon = throttled(() => this.draw(), EVERY);
  private readonly measured = new ElementSweep(() => this.draw());
  private readonly steps: Steps = {
    opened: ({ name, format, byteLength, tensors }) => {
      this.checkpoint = { name, format, byteLength, tensors };
      this.draw();
      this.tell("opened", { name, format, byteLength, tensors });
    },
    progress: (progress) => {
      this.view?.progress(progress.total > 0 ? progress.done / progress.total : 1);
      this.tell("progress", progress);
    },
    matrix: (matrix, index) => {
      this.found[index] = matrix;
      this.soon();
    },
  };

  /** The report, once there is one; a report that is set is shown, and nothing is read for it. */
  get report(): Report | null {
    return this.made;
  }
  set report(report: Report | null) {
    this.givenReport = report;
    this.schedule();
  }

  /** A file, bytes or any other input in place of `src`. */
  get source(): CheckpointInput | null {
    return this.given;
  }
  set source(input: CheckpointInput | null) {
    this.given = input;
    this.schedule();
  }

  /** What `weightscope compress --sweep … --evaluate … --format json` printed, set or read from `sweep-src`. */
  get sweep(): SweepReport | null {
    return this.measured.report;
  }
  set sweep(report: SweepReport | null) {
    this.measured.report = report;
  }

  /** Where it stands. */
  get state(): WeightScopeState {
    return this.at;
  }

  /** Asks for nothing more; what was read is still worked on. */
  pause(): void {
    if (this.at !== "loading") return;
    this.gate.pause();
    this.become("paused");
  }

  /** Goes on after `pause()`. */
  resume(): void {
    if (this.at !== "paused") return;
    this.gate.resume();
    this.become("loading");
  }

  /** Ends the work; what was done stays on the screen and is said to be a part. */
  cancel(): void {
    if (!this.running) return;
    this.stop("cancelled");
    this.become("cancelled");
    this.tell("cancelled", { matrices: this.found.filter((matrix) => matrix !== undefined) });
  }

  /**
   * The report in one of its forms, or a chart by its name in the attribute `charts`. @throws DOMException
   * InvalidStateError where there is no report, RangeError for a chart that is unknown or has nothing to show
   */
  async toBlob(kind: WeightScopeFile = "html", chart?: string): Promise<Blob> {
    if (!this.made) throw new DOMException("there is no report yet", "InvalidStateError");
    return (await import("./element-files.js")).fileOf(kind, this.made, this.view?.figures ?? [], chart);
  }

  /** @internal */
  connectedCallback(): void {
    this.view ??= new ElementView(this.attachShadow({ mode: "open" }), (matrix) => this.tell("matrix", { matrix }));
    this.view.sheet.listen();
    upgrade(this, [...Object.keys(ATTRIBUTES), "source", "report", "sweep"] as (keyof this)[]);
    // Moved in the page: it goes on.
    if (this.at === "empty" || (this.at === "loading" && !this.running)) this.schedule();
    this.draw();
  }

  /** @internal `moveBefore` moves without the other two. */
  connectedMoveCallback(): void {}

  /** @internal */
  disconnectedCallback(): void {
    // A node that is moved is connected again before the task ends.
    setTimeout(() => {
      if (this.isConnected) return;
      this.view?.sheet.forget();
      const busy = this.at === "loading" || this.at === "paused" || this.at === "waiting";
      this.stop("removed from the page");
      if (busy) this.at = "empty";
    });
  }

  /** @internal */
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected || (name === "loading" && this.at !== "waiting")) return;
    if (name === "sweep-src") this.follow();
    else if (OF_THE_VIEW.has(name)) this.draw();
    else this.schedule();
  }

  /** Attributes and properties that are set one after the other start one analysis. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (!this.isConnected) return;
      this.stop("another source");
      this.made = this.checkpoint = null;
      this.found = [];
      this.error = "";
      this.view?.progress(0);
      const something = this.givenReport ?? this.given ?? (this.reportSrc || this.src || null);
      this.become(something === null ? "empty" : this.loading === "lazy" ? "waiting" : "loading");
      if (this.at === "loading") void this.run();
      else if (this.at === "waiting")
        this.forgetSight = whenNear(this, () => {
          this.become("loading");
          void this.run();
        });
    });
  }

  private stop(why: string): void {
    this.forgetSight();
    this.gate.resume();
    this.running?.abort(new DOMException(why, "AbortError"));
    this.running = null;
  }

  private async run(): Promise<void> {
    const { signal } = (this.running = new AbortController());
    this.gate = new Gate();
    try {
      this.follow();
      const made = await reportFor(
        this,
        { report: this.givenReport, source: this.given, gate: this.gate, signal },
        this.steps,
      );
      signal.throwIfAborted();
      this.made = made;
      this.view?.progress(1);
      this.running = null;
      this.become("done");
      this.tell("report", { report: made });
    } catch (error) {
      if (signal.aborted) return;
      this.running = this.made = null;
      this.error = error instanceof Error ? printable(error.message, 600) : String(error);
      this.become("failed");
      this.tell("failed", { error });
    }
  }

  /** A sweep is read once there is something to show it beside. */
  private follow(): void {
    if (this.at !== "empty" && this.at !== "waiting") void this.measured.follow(this.sweepSrc || null);
  }

  private become(state: WeightScopeState): void {
    this.at = state;
    this.draw();
  }

  private draw(): void {
    const { at: state, checkpoint, made: report, error, measured: sweep, charts, table, k } = this;
    const found = this.found.filter((matrix) => matrix !== undefined);
    this.view?.draw({ state, checkpoint, report, found, error, sweep, charts, table, k });
  }

  private tell<K extends keyof WeightScopeEvents>(type: K, detail: WeightScopeEvents[K]["detail"]): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

reflect(WeightScopeElement.prototype);
if (globalThis.customElements && !customElements.get("weight-scope"))
  customElements.define("weight-scope", WeightScopeElement);

declare global {
  interface HTMLElementTagNameMap {
    "weight-scope": WeightScopeElement;
  }
}
