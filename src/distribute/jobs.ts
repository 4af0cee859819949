import version from "../../build/version.js";
import { taskKeys } from "../analyze/keys.js";
import { planMatrices } from "../analyze/plan.js";
import type { Prepared } from "../analyze/prepare.js";
import { CheckpointError } from "../base/errors.js";
import { loadMachine } from "../kernels/load-machine.js";
import { Sha256 } from "../kernels/sha256.js";
import { costOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { AnalyzeOptions } from "../types.js";
import type { CarriedJob } from "./carrier.js";
import { describeOptions } from "./description.js";
import { LONGEST_WORK, type Work, type WorkOptions } from "./work.js";
import { INSTRUCTIONS } from "./work-runner.js";

/** What a matrix costs beside its arithmetic: a read, and its line of the result. */
const EACH_NS = 2e6;
/** Bytes of weights of a job, unless one matrix is more. */
const BYTES = 64 << 20;
/** Matrices of a job: their figures are a text of some 200 kB. */
const MOST_MATRICES = 100;
/** Matrices of jobs or results that are held at once, where one has fewer: one may have a hundred. */
const MATRICES_AT_ONCE = 200;
/** Seconds of a job, by the model of its cost. */
export const JOB_SECONDS = 5;

/** A run of neighbouring matrices of the plan, from `first` to before `last`. */
export interface Batch {
  id: string;
  first: number;
  last: number;
}

/**
 * Runs of neighbours that cost about `seconds` each and hold at most 64 MiB of weights: every matrix is in exactly one,
 * and which does not depend on what is done already, so that a coordinator that is started again knows its jobs.
 */
export function batchRuns(
  matrices: readonly { cost: number; bytes: number }[],
  seconds: number,
): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  let [cost, bytes] = [0, 0];
  for (const [index, one] of matrices.entries()) {
    const run = runs.at(-1);
    const fitting = cost + one.cost <= seconds * 1e9 && bytes + one.bytes <= BYTES;
    if (run && fitting && index - run.first < MOST_MATRICES) {
      run.last = index + 1;
      cost += one.cost;
      bytes += one.bytes;
    } else {
      runs.push({ first: index, last: index + 1 });
      [cost, bytes] = [one.cost, one.bytes];
    }
  }
  return runs;
}

/** Runs of at most `most` jobs that have at most MATRICES_AT_ONCE matrices, unless one has more. */
export function* inParts(batches: readonly Batch[], most: number): Generator<readonly Batch[]> {
  for (let at = 0, end: number; at < batches.length; at = end) {
    let matrices = 0;
    for (end = at; end < batches.length && end < at + most; end++) {
      matrices += batches[end].last - batches[end].first;
      if (end > at && matrices > MATRICES_AT_ONCE) break;
    }
    yield batches.slice(at, end);
  }
}

/** The matrices that a worker plans, who knows of no filter: those of an analysis that has none. */
function workersMatrices({ checkpoint, plan }: Prepared, options: AnalyzeOptions): readonly StoredMatrix[] {
  const drawn = plan.sample?.places;
  const { matrices } = planMatrices(checkpoint, { transpose: options.transpose });
  return drawn ? matrices.filter(({ name }) => drawn.has(name)) : matrices;
}

/** Where each of these stands among those. */
function placesOf(matrices: readonly StoredMatrix[], among: readonly StoredMatrix[]): number[] {
  const places = new Map(among.map(({ name }, index) => [name, index]));
  return matrices.map(({ name }) => places.get(name)!);
}

/** The jobs of an analysis: which matrices each has, and the text of each when it is asked for. */
export class Jobs {
  private constructor(
    readonly batches: readonly Batch[],
    readonly keys: readonly string[],
    /** Of the matrices among the worker's; null where these are the same. */
    private readonly places: readonly number[] | null,
    private readonly head: Omit<Work, "tasks">,
  ) {}

  /** @throws CheckpointError "not-shareable" for options that only code or a pattern can say. */
  static async of(
    prepared: Prepared,
    {
      options,
      address,
      seconds = JOB_SECONDS,
    }: { options: AnalyzeOptions; address: string; seconds?: number | undefined },
  ): Promise<Jobs> {
    const { checkpoint, plan, settings } = prepared;
    const { include: _, exclude: __, ...described } = describeOptions(options);
    if (typeof described.transpose === "object")
      throw new CheckpointError("not-shareable", "transpose: a job carries no patterns; auto and none can be shared");
    if (options.relaxed)
      throw new CheckpointError("not-shareable", "relaxed: jobs are done with the same bits anywhere");
    const { matrices } = plan;
    const keys = await taskKeys(matrices, settings.matrix, INSTRUCTIONS, ({ tensor }) => checkpoint.places(tensor));
    const filtered = options.include !== undefined || options.exclude !== undefined;
    const runs = batchRuns(
      matrices.map((one) => ({ cost: EACH_NS + costOf(one, settings.matrix), bytes: one.byteLength })),
      seconds,
    );
    const machine = await loadMachine();
    const idOf = ({ first, last }: { first: number; last: number }): string =>
      `t${new Sha256(machine).hex(keys.slice(first, last).join(), 4)}`;
    return new Jobs(
      runs.map((run) => ({ id: idOf(run), ...run })),
      keys,
      filtered ? placesOf(matrices, workersMatrices(prepared, options)) : null,
      { schemaVersion: 1, version, instructions: INSTRUCTIONS, address, options: described as WorkOptions },
    );
  }

  job({ id, first, last }: Batch): CarriedJob {
    const { keys, places } = this;
    const tasks = keys.slice(first, last).map((key, i) => ({ key, index: places?.[first + i] ?? first + i }));
    const work = JSON.stringify({ ...this.head, tasks } satisfies Work);
    if (work.length > LONGEST_WORK) throw new CheckpointError("not-shareable", "the options are too long for a job");
    return { id, work };
  }
}
