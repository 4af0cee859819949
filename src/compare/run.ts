import { onAbort } from "../base/aborts.js";
import { quoted } from "../base/printable.js";
import { Machine } from "../kernels/machine.js";
import { compileKernels } from "../kernels/modules.js";
import { type ChangeFigures, type ChangeOptions, changeOf } from "../matrix/change/change.js";
import type { WantedRank } from "../matrix/change/factors.js";
import { startWorkers } from "../parallel/worker-thread.js";
import type { MatrixPair } from "./match.js";

/** How changes are computed. */
export interface RunOptions {
  seed: number;
  /** What factors are wanted of a pair. */
  factors(index: number): WantedRank | null;
  threads: number;
  /** Bytes of weights held at once, over all threads. */
  memory: number;
  module?: WebAssembly.Module | undefined;
  workerUrl?: string | URL | undefined;
  signal?: AbortSignal | undefined;
  onRead(index: number, bytes: number): void;
  /** The share of a pair's spectrum that is done. */
  onSpectrum(index: number, share: number): void;
  onDone(index: number): void;
}

/** Work below which starting workers costs more than they save. */
const WORTH_A_WORKER_NS = 100e6;

/** About the nanoseconds a pair takes: two Gram matrices in f64 and all eigenvalues. */
function costOf({ shape: { rows, columns } }: MatrixPair): number {
  const smaller = Math.min(rows, columns);
  return rows * columns * (30 + smaller / 8) + smaller * smaller * smaller;
}

/** The order in which pairs are begun; equal ones keep theirs. */
export const dearestFirst = (a: MatrixPair, b: MatrixPair): number => costOf(b) - costOf(a);

/**
 * Threads among which `memory` can be shared so that each still gets a row of every pair. @throws RangeError with the
 * least that would do.
 */
export function affordableThreads(
  pairs: readonly MatrixPair[],
  { threads, memory }: { threads: number; memory: number },
): number {
  const widest = pairs.reduce<MatrixPair | null>(
    (most, pair) => (most === null || pair.least > most.least ? pair : most),
    null,
  );
  if (widest === null) return 1;
  if (memory < widest.least)
    throw new RangeError(
      `memory: ${memory} bytes hold no row of ${quoted(widest.shape.name)} on both sides; the least that would ` +
        `do is ${widest.least}`,
    );
  return Math.max(1, Math.min(threads, pairs.length, Math.floor(memory / widest.least)));
}

/**
 * Calls `take` with what changed in each pair, in any order, from several threads or in place where no worker starts.
 */
export async function runChanges(
  pairs: readonly MatrixPair[],
  options: RunOptions,
  take: (index: number, figures: ChangeFigures) => void,
): Promise<void> {
  const { signal, seed } = options;
  const threads = affordableThreads(pairs, options);
  const memory = Math.floor(options.memory / threads);
  const change = (index: number): ChangeOptions => ({ memory, seed, factors: options.factors(index) });
  const module = options.module ?? (await compileKernels("plain"));
  const costs = pairs.map(costOf);
  const queue = [...pairs.keys()].sort((a, b) => costs[b] - costs[a] || a - b);
  const readerOf =
    (index: number): MatrixPair["read"] =>
    async (first, last) => {
      signal?.throwIfAborted();
      const {
        read,
        bytes,
        shape: { rows },
      } = pairs[index];
      const block = await read(first, last);
      options.onRead(index, (bytes * (last - first)) / rows);
      return block;
    };
  const each = async (work: (index: number) => Promise<ChangeFigures>): Promise<void> => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      signal?.throwIfAborted();
      take(index, await work(index));
      options.onDone(index);
    }
  };
  const inPlace = (): Promise<void> => {
    const machine = new Machine(module, "simd128");
    return each((index) => {
      const events = { signal, onShare: (share: number) => options.onSpectrum(index, share) };
      return changeOf(machine, pairs[index].shape, readerOf(index), change(index), events);
    });
  };
  if (threads === 1 || costs.reduce((a, b) => a + b, 0) < WORTH_A_WORKER_NS) return inPlace();
  const starting = startWorkers(threads, options, { type: "start", module, instructions: "simd128", quantized: null });
  try {
    const aborted = rejectedAt(signal);
    const workers = await Promise.race([starting.workers, aborted.promise]);
    try {
      if (workers.length === 0) return await inPlace();
      await Promise.race([
        Promise.all(
          workers.map((worker) =>
            each((index) =>
              worker.change(pairs[index].shape, readerOf(index), change(index), (share) =>
                options.onSpectrum(index, share),
              ),
            ),
          ),
        ),
        aborted.promise,
      ]);
    } finally {
      aborted.forget();
    }
  } finally {
    starting.terminate();
  }
}

/** A promise that is only ever rejected, with the reason of the abort. */
function rejectedAt(signal: AbortSignal | undefined): { promise: Promise<never>; forget(): void } {
  let abort = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
  });
  promise.catch(() => {}); // it is raced
  const forget = onAbort(signal, abort);
  if (signal?.aborted) abort();
  return { promise, forget };
}
