/** Before that much of the work, and of time, nothing is foretold. */
const LEAST_SHARE = 0.03;
const LEAST_SECONDS = 1;

/** Time at work, without its pauses, and what is left of it by the share that is done. */
export class Clock {
  private before = 0;
  private since: number | null = null;

  constructor(private readonly now: () => number = () => performance.now()) {}

  start(): void {
    this.since ??= this.now();
  }

  stop(): void {
    if (this.since !== null) this.before += this.now() - this.since;
    this.since = null;
  }

  /** Seconds left where `share` is done; null where that says too little. */
  left(share: number): number | null {
    const taken = (this.before + (this.since === null ? 0 : this.now() - this.since)) / 1000;
    return share < LEAST_SHARE || taken < LEAST_SECONDS ? null : (taken * (1 - share)) / share;
  }
}

/** "20 s", "3 min": no finer than it is known. */
export function roughly(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90) return `${Math.round(seconds / 5) * 5} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
