import type { SweepReport } from "../compress/sweep.js";
import { addressIn } from "./element-report.js";
import { type Measured, sweepReport } from "./measured.js";
import { fetchJson } from "./saved-report.js";

/** A file's name in an address. */
const nameIn = (address: string): string => address.replace(/[?#].*$/, "").replace(/^.*\/(?=.)/, "");

/** What was measured of smaller files of the checkpoint: the page's, or what lies at an address. */
export class ElementSweep {
  private given: SweepReport | null = null;
  private found: Measured | null = null;
  private reading: AbortController | null = null;
  private address: string | null = null;
  /** Why there is none: of what was set, and of what was read. */
  private wrong = "";
  private unread = "";

  constructor(private readonly changed: () => void) {}

  /** What is shown, and the name that it goes by. */
  get measured(): Measured | null {
    return this.given ? { file: "sweep", report: this.given } : this.found;
  }

  get error(): string {
    return this.given ? "" : this.wrong || this.unread;
  }

  get report(): SweepReport | null {
    return this.measured?.report ?? null;
  }
  set report(report: SweepReport | null) {
    this.given = report === null ? null : sweepReport(report);
    this.wrong = report !== null && this.given === null ? "sweep: this is not a report of a sweep" : "";
    this.changed();
  }

  /** Reads what lies at an address, once; null forgets it. What was set goes before it. */
  async follow(address: string | null): Promise<void> {
    if (address === this.address) return;
    this.reading?.abort();
    this.found = null;
    this.unread = "";
    this.address = address;
    if (address === null) return this.changed();
    const { signal } = (this.reading = new AbortController());
    try {
      const report = sweepReport(await fetchJson(addressIn(address), signal));
      if (report) this.found = { file: nameIn(address), report };
      else this.unread = `${nameIn(address)}: this is not a report of a sweep`;
    } catch (error) {
      if (signal.aborted) return;
      this.unread = error instanceof Error ? error.message : String(error);
    }
    if (!signal.aborted) this.changed();
  }
}
