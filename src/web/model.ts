import type { MatrixReport, Progress, Report, TensorInfo } from "../types.js";
import { Clock } from "./clock.js";
import { EXAMPLE } from "./link.js";
import type { Header, Input, Overview, Plan, Settings } from "./messages.js";
import type { Failure } from "./remedy.js";
import { Session } from "./session.js";

/** Milliseconds between two overviews while matrices come, and how many times as many they are of by then. */
const EVERY = 500;
const MORE = 1.1;

/** How far the analysis of the page is. */
export type Status = "opening" | "analysing" | "paused" | "done" | "cancelled" | "failed";

/** The example lies beside the page's scripts. */
export const asked = (input: Input): Input =>
  "url" in input && input.url === EXAMPLE ? { url: new URL("example.Q4_K_M.gguf", import.meta.url).href } : input;

/** One checkpoint on the page: its header, then its matrices as they come, then its report. */
export class Model {
  status: Status = "opening";
  header: Header | null = null;
  report: Report | null = null;
  progress: Progress | null = null;
  /** What there is to be done, once that is known. */
  plan: Plan | null = null;
  private clock = new Clock();
  error: Failure | null = null;
  readonly session: Session;
  /** Of some of the matrices, or all. */
  overview: Overview | null = null;
  private asking = false;
  /** The last one could not be made; the next would not be either. */
  private unable = false;
  private askedAt = -Infinity;
  /** By their places in the plan; holes are not done. */
  private readonly found: (MatrixReport | undefined)[] = [];
  private sorted: MatrixReport[] | null = null;
  private readonly tensors: TensorInfo[] = [];
  private readonly layers: Report["layers"] = [];

  constructor(
    readonly input: Input,
    readonly settings: Settings,
    private readonly changed: () => void,
  ) {
    this.session = new Session({
      begun: () => {
        this.clock = new Clock();
        this.clock.start();
        changed();
      },
      planned: (plan) => {
        this.plan = plan;
        changed();
      },
      progress: (progress) => {
        this.progress = progress;
        changed();
      },
      matrices: (matrices) => {
        for (const { index, matrix } of matrices) this.found[index] = matrix;
        this.sorted = null;
        changed();
      },
      tensors: (tensors) => this.tensors.push(...tensors),
      layers: (layers) => this.layers.push(...layers),
    });
  }

  /** How many matrices there are to be done, once that is known. */
  get planned(): number | null {
    return this.plan?.matrices ?? null;
  }

  /** Seconds that are left, about; null while too little is done to tell. */
  get secondsLeft(): number | null {
    const { progress } = this;
    return progress && progress.total > 0 ? this.clock.left(progress.done / progress.total) : null;
  }

  get name(): string {
    return (
      this.header?.name ??
      ("url" in this.input
        ? this.input.url.replace(/[?#].*$/, "").replace(/^.*\/(?=.)/, "")
        : this.input.files.map((file) => file.name).join(", "))
    );
  }

  /** Those that are done, in the order of the checkpoint. */
  get matrices(): MatrixReport[] {
    if (this.report) return this.report.matrices;
    return (this.sorted ??= this.found.filter((one): one is MatrixReport => one !== undefined));
  }

  /** The matrix at a place of the plan, where it is done. */
  at(index: number): MatrixReport | undefined {
    return this.found[index];
  }

  /**
   * Asks for what is done so far to be summed up, where more is done than what is shown is of. At most a few times a
   * second, and of thousands of matrices with each quarter more.
   */
  wantOverview(k: number): void {
    const { overview } = this;
    const done = this.matrices.length;
    const ended = this.report !== null;
    if (this.asking || this.unable || this.header === null || this.status === "opening") return;
    if (overview && overview.k === k && overview.ended === ended) {
      const soon = performance.now() - this.askedAt < EVERY || done < overview.of * MORE;
      if (done === overview.of || (this.busy && soon)) return;
    }
    this.asking = true;
    this.askedAt = performance.now();
    this.session
      .ask("overview", { k })
      .then(
        (answer) => {
          this.overview = answer;
        },
        (error: Error) => {
          if (error.name === "AbortError") return;
          this.unable = true;
          this.fail(error);
        },
      )
      .finally(() => {
        this.asking = false;
        this.changed();
      });
  }

  async run(): Promise<void> {
    try {
      const header = await this.session.ask("open", { input: asked(this.input), online: navigator.onLine });
      this.header = { ...header, tensors: this.tensors };
      this.to("analysing");
      const report = await this.session.ask("analyze", { settings: this.settings });
      this.report = { ...report, matrices: this.matrices, layers: this.layers };
      this.to("done");
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    const { name, message, code = null } = error as Error & { code?: string | null };
    if (name === "AbortError") return this.to("cancelled");
    this.error = { code, message };
    this.to("failed");
  }

  /** The report is here, and what the page shows of it is of all of it. */
  get done(): boolean {
    return this.status === "done" && this.overview?.ended === true;
  }

  /** Not even its header could be read. */
  get unopened(): boolean {
    return this.status === "failed" && this.header === null;
  }

  get busy(): boolean {
    return this.status === "opening" || this.status === "analysing" || this.status === "paused";
  }

  togglePause(): void {
    if (this.status === "analysing") {
      this.session.pause();
      this.to("paused");
    } else if (this.status === "paused") {
      this.session.resume();
      this.to("analysing");
    }
  }

  cancel(): void {
    if (this.busy) this.session.cancel();
  }
  close(): void {
    this.session.close();
  }

  private to(status: Status): void {
    this.status = status;
    if (status === "analysing") this.clock.start();
    else this.clock.stop();
    this.changed();
  }
}
