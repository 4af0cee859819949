import type { MatrixFigures } from "../matrix/figures.js";
import type { ToWorker } from "./messages.js";

/** How the figures of all matrices are found. */
export interface PoolOptions {
  threads: number;
  /** Whether the calling thread is one of them. */
  alongside: boolean;
  /** Never the calling thread, whatever that costs. */
  away?: boolean | undefined;
  /** Bytes of weights that each thread may hold. */
  memory: number;
  read(index: number, start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
  /** Bytes that a worker read itself. */
  onRead(index: number, bytes: number): void;
  /** The share of a matrix's spectrum that is done. */
  onSpectrum(index: number, share: number): void;
  onDone(index: number, figures: MatrixFigures): void;
  module?: WebAssembly.Module | undefined;
  workerUrl?: string | URL | undefined;
  relaxed?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** A thread that takes part in the passes of another. */
export interface Helper {
  post(message: ToWorker): void;
}

/** Workers that have the rows of a matrix from `last` on. */
export interface Team {
  last: number;
  helpers: readonly Helper[];
}
