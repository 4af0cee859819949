/** The sub-path `weightscope/bullmq`: an analysis over many machines by BullMQ, on Redis or Valkey (docs/scale.md). */
import { knownOptions } from "../analyze/options.js";
import { inShort, type Names, optionsOf, requireObject } from "../base/arguments.js";
import { CheckpointError } from "../base/errors.js";
import { withoutSecrets } from "../base/printable.js";
import type { AnalyzeOptions, Checkpoint, CheckpointInput, OpenOptions, Report } from "../types.js";
import { AllowedAddresses } from "./allowed.js";
import { BullCarrier, engineFor, type QueueOptions, reached } from "./bull-engine.js";
import type { QueueCounts, QueuePace } from "./carrier.js";
import { coordinate } from "./coordinate.js";
import { parseWork } from "./work.js";
import { WorkRunner } from "./work-runner.js";

export type { QueueCounts, QueueOptions, QueuePace };

/** Milliseconds that a client may take to end once its job is done. */
const CLOSE_MS = 5000;
/** Milliseconds that a worker may be silent until its job is given to another. */
const LOCK_MS = 60_000;
/** Deaths of workers over one job: the default of one would fail a job whose worker was killed twice. */
const MOST_STALLED = 5;
/** What another try cannot mend. */
const PERMANENT = new Set([
  "bad-work",
  "bad-url",
  "bad-redirect",
  "changed",
  "not-allowed",
  "other-version",
  "insecure",
]);

const QUEUE = { url: 1, name: 1, prefix: 1, onTrouble: 1 } satisfies Names<QueueOptions>;
const ANALYSIS = { address: 1, signed: 1, jobSeconds: 1, onLook: 1 } satisfies Names<
  Omit<QueueAnalysisOptions, "queue" | keyof AnalyzeOptions>
>;
const WORKER = {
  ...{ queue: 1, allow: 1, allowPath: 1, threads: 1, memory: 1, open: 1, lockSeconds: 1, signal: 1 },
  ...{ onJob: 1, onFailed: 1 },
} as const satisfies Names<QueueWorkerOptions>;

/** Which queue, as it was given. @throws TypeError */
function queueOf(given: QueueOptions, name: string): QueueOptions {
  requireObject(given, name, "an object with url");
  const queue = optionsOf(given, name, QUEUE);
  for (const key of ["url", "name", "prefix"] as const)
    if (typeof queue[key] !== "string" && (key === "url" || queue[key] !== undefined))
      throw new TypeError(`${name}.${key} must be a string, not ${inShort(queue[key])}`);
  return queue;
}

/** The jobs of a queue: how far they are, and what can be done with all of them. */
export interface JobQueue {
  /** Jobs by how far they are, and workers. */
  counts(): Promise<QueueCounts>;
  /** How fast they are done, and how long all will take, by these counts. */
  pace(counts: QueueCounts): Promise<QueuePace>;
  /** Gives out again all that failed. */
  retryAll(): Promise<void>;
  /** Removes all jobs and results, but the jobs that workers have in hand. */
  removeAll(): Promise<void>;
  /** Why the first `most` of those that failed did. */
  reasons(most: number): Promise<string[]>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/**
 * The jobs of a queue.
 * @throws CheckpointError "no-engine" where bullmq is not installed, "queue-failed" where the server does not answer;
 *   TypeError for an option that there is not, or of another type.
 */
export async function openJobQueue(options: QueueOptions): Promise<JobQueue> {
  return BullCarrier.open(queueOf(options, "options"));
}

/** What an analysis over a queue needs beside `AnalyzeOptions`. */
export interface QueueAnalysisOptions extends AnalyzeOptions {
  /** Which queue. */
  queue: QueueOptions;
  /** Where workers find the checkpoint: an address, or a path that all of them have. */
  address: string;
  /** Whether the address may hold a query, which is then stored in the queue. Default false. */
  signed?: boolean | undefined;
  /** Seconds of computing that a job holds, about. Default 5. */
  jobSeconds?: number | undefined;
  /** Hears of each look at the queue. */
  onLook?: ((counts: QueueCounts) => void) | undefined;
}

/** A report from a queue, whose jobs stay there until they are removed. */
export interface QueueReport {
  /** That of `analyze`. */
  report: Report;
  /** Removes the jobs and their results from the queue. */
  remove(): Promise<void>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/**
 * The report of `analyze`, byte for byte, computed by the workers of a queue. Jobs already there, waiting or finished,
 * are used; the same call goes on after this process was killed. `remove` frees the queue of them.
 * @throws as `analyze` does, and CheckpointError "not-shareable" where the address or an option cannot be in a job;
 *   TypeError for an option that there is not, or of another type.
 */
export async function analyzeByQueue(
  input: CheckpointInput | Checkpoint,
  given: QueueAnalysisOptions,
): Promise<QueueReport> {
  requireObject(given, "options", "an object with queue and address");
  const { queue: asked, ...options } = given;
  knownOptions(options, ANALYSIS);
  if (typeof options.address !== "string")
    throw new TypeError(`options.address must be a string, not ${inShort(options.address)}`);
  const queue = queueOf(asked, "options.queue");
  const carrier = await BullCarrier.open(queue);
  try {
    const { report, remove } = await coordinate(input, { ...options, carrier, onTrouble: queue.onTrouble ?? ignore });
    return { report, remove, close: () => carrier.close() };
  } catch (error) {
    void carrier.close().catch(ignore);
    throw error;
  }
}

/** A worker of a queue: which queue, what it may read and use. */
export interface QueueWorkerOptions {
  /** Which queue. */
  queue: QueueOptions;
  /** Prefixes of addresses that it may read from: origin, and the start of the path. */
  allow: readonly string[];
  /** The file that a path of a job stands for, or a rejection. Default: no local files. */
  allowPath?: ((path: string) => Promise<string>) | undefined;
  /** Threads that compute. Default 1. */
  threads?: number | undefined;
  /** Bytes of weights held at once. Default 64 MiB. */
  memory?: number | undefined;
  /** How addresses are opened: a token, headers. */
  open?: OpenOptions | undefined;
  /** Seconds that it may be silent until its job is given to another. Default 60. */
  lockSeconds?: number | undefined;
  /** Ends it, when the job in hand is done. */
  signal: AbortSignal;
  /** Hears of a job that was done: its matrices, and those of them that could not be. */
  onJob?: ((job: { id: string; matrices: number; failed: number }) => void) | undefined;
  /** Hears of one that was not, and why. */
  onFailed?: ((job: { id: string; reason: string }) => void) | undefined;
}

/**
 * Takes jobs until the signal aborts; then the one in hand is finished.
 * @throws CheckpointError as `openJobQueue` does; TypeError for an option that there is not, or of another type.
 */
export async function workForQueue(options: QueueWorkerOptions): Promise<void> {
  requireObject(options, "options", "an object with queue, allow and signal");
  optionsOf(options, "options", WORKER);
  const { queue: asked, allow, lockSeconds, signal, onJob, onFailed, ...runnerOptions } = options;
  const queue = queueOf(asked, "options.queue");
  if (!Array.isArray(allow)) throw new TypeError(`options.allow must be an array of prefixes, not ${inShort(allow)}`);
  if (signal === undefined) throw new TypeError("options.signal must be an AbortSignal, not undefined");
  const { Worker, connection } = await engineFor(queue.url);
  const { UnrecoverableError } = await import("bullmq");
  const runner = new WorkRunner({ ...runnerOptions, allow: new AllowedAddresses(allow) });
  const lock = lockSeconds === undefined ? LOCK_MS : lockSeconds * 1000;
  let inHand: Promise<unknown> = Promise.resolve();
  const work = async ({ id, data }: { id?: string; data: { v?: unknown; work?: unknown } }): Promise<string> => {
    try {
      if (typeof data !== "object" || data === null || data.v !== 1)
        throw new CheckpointError("bad-work", "a job that is none of ours");
      const result = await runner.run(parseWork(data.work));
      onJob?.({ id: String(id), matrices: result.figures.length, failed: result.failed.length });
      // As text: a store of its own keeps the order of keys, and every character of a name.
      return JSON.stringify(result);
    } catch (error) {
      const reason = withoutSecrets(error instanceof Error ? error.message : String(error));
      onFailed?.({ id: String(id), reason });
      if (error instanceof CheckpointError && PERMANENT.has(error.code)) throw new UnrecoverableError(reason);
      throw new Error(reason);
    }
  };
  const process = (job: Parameters<typeof work>[0]): Promise<string> => {
    const done = work(job);
    inHand = done.catch(ignore);
    return done;
  };
  const worker = new Worker(queue.name ?? "weightscope", process, {
    connection,
    ...(queue.prefix !== undefined && { prefix: queue.prefix }),
    concurrency: 1,
    lockDuration: lock,
    stalledInterval: lock / 2,
    maxStalledCount: MOST_STALLED,
    autorun: false,
  });
  let trouble: unknown = null;
  worker.on("error", (error) => {
    trouble = error;
    queue.onTrouble?.(error);
  });
  try {
    await reached(queue.url, worker.waitUntilReady(), () => trouble);
    const running = worker.run();
    running.catch(ignore);
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  } finally {
    await ended(worker.close(), inHand);
    await runner.close();
  }
}

/**
 * The end of a worker's client, but no longer than a while after the job in hand: one that is just then connecting to a
 * server that came back never hears that it is to end.
 */
async function ended(closing: Promise<void>, inHand: Promise<unknown>): Promise<void> {
  closing.catch(ignore);
  await inHand;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([closing, late]);
  clearTimeout(timer);
}

function ignore(): void {}
