import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { asRawCheckpoint, isCheckpoint } from "../checkpoint/adapted.js";
import { openRaw } from "../checkpoint/open.js";
import { hasRelaxedSimd } from "../kernels/modules.js";
import type { MatrixFigures } from "../matrix/figures.js";
import type { AnalysisPlan, AnalyzeOptions, Checkpoint, CheckpointInput } from "../types.js";
import { type FailedMatrix, inOrder } from "./analyze.js";
import { planOf } from "./estimate.js";
import { checkedOptions, knownOptions, naturalOptions } from "./options.js";
import { type Prepared, prepare } from "./prepare.js";
import { findFigures } from "./run.js";
import { withPrepared } from "./with-prepared.js";

/** What a task gives: plain data, the same wherever it is run. */
export interface TaskResult {
  key: string;
  figures: MatrixFigures;
}

const instructionsOf = async ({ relaxed }: AnalyzeOptions): Promise<AnalysisPlan["tool"]["instructions"]> =>
  relaxed && (await hasRelaxedSimd()) ? "relaxed-simd" : "simd128";

/**
 * What `analyze` would do with a checkpoint, from its header alone: its tasks, and about what they take.
 * @throws as `analyze` does.
 */
export async function planAnalysis(
  input: CheckpointInput | Checkpoint,
  given: AnalyzeOptions = {},
): Promise<AnalysisPlan> {
  return withPrepared(input, given, async (prepared, options) => planOf(prepared, await instructionsOf(options)));
}

/**
 * Runs tasks of one checkpoint by their keys: opens it and finds what its tensors mean once, for all that follow.
 * Whoever calls `run`, one run comes after the other.
 */
export class TaskRunner {
  private turn: Promise<unknown> = Promise.resolve();
  private readonly places: ReadonlyMap<string, number>;

  private constructor(
    readonly plan: AnalysisPlan,
    private readonly prepared: Prepared,
    private readonly options: AnalyzeOptions,
    private readonly own: boolean,
  ) {
    this.places = new Map(plan.tasks.map(({ key }, index) => [key, index]));
  }

  /** @throws as `analyze` does. A checkpoint that was opened by the caller is left open. */
  static async open(input: CheckpointInput | Checkpoint, given: AnalyzeOptions = {}): Promise<TaskRunner> {
    const options = naturalOptions(knownOptions(given));
    const settings = checkedOptions(options);
    const own = !isCheckpoint(input);
    const raw = isCheckpoint(input) ? asRawCheckpoint(input) : await openRaw(input, { signal: options.signal });
    try {
      const prepared = await prepare(raw, options, settings);
      return new TaskRunner(await planOf(prepared, await instructionsOf(options)), prepared, options, own);
    } catch (error) {
      if (own) await raw.close();
      throw error;
    }
  }

  /**
   * The figures of the tasks with these keys, each given to `onResult` as it is finished, in no order; what could not
   * be done is returned.
   * @throws CheckpointError "unknown-task" for a key that is not of this plan: another version, other options, or a
   * file that has changed.
   */
  run(keys: readonly string[], onResult: (result: TaskResult) => void, signal?: AbortSignal): Promise<FailedMatrix[]> {
    const work = this.turn.then(() => this.runNow(keys, onResult, signal));
    this.turn = work.catch(() => undefined);
    return work;
  }

  /** After the runs that were asked for. */
  async close(): Promise<void> {
    await this.turn;
    if (this.own) await this.prepared.checkpoint.close();
  }

  private async runNow(
    keys: readonly string[],
    onResult: (result: TaskResult) => void,
    signal = this.options.signal,
  ): Promise<FailedMatrix[]> {
    const { plan, prepared, options, places } = this;
    const unknown = keys.find((key) => !places.has(key));
    if (unknown !== undefined)
      throw new CheckpointError(
        "unknown-task",
        `${printable(plan.source.name)}: no task ${printable(unknown, 40)}: of another version or other options, or ` +
          "the file has changed",
      );
    // Once each, in the order in which they lie.
    const wanted = [...new Set(keys.map((key) => places.get(key)!))].sort((a, b) => a - b);
    const { failed } = await findFigures(
      prepared,
      { ...options, signal },
      {
        wanted,
        onDone: (index, figures) => onResult({ key: plan.tasks[index].key, figures }),
      },
    );
    return inOrder(prepared, failed);
  }
}

/**
 * The tasks of a checkpoint, to be run by their keys.
 * @throws as `analyze` does. A checkpoint that was opened by the caller is left open.
 */
export const openTasks = (input: CheckpointInput | Checkpoint, options: AnalyzeOptions = {}): Promise<TaskRunner> =>
  TaskRunner.open(input, options);
