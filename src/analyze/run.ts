import { onAbort } from "../base/aborts.js";
import type { MatrixFigures } from "../matrix/figures.js";
import { MatrixFailure } from "../parallel/failure.js";
import { runMatrices } from "../parallel/pool.js";
import type { AnalyzeOptions } from "../types.js";
import { secondsOf } from "./estimate.js";
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

/** Why matrices could not be done, by their places in the plan. */
export type Failures = ReadonlyMap<number, string>;

/**
 * Finds the figures of some matrices of a plan; says with which instructions, and which could not be done. One that
 * cannot ends its round, and what others had in hand is begun again without it: rare, and then some seconds.
 */
export async function findFigures(
  prepared: Prepared,
  options: AnalyzeOptions,
  run: Run,
): Promise<{ instructions: string; failed: Failures }> {
  const { wanted } = run;
  const failed = new Map<number, string>();
  const left = new Set(wanted);
  const onDone: Run["onDone"] = (index, figures) => {
    left.delete(index);
    run.onDone(index, figures);
  };
  const place = new Map(wanted.map((index, at) => [index, at]));
  const meter = new ProgressMeter(
    wanted.map((index) => prepared.plan.matrices[index]),
    options.onProgress,
    wanted.map((index) => secondsOf(prepared.plan.matrices[index], prepared.settings.matrix)),
  );
  const progress = {
    read: (index: number, bytes: number): void => meter.read(place.get(index)!, bytes),
    spectrum: (index: number, share: number): void => meter.spectrum(place.get(index)!, share),
    finish: (index: number): void => meter.finish(place.get(index)!),
  };
  for (;;) {
    const round = [...left];
    try {
      return { instructions: await oneRound(prepared, options, { ...run, wanted: round, onDone }, progress), failed };
    } catch (error) {
      if (!(error instanceof MatrixFailure)) throw error;
      const index = round[error.index];
      // Where nothing can be done, the failure is the answer.
      if (failed.size === prepared.plan.matrices.length - 1) throw error.cause;
      left.delete(index);
      progress.finish(index);
      failed.set(index, error.message);
    }
  }
}

async function oneRound(
  prepared: Prepared,
  options: AnalyzeOptions,
  run: Run,
  progress: Pick<ProgressMeter, "read" | "spectrum" | "finish">,
): Promise<string> {
  const { checkpoint, plan, settings } = prepared;
  const { signal } = options;
  const matrices = run.wanted.map((index) => plan.matrices[index]);
  // What is stored by columns is held packed while its rows pass.
  const byColumns = matrices.some(({ tensor }) => checkpoint.assembled(tensor)?.recipe.kind === "columns");
  const memory = byColumns ? Math.ceil(settings.memory * (3 / 4)) : settings.memory;
  const threads = affordableThreads(matrices, { ...settings, memory });
  if (byColumns) checkpoint.limit(settings.memory - memory, threads + 1);
  const away = options.away === true;
  const alongside = options.alongside === true && !away;
  const bytes = new MatrixBytes(checkpoint, matrices, { ...settings, memory, threads, alongside, signal });
  const ending = new AbortController();
  const stop = (): void => ending.abort(signal!.reason);
  const forget = onAbort(signal, stop);
  if (signal?.aborted) stop();
  run.failure?.catch((error) => ending.abort(error));
  try {
    const { instructions } = await runMatrices(matrices, settings.matrix, {
      threads,
      alongside,
      away,
      memory: bytes.memory,
      module: options.module,
      workerUrl: options.workerUrl,
      relaxed: options.relaxed,
      signal: ending.signal,
      read: async (at, start, end, into) => {
        const read = await bytes.read(at, start, end, into);
        progress.read(run.wanted[at], read.length);
        return read;
      },
      onRead: (at, count) => progress.read(run.wanted[at], count),
      onSpectrum: (at, share) => progress.spectrum(run.wanted[at], share),
      onDone: (at, figures) => {
        bytes.finish(at);
        progress.finish(run.wanted[at]);
        run.onDone(run.wanted[at], figures);
      },
    });
    return instructions;
  } finally {
    forget();
    await bytes.close();
  }
}
