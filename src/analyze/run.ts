import type { MatrixFigures } from "../matrix/figures.js";
import { runMatrices } from "../parallel/pool.js";
import type { AnalyzeOptions } from "../types.js";
import { MatrixBytes } from "./matrix-bytes.js";
import { affordableThreads, type Prepared } from "./prepare.js";
import { ProgressMeter } from "./progress.js";

/** Which matrices of a plan are to be done. */
export interface Run {
  wanted: readonly number[];
  onDone(index: number, figures: MatrixFigures): void;
  /** Ends the run when it rejects. */
  failure?: Promise<never> | undefined;
}

/** Finds the figures of some matrices of a plan; says with which instructions. */
export async function findFigures(prepared: Prepared, options: AnalyzeOptions, run: Run): Promise<string> {
  const { checkpoint, plan, settings } = prepared;
  const { signal } = options;
  const matrices = run.wanted.map((index) => plan.matrices[index]);
  // What is stored by columns is held packed while its rows pass.
  const byColumns = matrices.some(({ tensor }) => checkpoint.assembled(tensor)?.recipe.kind === "columns");
  const memory = byColumns ? Math.ceil(settings.memory * (3 / 4)) : settings.memory;
  const threads = affordableThreads(matrices, { ...settings, memory });
  if (byColumns) checkpoint.limit(settings.memory - memory, threads + 1);
  const alongside = options.alongside === true;
  const bytes = new MatrixBytes(checkpoint, matrices, { ...settings, memory, threads, alongside, signal });
  const meter = new ProgressMeter(matrices, options.onProgress);
  const ending = new AbortController();
  const stop = (): void => ending.abort(signal!.reason);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  run.failure?.catch((error) => ending.abort(error));
  try {
    const { instructions } = await runMatrices(matrices, settings.matrix, {
      threads,
      alongside,
      memory: bytes.memory,
      module: options.module,
      workerUrl: options.workerUrl,
      relaxed: options.relaxed,
      signal: ending.signal,
      read: async (at, start, end, into) => {
        const read = await bytes.read(at, start, end, into);
        meter.read(at, read.length);
        return read;
      },
      onRead: (at, count) => meter.read(at, count),
      onDone: (at, figures) => {
        bytes.finish(at);
        meter.finish(at);
        run.onDone(run.wanted[at], figures);
      },
    });
    return instructions;
  } finally {
    signal?.removeEventListener("abort", stop);
    await bytes.close();
  }
}
