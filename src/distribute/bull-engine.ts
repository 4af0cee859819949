import type { JobsOptions, Queue, Worker } from "bullmq";
import { environment } from "#host";
import { CheckpointError } from "../base/errors.js";
import { addressShown, printable, withoutSecrets } from "../base/printable.js";
import { type CarriedJob, type Carrier, type JobState, paceOf, type QueueCounts, type QueuePace } from "./carrier.js";

/** Which queue, on which server. */
export interface QueueOptions {
  /**
   * `redis://`, `rediss://` (TLS, verified), `valkey://`, or `postgres://` (experimental). A password may stand in it,
   * or in WEIGHTSCOPE_QUEUE_PASSWORD.
   */
  url: string;
  /** Name of the queue. Default "weightscope". */
  name?: string | undefined;
  /** Prefix of its keys. Default BullMQ's own, "bull". */
  prefix?: string | undefined;
  /** Hears of what goes wrong with the server and is tried again. */
  onTrouble?: ((error: unknown) => void) | undefined;
}

/** The engine over one kind of server. */
interface Engine {
  Queue: typeof Queue;
  Worker: typeof Worker;
  connection: Record<string, unknown>;
}

/** Tried three times, with half a minute and a minute between: what lies longer fails, and is given out again later. */
const JOB: JobsOptions = {
  attempts: 3,
  backoff: { type: "exponential", delay: 30_000 },
  removeOnComplete: false,
  removeOnFail: false,
};
/** Jobs whose ends the pace is of. */
const PACED = 32;
/** Milliseconds until a server that does not answer is said to be none. */
const CONNECT_MS = 10_000;
/** The engine's classes for the server that an address names. */
export async function engineFor(url: string): Promise<Engine> {
  const bullmq = await import("bullmq").catch((error: unknown) => {
    throw new CheckpointError("no-engine", "queues need bullmq: npm install bullmq ioredis", { cause: error });
  });
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const password = parsed?.password ? undefined : environment("WEIGHTSCOPE_QUEUE_PASSWORD");
  switch (parsed?.protocol) {
    case "redis:":
    case "rediss:":
    case "valkey:":
    case "valkeys:": {
      const address = url.replace(/^valkey/i, "redis");
      return {
        Queue: bullmq.Queue,
        Worker: bullmq.Worker,
        connection: { url: address, maxRetriesPerRequest: null, ...(password && { password }) },
      };
    }
    case "postgres:":
    case "postgresql:": {
      const { Queue, Worker } = bullmq.withBackend(bullmq.createPostgresBackend) as unknown as Engine;
      // What its driver reads from the address goes before what stands beside it.
      if (password) parsed.password = encodeURIComponent(password);
      return { Queue, Worker, connection: { connectionString: parsed.href, migrate: true } };
    }
    default:
      throw new CheckpointError(
        "bad-url",
        `"${printable(addressShown(url))}": a queue is a redis://, rediss:// or postgres:// address`,
      );
  }
}

/** `work`, or an error where the server does not answer at all. */
export async function reached<T>(url: string, work: Promise<T>, troubles: () => unknown): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const why = troubles();
      const reason = why instanceof Error && why.message ? `: ${printable(withoutSecrets(why.message))}` : "";
      reject(
        new CheckpointError("queue-failed", `${printable(addressShown(url))}: the queue does not answer${reason}`),
      );
    }, CONNECT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A queue of jobs on a server. */
export class BullCarrier implements Carrier {
  private constructor(private readonly queue: Queue) {}

  static async open({ url, name = "weightscope", prefix, onTrouble }: QueueOptions): Promise<BullCarrier> {
    const { Queue, connection } = await engineFor(url);
    const queue = new Queue(name, { connection, ...(prefix !== undefined && { prefix }) });
    let trouble: unknown = null;
    queue.on("error", (error) => {
      trouble = error;
      onTrouble?.(error);
    });
    try {
      await reached(url, queue.waitUntilReady(), () => trouble);
    } catch (error) {
      void queue.disconnect().catch(() => undefined);
      throw error;
    }
    return new BullCarrier(queue);
  }

  async add(jobs: readonly CarriedJob[]): Promise<void> {
    await this.queue.addBulk(
      jobs.map(({ id, work }) => ({ name: "analyze", data: { v: 1, work }, opts: { ...JOB, jobId: id } })),
    );
  }

  async look(id: string): Promise<JobState> {
    const job = await this.queue.getJob(id);
    if (!job) return { state: "missing" };
    if (!job.finishedOn) return { state: "waiting" };
    if (job.returnvalue !== null && job.returnvalue !== undefined) return { state: "done", result: job.returnvalue };
    return { state: "failed", reason: printable(withoutSecrets(job.failedReason || "failed"), 400) };
  }

  async retry(id: string): Promise<void> {
    const job = await this.queue.getJob(id);
    await job?.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.queue.remove(id)));
  }

  /** Gives out again all that failed. */
  async retryAll(): Promise<void> {
    await this.queue.retryJobs({ state: "failed" });
  }

  /** Removes all jobs but those that workers have in hand. */
  async removeAll(): Promise<void> {
    await this.queue.drain(true);
    for (const state of ["completed", "failed"] as const) while ((await this.queue.clean(0, 1000, state)).length > 0);
  }

  /** The first reasons of what failed. */
  async reasons(most: number): Promise<string[]> {
    const failed = await this.queue.getFailed(0, most - 1);
    return failed.map(({ failedReason }) => printable(withoutSecrets(String(failedReason)), 400));
  }

  async counts(): Promise<QueueCounts> {
    const counts = await this.queue.getJobCounts("waiting", "active", "delayed", "completed", "failed");
    const { waiting = 0, active = 0, delayed = 0, completed = 0, failed = 0 } = counts;
    return { waiting, active, delayed, done: completed, failed, workers: await this.queue.getWorkersCount() };
  }

  /** Of the jobs that were done last, `PACED` at most. */
  async pace(counts: QueueCounts): Promise<QueuePace> {
    const most = Math.min(counts.done, PACED + 1) - 1;
    // The newest stand first; one alone, since each has its whole result with it.
    const [oldest] = most > 0 ? await this.queue.getCompleted(most, most) : [];
    return paceOf(counts, oldest?.finishedOn === undefined ? 0 : most, oldest?.finishedOn ?? 0, Date.now());
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}
