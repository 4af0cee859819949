import { constants } from "node:os";

/** The user or the system asked us to stop. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** 128 + the signal's number, as shells have it: 130 for Ctrl-C. */
  readonly status: number;
  constructor(signal: NodeJS.Signals) {
    super("interrupted");
    this.status = 128 + constants.signals[signal];
  }
}

/** How long the work may take to notice. */
const GRACE = 2000;

/**
 * The first signal aborts the work; a second one, or work that does not end and need not be waited for, ends the
 * process (temporary files go with it).
 */
export function abortOnSignals(controller: AbortController, patient = false): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const interrupted = new Interrupted(signal);
      if (controller.signal.aborted) process.exit(interrupted.status);
      controller.abort(interrupted);
      if (!patient) setTimeout(() => process.exit(interrupted.status), GRACE).unref();
    });
  }
}
