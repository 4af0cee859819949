import type { CompareReport, Progress } from "../types.js";
import { asked, type Model } from "./model.js";
import type { Failure } from "./remedy.js";
import { Session } from "./session.js";

/** What changed from one checkpoint to the other, computed beside their own figures. */
export class Comparison {
  report: CompareReport | null = null;
  error: Failure | null = null;
  progress: Progress | null = null;
  private readonly session: Session;

  constructor(base: Model, tuned: Model, changed: () => void) {
    this.session = new Session({
      progress: (progress) => {
        this.progress = progress;
        changed();
      },
    });
    this.session
      .ask("compare", { base: asked(base.input), tuned: asked(tuned.input), online: navigator.onLine })
      .then(
        (report) => {
          this.report = report;
        },
        (error: Error & { code?: string | null }) => {
          if (error.name !== "AbortError") this.error = { code: error.code ?? null, message: error.message };
        },
      )
      .finally(changed);
  }

  /** Whether it has to wait for an analysis. */
  get waits(): boolean {
    return this.session.waits;
  }

  close(): void {
    this.session.close();
  }
}
