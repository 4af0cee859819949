/** A job as a queue keeps it: its name there, and the text of its `Work`. */
export interface CarriedJob {
  id: string;
  work: string;
}

/** How far a job is. A failed one is tried no more. */
export type JobState =
  | { state: "missing" }
  | { state: "waiting" }
  | { state: "done"; result: unknown }
  | { state: "failed"; reason: string };

/** Jobs of a queue by how far they are, and the workers that are connected. */
export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
  done: number;
  failed: number;
  workers: number;
}

/** How fast jobs are done, by those that were done last; null where too few were to say. */
export interface QueuePace {
  jobsPerSecond: number | null;
  /** Of all that wait or are in hand, while workers are connected. */
  secondsLeft: number | null;
}

/** The pace of a queue `now`, in milliseconds, whose last jobs ended then, the first of them at `since`. */
export function paceOf(
  { waiting, active, delayed, workers }: QueueCounts,
  last: number,
  since: number,
  now: number,
): QueuePace {
  const seconds = (now - since) / 1000;
  if (last < 1 || !(seconds > 0)) return { jobsPerSecond: null, secondsLeft: null };
  const left = waiting + active + delayed;
  const rate = last / seconds;
  return { jobsPerSecond: rate, secondsLeft: left === 0 ? 0 : workers > 0 ? left / rate : null };
}

/** What a coordinator needs of a queue, whichever engine it is. Every call may reject while the server is away. */
export interface Carrier {
  /** Adds jobs; one whose id is known already stays as it is, finished or not. */
  add(jobs: readonly CarriedJob[]): Promise<void>;
  look(id: string): Promise<JobState>;
  /** Gives a failed job out again. */
  retry(id: string): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  counts(): Promise<QueueCounts>;
  close(): Promise<void>;
}
