import { analyzeMatrix, costOf, firstReadOf, type MatrixFigures, type MatrixOptions, rangesOf } from "./analyze/matrix.js";
import type { MatrixPlan } from "./analyze/plan.js";
import type { ByteReader } from "./analyze/rows.js";
import { Machine } from "./kernels.js";
import { compileKernels, hasRelaxedSimd } from "./modules.js";
import { startWorkers, type PoolWorker } from "./pool-worker.js";

export interface PoolOptions {
  threads: number;
  /** Bytes of weights that each thread may hold. */
  memory: number;
  read(index: number, start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
  /** Bytes that a worker read itself. */
  onRead(index: number, bytes: number): void;
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
  const workers = pool.threads > 1 ? await startWorkers(pool, { type: "start", module, instructions, quantized: await quantizedModule(matrices) }) : [];
  const figures = new Array<MatrixFigures>(matrices.length);
  const done = (index: number, found: MatrixFigures): void => {
    figures[index] = found;
    pool.onDone(index, found);
  };
  if (workers.length === 0) {
    const machine = new Machine(module, instructions);
    const readers = readAhead(matrices, (index) => firstReadOf(matrices[index], options, pool.memory), pool.read);
    for (const index of matrices.keys()) done(index, await analyzeMatrix(machine, matrices[index], options, readers[index], pool.memory, pool.signal));
    return { figures, instructions };
  }
  let abort: (() => void) | undefined;
  try {
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(pool.signal!.reason);
      pool.signal?.addEventListener("abort", abort, { once: true });
      if (pool.signal?.aborted) abort();
    });
    await Promise.race([spread(workers, matrices, options, pool, done), aborted]);
    return { figures, instructions };
  } finally {
    if (abort) pool.signal?.removeEventListener("abort", abort);
    for (const worker of workers) worker.terminate();
  }
}

/** Readers of matrices that come one after the other: with the last bytes of one, the first of the next are asked for. */
function readAhead(matrices: readonly MatrixPlan[], first: (index: number) => number, read: PoolOptions["read"]): ByteReader[] {
  let ahead: { index: number; end: number; bytes: Promise<Uint8Array> } | null = null;
  const ask = (index: number): void => {
    const end = index < matrices.length ? first(index) : 0;
    if (end === 0 || ahead?.index === index) return;
    ahead = { index, end, bytes: read(index, 0, end) };
    ahead.bytes.catch(() => {}); // it is awaited only when its matrix comes
  };
  return matrices.map(({ byteLength }, index) => ({
    async read(start, end, into) {
      const early = start === 0 && ahead?.index === index && ahead.end === end ? ahead.bytes : null;
      if (early) ahead = null;
      const bytes = await (early ?? read(index, start, end, into));
      if (end === byteLength) ask(index + 1);
      return bytes;
    },
  }));
}

/** A matrix that costs more than this share of what each thread has to do is shared by all. */
const SHARED = 1 / 3;

/** First the matrices that would keep one thread busy alone at the end, each spread over all by its rows; then the others whole, the dearest first. */
async function spread(workers: PoolWorker[], matrices: MatrixPlan[], options: MatrixOptions, pool: PoolOptions, done: (index: number, figures: MatrixFigures) => void): Promise<void> {
  const costs = matrices.map((matrix) => costOf(matrix, options)), most = (SHARED * costs.reduce((a, b) => a + b, 0)) / workers.length;
  const queue: number[] = [];
  for (const index of [...matrices.keys()].sort((a, b) => costs[b] - costs[a] || a - b)) {
    const ranges = costs[index] > most ? rangesOf(matrices[index], options, workers.length) : [];
    if (ranges.length < 2) queue.push(index);
    else done(index, await shared(workers, index, matrices[index], ranges, options, pool));
  }
  await Promise.all(workers.map(async (worker) => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) done(index, await worker.run(index, matrices[index], options, pool));
  }));
}

/** One matrix by its rows: the first worker leads, with the first range, the others help. */
async function shared([lead, ...others]: PoolWorker[], index: number, plan: MatrixPlan, ranges: ReturnType<typeof rangesOf>, options: MatrixOptions, pool: PoolOptions): Promise<MatrixFigures> {
  const helpers = others.slice(0, ranges.length - 1), failures = helpers.map((helper, k) => helper.help(index, plan, ranges[k + 1], options, pool, (part, transfer) => lead.post({ type: "part", helper: k, part }, transfer)));
  try {
    return await Promise.race([lead.run(index, plan, options, pool, { last: ranges[0].last, helpers }), ...failures]);
  } finally {
    for (const helper of helpers) helper.post({ type: "leave" });
  }
}

const quantizedModule = async (matrices: MatrixPlan[]): Promise<WebAssembly.Module | null> => (matrices.some(({ type }) => type.kernel === "dequantize") ? compileKernels("quantized") : null);
