import { onAbort } from "../base/aborts.js";
import type { RowRange } from "../base/chunks.js";
import { Machine } from "../kernels/machine.js";
import { compileKernels, hasRelaxedSimd } from "../kernels/modules.js";
import type { MatrixFigures } from "../matrix/figures.js";
import { type MatrixOptions, rangesOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { LocalThread } from "./calling-thread.js";
import { costOfAll, type Division, divide, workersFor } from "./division.js";
import { ofMatrix } from "./failure.js";
import type { PoolOptions } from "./options.js";
import { type PoolWorker, startWorkers } from "./worker-thread.js";

/**
 * The figures of every matrix, in the order of the matrices, from `threads` threads, or in place with one or where no
 * worker starts.
 * @throws MatrixFailure for the first matrix that cannot be done where others can.
 */
export async function runMatrices(
  matrices: StoredMatrix[],
  options: MatrixOptions,
  pool: PoolOptions,
): Promise<{ figures: MatrixFigures[]; instructions: string }> {
  const relaxed = pool.relaxed === true && (pool.module !== undefined || (await hasRelaxedSimd()));
  const module = pool.module ?? (await compileKernels(relaxed ? "relaxed" : "plain"));
  const instructions = relaxed ? "relaxed-simd" : "simd128";
  const figures = new Array<MatrixFigures>(matrices.length);
  const scheduler = new Scheduler(matrices, options, pool, (index, found) => {
    figures[index] = found;
    pool.onDone(index, found);
  });
  const wanted = pool.away ? pool.threads : workersFor(costOfAll(matrices, options), pool.threads, pool.alongside);
  const starting =
    wanted === 0
      ? null
      : startWorkers(wanted, pool, { type: "start", module, instructions, quantized: await quantizedModule(matrices) });
  const own: { machine?: Machine } = {};
  const local = (): LocalThread => {
    own.machine = (pool.module ? null : takeIdle(instructions)) ?? new Machine(module, instructions);
    return new LocalThread(own.machine, matrices, options, pool);
  };
  let forget = (): void => {};
  try {
    const aborted = new Promise<never>((_, reject) => {
      const abort = (): void => reject(pool.signal!.reason);
      forget = onAbort(pool.signal, abort);
      if (pool.signal?.aborted) abort();
    });
    aborted.catch(() => {}); // it is raced, or the thread here has ended with the same reason
    if (pool.alongside && starting) {
      await Promise.race([starting.begun, aborted]);
      await Promise.race([scheduler.runShared(local(), starting.workers), aborted]);
    } else {
      const workers = starting ? await Promise.race([starting.workers, aborted]) : [];
      if (workers.length === 0 && pool.away && matrices.length > 0)
        throw new Error("no worker starts here, and nothing is to be computed on the calling thread");
      if (workers.length === 0) await scheduler.runHere(local());
      else await Promise.race([scheduler.runOnWorkers(workers), aborted]);
    }
    // After a failure it may still be at work.
    if (own.machine && !pool.module) keepIdle(own.machine);
    return { figures, instructions };
  } finally {
    forget();
    starting?.terminate();
  }
}

/**
 * Instances of the calling thread between runs, by their instructions: making one costs more than the work of a small
 * job.
 */
const idle = new Map<string, Machine>();
/** Bytes of an instance's memory, which never shrinks, beyond which it is given back: edge functions have little. */
const MOST_IDLE = 2 << 20;

function takeIdle(instructions: string): Machine | null {
  const machine = idle.get(instructions) ?? null;
  idle.delete(instructions);
  return machine;
}

function keepIdle(machine: Machine): void {
  if (machine.exports.memory.buffer.byteLength <= MOST_IDLE) idle.set(machine.instructions, machine);
}

/**
 * Who does what: first the matrices that would keep one thread busy alone at the end, each spread over all by its rows;
 * then the others whole, the dearest first.
 */
class Scheduler {
  private readonly queue: number[];
  /** Matrices that workers have in hand. */
  private running = 0;

  constructor(
    private readonly matrices: StoredMatrix[],
    private readonly options: MatrixOptions,
    private readonly pool: PoolOptions,
    private readonly done: (index: number, figures: MatrixFigures) => void,
  ) {
    this.queue = [...matrices.keys()];
  }

  /**
   * What is in the queue, one after the other; the next one is taken before the one before it is done, while there is
   * enough for `others` too.
   */
  async runHere(local: LocalThread, others = 0): Promise<void> {
    let index = this.queue.shift();
    while (index !== undefined) {
      const next = this.queue.length > 2 * others ? this.queue.shift() : undefined;
      this.done(index, await ofMatrix(index, local.run(index, next)));
      index = next ?? this.queue.shift();
    }
  }

  async runOnWorkers(workers: PoolWorker[]): Promise<void> {
    for (const { index, ranges } of this.takeShared(workers.length))
      this.done(index, await this.share(index, ranges, workers[0], workers.slice(1)));
    await Promise.all(workers.map((worker) => this.whole(worker)));
  }

  /** This thread leads where a matrix is shared, and does not wait for the workers to start otherwise. */
  async runShared(local: LocalThread, starting: Promise<PoolWorker[]>): Promise<void> {
    for (const { index } of this.takeShared(this.pool.threads)) {
      const workers = await starting;
      this.done(
        index,
        await this.share(index, rangesOf(this.matrices[index], this.options, workers.length + 1), local, workers),
      );
    }
    // Two in the hands of each: this thread may be too busy to give them the next at once.
    const others = starting.then((workers) =>
      Promise.all(workers.flatMap((worker) => [this.whole(worker), this.whole(worker)])),
    );
    await Promise.race([this.runHere(local, this.pool.threads - 1), others.then(() => new Promise<never>(() => {}))]);
    // The queue is empty: workers that have not begun have nothing to do.
    if (this.running > 0) await others;
  }

  private async whole(worker: PoolWorker): Promise<void> {
    for (let index = this.queue.shift(); index !== undefined; index = this.queue.shift()) {
      this.running++;
      const figures = await ofMatrix(index, worker.run(index, this.matrices[index], this.options, this.pool));
      this.running--;
      this.done(index, figures);
    }
  }

  /** Takes the matrices to share out of the queue, and puts the others in order. */
  private takeShared(threads: number): Division["shared"] {
    const { shared, whole } = divide(this.matrices, this.options, threads);
    this.queue.splice(0, Infinity, ...whole);
    return shared;
  }

  /** One matrix by its rows: the leader has the first range, the others help. */
  private async share(
    index: number,
    ranges: RowRange[],
    leader: PoolWorker | LocalThread,
    others: PoolWorker[],
  ): Promise<MatrixFigures> {
    const { matrices, options, pool } = this;
    const helpers = others.slice(0, ranges.length - 1);
    const failures = helpers.map((helper, k) =>
      helper.help({ index, plan: matrices[index], range: ranges[k + 1], options, pool }, (part, transfer) =>
        leader.takePart(k, part, transfer),
      ),
    );
    const team = { last: ranges[0].last, helpers };
    try {
      const led =
        leader instanceof LocalThread
          ? leader.lead(index, team)
          : leader.run(index, matrices[index], options, pool, team);
      return await ofMatrix(index, Promise.race([led, ...failures]));
    } finally {
      for (const helper of helpers) helper.leave();
    }
  }
}

const quantizedModule = async (matrices: StoredMatrix[]): Promise<WebAssembly.Module | null> =>
  matrices.some(({ type }) => type.kernel === "dequantize") ? compileKernels("quantized") : null;
