import { layersOf, summarize } from "../analyze/summary.js";
import type { MatrixReport, Progress, Report } from "../types.js";
import { Clock } from "./clock.js";
import { EXAMPLE } from "./link.js";
import type { Header, Input, Settings } from "./messages.js";
import type { Failure } from "./remedy.js";
import { Session } from "./session.js";

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
  /** How many matrices there are to be done, once that is known. */
  planned: number | null = null;
  private readonly clock = new Clock();
  error: Failure | null = null;
  readonly session: Session;
  private readonly found = new Map<number, MatrixReport>();
  private sorted: MatrixReport[] | null = null;

  constructor(
    readonly input: Input,
    readonly settings: Settings,
    private readonly changed: () => void,
  ) {
    this.session = new Session({
      planned: (matrices) => {
        this.planned = matrices;
        changed();
      },
      progress: (progress) => {
        this.progress = progress;
        changed();
      },
      matrices: (matrices) => {
        for (const { index, matrix } of matrices) this.found.set(index, matrix);
        this.sorted = null;
        changed();
      },
    });
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
    return (this.sorted ??= [...this.found].sort(([a], [b]) => a - b).map(([, matrix]) => matrix));
  }

  /** The report, or as much of one as there is. */
  get shown(): Pick<Report, "matrices" | "layers" | "summary"> {
    if (this.report) return this.report;
    const { matrices } = this;
    const layers = layersOf(matrices);
    return { matrices, layers, summary: { ...summarize(matrices, layers, this.settings.gaussians, 0), failed: [] } };
  }

  async run(): Promise<void> {
    try {
      this.header = await this.session.ask("open", { input: asked(this.input), online: navigator.onLine });
      this.to("analysing");
      this.report = await this.session.ask("analyze", { settings: this.settings });
      this.to("done");
    } catch (error) {
      const { name, message, code = null } = error as Error & { code?: string | null };
      if (name === "AbortError") return this.to("cancelled");
      this.error = { code, message };
      this.to("failed");
    }
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
