import { startWorker, type WorkerHandle } from "#host";
import { analyzeMatrix, type MatrixFigures, type MatrixOptions } from "./analyze/matrix.js";
import type { MatrixPlan } from "./analyze/plan.js";
import { Machine } from "./kernels.js";
import { compileKernels, hasRelaxedSimd } from "./modules.js";
import { quoted } from "./text.js";
import type { FromWorker, ToWorker } from "./worker-messages.js";

export interface PoolOptions {
  threads: number;
  /** Bytes of weights that each thread may hold. */
  memory: number;
  read(index: number, start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
  onDone(index: number, figures: MatrixFigures): void;
  module?: WebAssembly.Module;
  workerUrl?: string | URL;
  relaxed?: boolean;
  signal?: AbortSignal;
}

/** The figures of every matrix, in the order of the matrices, from `threads` workers, or in place with one or where no worker starts. */
export async function runMatrices(matrices: MatrixPlan[], options: MatrixOptions, pool: PoolOptions): Promise<{ figures: MatrixFigures[]; instructions: string }> {
  const relaxed = pool.relaxed === true && (pool.module !== undefined || (await hasRelaxedSimd()));
  const module = pool.module ?? (await compileKernels(relaxed ? "relaxed" : "plain"));
  const instructions = relaxed ? "relaxed-simd" : "simd128";
  // The dearest first, so that none is left to run alone at the end.
  const queue = matrices.map((_, index) => index).sort((a, b) => costOf(matrices[b]) - costOf(matrices[a]) || a - b);
  const workers = pool.threads > 1 ? await startWorkers(pool, { type: "start", module, instructions, quantized: await quantizedModule(matrices) }) : [];
  const figures = new Array<MatrixFigures>(matrices.length);
  if (workers.length === 0) {
    const machine = new Machine(module, instructions);
    for (const index of matrices.keys()) {
      figures[index] = await analyzeMatrix(machine, matrices[index], options, (start, end, into) => pool.read(index, start, end, into), pool.memory, pool.signal);
      pool.onDone(index, figures[index]);
    }
    return { figures, instructions };
  }
  let abort: (() => void) | undefined;
  try {
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(pool.signal!.reason);
      pool.signal?.addEventListener("abort", abort, { once: true });
      if (pool.signal?.aborted) abort();
    });
    const all = Promise.all(workers.map(async (worker) => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        figures[index] = await runOne(worker, index, matrices[index], options, pool);
        pool.onDone(index, figures[index]);
      }
    }));
    await Promise.race([all, aborted]);
    return { figures, instructions };
  } finally {
    if (abort) pool.signal?.removeEventListener("abort", abort);
    for (const worker of workers) worker.terminate();
  }
}

const costOf = ({ rows, columns }: MatrixPlan): number => rows * columns * Math.min(rows, columns, 2048);

const quantizedModule = async (matrices: MatrixPlan[]): Promise<WebAssembly.Module | null> => (matrices.some(({ type }) => type.kernel === "dequantize") ? compileKernels("quantized") : null);

/** Workers that answered; fewer, or none, where the host or its policy forbids them. */
async function startWorkers(pool: PoolOptions, start: ToWorker): Promise<WorkerHandle[]> {
  const started = await Promise.all(Array.from({ length: pool.threads }, async () => {
    try {
      const worker = await startWorker(pool.workerUrl);
      try {
        await new Promise<void>((resolve, reject) => {
          worker.onMessage((message) => ((message as FromWorker).type === "ready" ? resolve() : reject(new Error("a worker did not start"))));
          worker.onError(reject);
          worker.post(start);
        });
        return worker;
      } catch (error) {
        worker.terminate();
        throw error;
      }
    } catch (error) {
      if (pool.workerUrl !== undefined) throw new Error(`workerUrl: no worker starts from ${String(pool.workerUrl)}: ${(error as Error)?.message ?? error}`, { cause: error });
      return null;
    }
  }));
  return started.filter((worker): worker is WorkerHandle => worker !== null);
}

/** One matrix in one worker: it asks for bytes, which are read here, and ends with figures or an error. */
function runOne(worker: WorkerHandle, index: number, plan: MatrixPlan, options: MatrixOptions, pool: PoolOptions): Promise<MatrixFigures> {
  return new Promise((resolve, reject) => {
    worker.onError((error) => reject(new Error(`a worker crashed at ${quoted(plan.name)}: ${error.message}`, { cause: error })));
    worker.onMessage((data) => {
      const message = data as FromWorker;
      if (message.type === "done") resolve(message.figures);
      else if (message.type === "failed") reject(rebuilt(message));
      else if (message.type === "read") {
        pool.read(index, message.start, message.end, message.into).then((bytes) => {
          const own = toGive(bytes, message.into);
          worker.post({ type: "bytes", request: message.request, bytes: own }, [own.buffer as ArrayBuffer]);
        }).catch(reject);
      }
    });
    worker.post({ type: "job", plan, options, memory: pool.memory });
  });
}

/** Bytes to give away: the source may still hold what it returned, unless that is the worker's own memory. */
function toGive(bytes: Uint8Array, into?: Uint8Array): Uint8Array {
  if (!into || into.length < bytes.length) return bytes.slice();
  if (bytes.buffer === into.buffer) return bytes;
  into.set(bytes);
  return into.subarray(0, bytes.length);
}

function rebuilt({ name, message }: Extract<FromWorker, { type: "failed" }>): Error {
  return name === "RangeError" ? new RangeError(message) : new Error(message);
}
