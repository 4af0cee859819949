import { mergeFound } from "../analyze/analyze.js";
import { secondsOf } from "../analyze/estimate.js";
import { isFiguresOf } from "../analyze/kept-figures.js";
import { reportOf } from "../analyze/matrix-report.js";
import { FigurePack } from "../analyze/packed-figures.js";
import type { Prepared } from "../analyze/prepare.js";
import { withPrepared } from "../analyze/with-prepared.js";
import { pause } from "../base/aborts.js";
import type { Names } from "../base/arguments.js";
import type { MatrixFigures } from "../matrix/figures.js";
import type { AnalyzeOptions, Checkpoint, CheckpointInput, Report } from "../types.js";
import { shareableAddress } from "./allowed.js";
import type { Carrier, JobState, QueueCounts } from "./carrier.js";
import { insist } from "./insist.js";
import { type Batch, inParts, Jobs } from "./jobs.js";
import { parseResult, type WorkResult } from "./result.js";
import { INSTRUCTIONS } from "./work-runner.js";

/** Jobs that are added at once, and that are looked at in a row. */
const AT_ONCE = 64;
/** Results that are held at once. */
const RESULTS_AT_ONCE = 8;
/** Milliseconds between looks. */
const LOOK_EVERY_MS = 500;

/** What an analysis over a queue needs beside `AnalyzeOptions`. */
export interface CoordinateOptions extends AnalyzeOptions {
  carrier: Carrier;
  /** Where workers find the checkpoint. */
  address: string;
  /** Whether the address may hold a query, which is then stored in the queue. */
  signed?: boolean | undefined;
  /** Seconds of computing that a job holds, about. Default 5. */
  jobSeconds?: number | undefined;
  /** Hears of each look at the queue, and of what goes wrong with it meanwhile. */
  onLook?: ((counts: QueueCounts) => void) | undefined;
  onTrouble?: ((error: unknown) => void) | undefined;
}

const MORE = {
  ...{ carrier: 1, address: 1, signed: 1, jobSeconds: 1, onLook: 1, onTrouble: 1 },
} satisfies Names<Omit<CoordinateOptions, keyof AnalyzeOptions>>;

/** A report from a queue, whose jobs stay there until they are removed. */
export interface Coordinated {
  report: Report;
  /** Removes the jobs and their results from the queue. */
  remove(): Promise<void>;
}

/**
 * The report of `analyze`, byte for byte, by the workers of a queue: adds what is not there, waits, and merges. It may
 * be stopped at any moment and started again: jobs have the names of their work.
 */
export async function coordinate(input: CheckpointInput | Checkpoint, given: CoordinateOptions): Promise<Coordinated> {
  const address = shareableAddress(given.address, given.signed);
  const work = async (prepared: Prepared, options: AnalyzeOptions): Promise<Coordinated> => {
    const jobs = await Jobs.of(prepared, { options, address, seconds: given.jobSeconds });
    const coordinator = new Coordinator(prepared, jobs, { ...given, ...options });
    await coordinator.work();
    await coordinator.readJournal();
    const { found, failed } = coordinator;
    const report = await mergeFound(prepared, { found, instructions: INSTRUCTIONS }, { ...options, failed });
    return { report, remove: () => coordinator.remove() };
  };
  return withPrepared(input, given, work, MORE);
}

class Coordinator {
  /** Reasons by the places of their matrices. */
  readonly failed = new Map<number, string>();
  /** Figures by the places of their matrices. */
  readonly found: (MatrixFigures | null)[];
  private readonly pack: FigurePack | null;
  private pending: Batch[];
  private before = 0;
  private readonly total: number;
  /** Of the cost. */
  private spent = 0;
  private readonly cost: number;

  constructor(
    private readonly prepared: Prepared,
    private readonly jobs: Jobs,
    private readonly options: CoordinateOptions,
  ) {
    const { journal } = options;
    const isKept = (key: string): boolean => journal?.has(key) === true;
    this.pending = jobs.batches.filter(({ first, last }) => !jobs.keys.slice(first, last).every(isKept));
    this.found = jobs.keys.map(() => null);
    this.pack = options.packed ? new FigurePack() : null;
    this.total = prepared.plan.matrices.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.cost = this.costOf(prepared.plan.matrices);
    const waiting = new Set(this.pending);
    for (const batch of jobs.batches) if (!waiting.has(batch)) this.progress(batch);
  }

  /** Ends when every job is done or failed. */
  async work(): Promise<void> {
    const { carrier, onLook } = this.options;
    await this.fill();
    // What failed before is given out again: an id that is known swallows what is added under it.
    await this.lookAt(this.pending, async (batch, state) => {
      if (state.state === "failed") await this.insist(() => carrier.retry(batch.id));
      else if (state.state === "done" && !(await this.take(batch, state.result))) await this.renew(batch);
    });
    let from = 0;
    while (this.pending.length > 0) {
      onLook?.(await this.insist(() => carrier.counts()));
      // The queue gives jobs out in their order: those in front end first. Some of the others in turn, for the rest.
      let window = this.pending.slice(0, AT_ONCE);
      for (let at = AT_ONCE; (await this.settle(window)) > 0; at += AT_ONCE)
        window = this.pending.slice(at, at + AT_ONCE);
      from = from >= this.pending.length ? 0 : from;
      await this.settle(this.pending.slice(from, from + AT_ONCE));
      from += AT_ONCE;
      this.pending = this.pending.filter((batch) => !this.isSettled(batch));
      if (this.pending.length > 0) await pause(LOOK_EVERY_MS, this.options.signal);
    }
  }

  /** What was in the journal before. */
  async readJournal(): Promise<void> {
    const { journal } = this.options;
    const { matrices } = this.prepared.plan;
    for (const [index, key] of this.jobs.keys.entries()) {
      if (this.found[index] !== null || !journal?.has(key)) continue;
      const figures = await journal.get(key);
      if (isFiguresOf(figures, matrices[index])) this.keep(index, figures);
    }
  }

  private keep(index: number, figures: MatrixFigures): void {
    this.found[index] = this.pack?.add(figures) ?? figures;
  }

  async remove(): Promise<void> {
    const { batches } = this.jobs;
    for (let at = 0; at < batches.length; at += AT_ONCE) {
      const ids = batches.slice(at, at + AT_ONCE).map(({ id }) => id);
      await this.insist(() => this.options.carrier.remove(ids));
    }
  }

  private async fill(): Promise<void> {
    for (const batches of inParts(this.pending, AT_ONCE)) {
      const some = batches.map((batch) => this.jobs.job(batch));
      await this.insist(() => this.options.carrier.add(some));
    }
  }

  private isSettled({ first }: Batch): boolean {
    return this.failed.has(first) || this.found[first] !== null;
  }

  /** How many of these are done or failed now. */
  private async settle(batches: readonly Batch[]): Promise<number> {
    let settled = 0;
    await this.lookAt(batches, async (batch, state) => {
      if (this.isSettled(batch) || state.state === "waiting") return;
      // A server that lost its last second.
      if (state.state === "missing")
        return void (await this.insist(() => this.options.carrier.add([this.jobs.job(batch)])));
      settled++;
      if (state.state === "failed") this.fail(batch, state.reason);
      else if (!(await this.take(batch, state.result))) this.fail(batch, "a worker gave a result that is none");
    });
    return settled;
  }

  private async lookAt(
    batches: readonly Batch[],
    then: (batch: Batch, state: JobState) => Promise<void>,
  ): Promise<void> {
    for (const some of inParts(batches, RESULTS_AT_ONCE))
      await Promise.all(
        some.map(async (batch) => then(batch, await this.insist(() => this.options.carrier.look(batch.id)))),
      );
  }

  /** Whether it is a result of this job; its figures are kept in the journal, where there is one. */
  private async take(batch: Batch, given: unknown): Promise<boolean> {
    let result: WorkResult;
    try {
      result = this.parsed(batch, given);
    } catch (error) {
      this.options.onTrouble?.(error);
      return false;
    }
    const { journal, onMatrix } = this.options;
    const place = new Map(this.jobs.keys.slice(batch.first, batch.last).map((key, i) => [key, batch.first + i]));
    for (const one of result.figures) {
      if (journal && !journal.has(one.key)) await journal.add(one);
      const index = place.get(one.key)!;
      this.keep(index, one.figures);
      onMatrix?.(reportOf(this.prepared.plan.matrices[index], one.figures, null), index);
    }
    for (const { key, reason } of result.failed) this.failed.set(place.get(key)!, reason);
    this.progress(batch);
    return true;
  }

  private parsed({ first, last }: Batch, given: unknown): WorkResult {
    const { matrices } = this.prepared.plan;
    const expected = matrices
      .slice(first, last)
      .map(({ rows, columns }, i) => ({ key: this.jobs.keys[first + i], rows, columns }));
    return parseResult(given, expected);
  }

  private fail(batch: Batch, reason: string): void {
    for (let index = batch.first; index < batch.last; index++) this.failed.set(index, reason);
    this.progress(batch);
  }

  /** A finished job whose result is none: away with it, and once more. */
  private async renew(batch: Batch): Promise<void> {
    const { carrier } = this.options;
    await this.insist(() => carrier.remove([batch.id]));
    await this.insist(() => carrier.add([this.jobs.job(batch)]));
  }

  private progress({ first, last }: Batch): void {
    const matrices = this.prepared.plan.matrices.slice(first, last);
    this.before += matrices.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.spent += this.costOf(matrices);
    const share = this.cost > 0 ? Math.min(1, this.spent / this.cost) : 1;
    this.options.onProgress?.({ done: this.before, total: this.total, unit: "bytes", matrix: matrices[0].name, share });
  }

  private costOf(matrices: Prepared["plan"]["matrices"]): number {
    return matrices.reduce((sum, matrix) => sum + secondsOf(matrix, this.prepared.settings.matrix), 0);
  }

  private insist<T>(call: () => Promise<T>): Promise<T> {
    return insist(call, this.options);
  }
}
