import { startWorker } from "#host";
import type { RowRange } from "../base/chunks.js";
import { CheckpointError } from "../base/errors.js";
import { quoted } from "../base/printable.js";
import type { WorkerHandle } from "../host/contract.js";
import type { ChangeFigures, ChangeOptions, ChangeShape } from "../matrix/change/change.js";
import type { ReadBoth, RowsOfBoth } from "../matrix/change/rows.js";
import type { MatrixFigures } from "../matrix/figures.js";
import type { PartOf, PassSpec } from "../matrix/pass-spec.js";
import type { MatrixOptions } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { FromWorker, ToWorker } from "./messages.js";
import type { PoolOptions, Team } from "./options.js";

/**
 * Workers that answered; fewer, or none, where the host or its policy forbids them. `begun` is kept when all that this
 * thread has to do for it is done; `terminate` ends them, ready or not.
 */
export function startWorkers(
  count: number,
  pool: Pick<PoolOptions, "workerUrl">,
  start: ToWorker,
  limit = READY_WITHIN_MS,
): { workers: Promise<PoolWorker[]>; begun: Promise<unknown>; terminate(): void } {
  const handles = new Set<WorkerHandle>();
  let ended = false;
  const starts = Array.from({ length: count }, () => startWorker(pool.workerUrl));
  const started = Promise.all(
    starts.map(async (starting) => {
      try {
        const worker = await starting;
        handles.add(worker);
        try {
          if (ended) throw new Error("no longer wanted");
          await readiness(worker, start, limit);
          return new PoolWorker(worker);
        } catch (error) {
          handles.delete(worker);
          worker.terminate();
          throw error;
        }
      } catch (error) {
        if (pool.workerUrl !== undefined && !ended)
          throw new Error(
            `workerUrl: no worker starts from ${String(pool.workerUrl)}: ${(error as Error)?.message ?? error}`,
            { cause: error },
          );
        return null;
      }
    }),
  );
  const workers = started.then((all) => all.filter((worker): worker is PoolWorker => worker !== null));
  workers.catch(() => {}); // it may be that nobody waits for them any more
  return {
    workers,
    begun: Promise.allSettled(starts),
    terminate() {
      ended = true;
      for (const handle of handles) handle.terminate();
    },
  };
}

/** Resolves when the worker says that it is ready; one that fails, ends or says nothing for `limit` ms rejects. */
function readiness(worker: WorkerHandle, start: ToWorker, limit: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    // A thread that was busy itself hears first what came meanwhile.
    const late = (): void => void (timer = setTimeout(() => reject(new Error(silent(limit))), HEARING_MS));
    let timer = setTimeout(late, limit);
    const settle = (then: () => void) => {
      clearTimeout(timer);
      then();
    };
    worker.onMessage((message) =>
      settle(() =>
        (message as FromWorker).type === "ready" ? resolve() : reject(new Error("a worker did not start")),
      ),
    );
    worker.onError((error) => settle(() => reject(error)));
    worker.post(start);
  });
}

/** Milliseconds within which a worker has to say that it is ready: it compiles nothing. */
const READY_WITHIN_MS = 30_000;
const HEARING_MS = 200;
const silent = (limit: number): string => `it did not say within ${limit / 1000} s that it is ready`;

/** What a worker was asked for. */
interface Job {
  name: string;
  /** Whose bytes it asks for. */
  bytes: { index: number; pool: PoolOptions } | null;
  reject(error: Error): void;
  /** Messages of this kind of job. */
  other(message: FromWorker): void;
}

/** A range of rows of a matrix that another thread leads. */
interface HelpWanted {
  index: number;
  plan: StoredMatrix;
  range: RowRange;
  options: MatrixOptions;
  pool: PoolOptions;
}

/** A started worker and what can be asked of it. It does one thing after another, in the order they are asked for. */
export class PoolWorker {
  private readonly jobs: Job[] = [];
  /** Why it is no more: whatever is asked of it then is rejected. */
  private ended: Error | null = null;

  constructor(private readonly handle: WorkerHandle) {
    handle.onError((error) => {
      this.ended = error;
      for (const job of this.jobs) this.refuse(job, error);
    });
    handle.onMessage((data) => this.hear(this.jobs[0], data as FromWorker));
  }

  private refuse({ name, reject }: Job, cause: Error): void {
    reject(new Error(`a worker crashed at ${quoted(name)}: ${cause.message}`, { cause }));
  }

  private begin(job: Job, message: ToWorker): void {
    this.jobs.push(job);
    if (this.ended) this.refuse(job, this.ended);
    else this.post(message);
  }

  post(message: ToWorker, transfer?: ArrayBuffer[]): void {
    this.handle.post(message, transfer);
  }

  takePart(helper: number, part: PartOf<PassSpec> | null, transfer: ArrayBuffer[]): void {
    this.post({ type: "part", helper, part }, transfer);
  }

  /**
   * One matrix: it reads the bytes or asks for them, and ends with figures or an error. `team` has the rows from `last`
   * on.
   */
  run(
    index: number,
    plan: StoredMatrix,
    options: MatrixOptions,
    pool: PoolOptions,
    team: Team = { last: plan.rows, helpers: [] },
  ): Promise<MatrixFigures> {
    return new Promise((resolve, reject) => {
      const other = (message: FromWorker): void => {
        if (message.type === "done") {
          this.jobs.shift();
          resolve(message.figures);
        } else if (message.type === "delegate")
          for (const helper of team.helpers) helper.post({ type: "pass", spec: message.spec });
      };
      this.begin(
        { name: plan.name, bytes: { index, pool }, reject, other },
        { type: "job", plan, options, memory: pool.memory, last: team.last, helpers: team.helpers.length },
      );
    });
  }

  /** Computes such a range, until `leave`. The promise is only ever rejected. */
  help(
    { index, plan, range, options, pool }: HelpWanted,
    give: (part: PartOf<PassSpec> | null, transfer: ArrayBuffer[]) => void,
  ): Promise<never> {
    return new Promise((_, reject) => {
      const other = (message: FromWorker): void => {
        if (message.type === "part") give(message.part, arraysOf(message.part));
      };
      this.begin(
        { name: plan.name, bytes: { index, pool }, reject, other },
        { type: "help", plan, options, memory: pool.memory, range },
      );
    });
  }

  /** A matrix on two sides, whose rows `read` gives as they are asked for. */
  change(
    shape: ChangeShape,
    read: ReadBoth,
    options: ChangeOptions,
    onShare: (share: number) => void,
  ): Promise<ChangeFigures> {
    return new Promise((resolve, reject) => {
      const give = (request: number, rows: RowsOfBoth): void =>
        this.post({ type: "rows", request, rows }, [
          ...new Set([rows.base.buffer, rows.tuned.buffer]),
        ] as ArrayBuffer[]);
      const other = (message: FromWorker): void => {
        if (message.type === "changed") {
          this.jobs.shift();
          resolve(message.figures);
        } else if (message.type === "spectrum") onShare(message.share);
        else if (message.type === "rows")
          read(message.first, message.last).then((rows) => give(message.request, rows), reject);
      };
      this.begin({ name: shape.name, bytes: null, reject, other }, { type: "change", shape, options });
    });
  }

  leave(): void {
    this.jobs.shift();
    this.post({ type: "leave" });
  }

  private hear(job: Job | undefined, message: FromWorker): void {
    if (!job) return;
    if (message.type === "failed") job.reject(rebuilt(message));
    else if (message.type === "seen") job.bytes?.pool.onRead(job.bytes.index, message.bytes);
    else if (message.type === "spectrum" && job.bytes) job.bytes.pool.onSpectrum(job.bytes.index, message.share);
    else if (message.type === "read") {
      job.bytes?.pool
        .read(job.bytes.index, message.start, message.end, message.into)
        .then((bytes) => {
          const own = transferable(bytes, message.into);
          this.post({ type: "bytes", request: message.request, bytes: own }, [own.buffer as ArrayBuffer]);
        })
        .catch(job.reject);
    } else job.other(message);
  }
}

/** Large arrays of a part, to be passed on without a copy. */
function arraysOf(part: PartOf<PassSpec> | null): ArrayBuffer[] {
  if (part === null) return [];
  if (Array.isArray(part)) return part.map((array) => array.buffer as ArrayBuffer);
  return "gram" in part && part.gram ? [part.gram.buffer as ArrayBuffer] : [];
}

/** Bytes to give away: the source may still hold what it returned, unless that is the worker's own memory. */
function transferable(bytes: Uint8Array, into?: Uint8Array): Uint8Array {
  if (!into || into.length < bytes.length) return bytes.slice();
  if (bytes.buffer === into.buffer) return bytes;
  into.set(bytes);
  return into.subarray(0, bytes.length);
}

function rebuilt({ name, message, code, tensor }: Extract<FromWorker, { type: "failed" }>): Error {
  if (code !== undefined) return new CheckpointError(code, message, { tensor });
  return name === "RangeError" ? new RangeError(message) : new Error(message);
}
