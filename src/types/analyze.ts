/** What `analyze` is asked for, and what it would take. */
import type { Checkpoint, CheckpointInput, Journal } from "./checkpoint.js";
import type { ParticipationOptions } from "./kernels.js";
import type { MatrixReport } from "./matrix-report.js";
import type { Report } from "./report.js";

/** What `analyze` is asked for, and how it runs. */
export interface AnalyzeOptions {
  /**
   * Any of: numbers, "auto", "d/16", "d/32", …. Default ["auto", 8]. A K above a matrix's columns is taken as its
   * columns.
   */
  gaussians?: (number | string)[] | undefined;
  width?: number | undefined;
  /** Column permutations for the null. Default 0 (off) in the library, 20 with `--null` on the command line. */
  permutations?: number | undefined;
  /** For an adapter: what it adapts. */
  base?: CheckpointInput | Checkpoint | undefined;
  /** Name filter. */
  include?: RegExp | undefined;
  exclude?: RegExp | undefined;
  participation?: ParticipationOptions | undefined;
  /**
   * Worker threads; 1 (the default; the command line uses the cores) runs in place. The report has the same bits
   * whatever the number.
   */
  threads?: number | undefined;
  /**
   * Whether the calling thread is one of `threads`, as it is with one: it then computes too, and lets events through
   * now and then. Default false: it only waits and reads.
   */
  alongside?: boolean | undefined;
  /** Whether nothing is ever computed on the calling thread: its event loop stays free, also with one thread. */
  away?: boolean | undefined;
  /** Top K singular energy beside each Gaussian figure. Default false. */
  svd?: boolean | undefined;
  /**
   * Transpose matrices of these names; "auto" (default) where names and shapes give inputs × outputs away (GPT-2's
   * Conv1D), "none" never.
   */
  transpose?: "auto" | "none" | RegExp | undefined;
  /** A precompiled kernel module and the workers' script, for hosts and pages that need them; relaxed as in `load`. */
  module?: WebAssembly.Module | undefined;
  workerUrl?: string | URL | undefined;
  relaxed?: boolean | undefined;
  /**
   * Bytes of weights held at once, over all threads; a matrix's Gram or basis comes on top and is freed with it.
   * Default 64 MiB. Never changes a figure: threads are given up first, and where one row does not fit the call rejects
   * with the least that would do.
   */
  memory?: number | undefined;
  /** A share of the energy: each matrix then says the smallest K and the smallest SVD rank that hold it. */
  energy?: number | undefined;
  /**
   * Whose singular values are all found, for the count of signal directions (docs/method.md §8). "auto" (default):
   * every matrix with a smaller side up to 512; beyond, a seeded sample by role, whose modelled cost is at most that of
   * the default figures over the whole checkpoint, and which depends on the checkpoint and the seed alone; "all";
   * "none". With `energy` they are found of every matrix, and with "none" not described.
   */
  spectrum?: "auto" | "all" | "none" | undefined;
  /** Keep the singular values themselves in the report. Default false. */
  singularValues?: boolean | undefined;
  /** Some layers, or some experts of each, in place of all: totals are then estimates with standard errors. */
  sample?: SampleOptions | undefined;
  /** Default 1. */
  seed?: number | undefined;
  /** Finished matrices are kept there, and not done again (`openJournal`, docs/scale.md). */
  journal?: Journal | undefined;
  /**
   * Whether the matrices of the report hold their figures packed, for checkpoints of 100,000: each is read like any
   * other and written by `JSON.stringify` as ever, but is no plain data to copy (`structuredClone`, `{ ...matrix }`),
   * and its figures are made anew when they are asked for. Default false.
   */
  packed?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Called as bytes of weights are read and matrices are finished, in no fixed order of matrices. */
  onProgress?(progress: Progress): void;
  /**
   * Each matrix as soon as its figures are there, in no fixed order; `tiedTo` is known only in the report. `index` is
   * its place in `Report.matrices`.
   */
  onMatrix?(matrix: MatrixReport, index: number): void;
}

/**
 * What is drawn to stand for all, by `seed` and the names of the matrices alone: of each stack every L/N-th layer,
 * L its
 * layers and N `layers`, from a random start; of each layer `experts` experts. All where there are no more. What is in
 * no layer is always taken.
 */
export interface SampleOptions {
  /** From 1; of layers that differ in shape at least two of each kind, where N allows it. */
  layers?: number | undefined;
  /** From 1. */
  experts?: number | undefined;
}

/**
 * How far an analysis is: bytes of weights, half counted when they are read, whole when their figures are there; and
 * the matrix that brought it forward.
 */
export interface Progress {
  done: number;
  total: number;
  unit: "bytes";
  matrix: string;
  /** Of the modelled cost, from 0 to 1: what time left is reckoned by. */
  share?: number | undefined;
}

/** What `analyze` would do with a checkpoint and options. Plain data; the same of both give the same bytes. */
export interface AnalysisPlan {
  schemaVersion: 1;
  tool: Report["tool"];
  source: Pick<Report["source"], "name" | "format" | "byteLength">;
  options: Report["options"];
  /** One for each matrix, in the order of the report. */
  tasks: AnalysisTask[];
  estimate: AnalysisEstimate;
}

/** The work on one matrix. */
export interface AnalysisTask {
  /** The name of the work: the same work has the same key on every machine (docs/scale.md). */
  key: string;
  name: string;
  dtype: string;
  rows: number;
  columns: number;
  /** As it is stored. */
  byteLength: number;
  /** Of one core, about. */
  seconds: number;
}

/** What an analysis takes, about, known from the header alone. Seconds are of a core like that of bench/RESULTS.md. */
export interface AnalysisEstimate {
  matrices: number;
  bytesStored: number;
  /** From a local file: what `memory` does not hold between passes is read in each. A remote one is fetched once. */
  bytesRead: number;
  coreSeconds: number;
  /** Of the dearest matrix, and its name. */
  largestSeconds: number;
  largest: string | null;
  /** The least `memory` that would do. */
  leastMemory: number;
  /** Bytes that the whole process holds at most, in Node with one thread. */
  peakMemory: number;
  /** Of the report as json. */
  outputBytes: number;
  /** More would wait for the dearest matrix. */
  workers: number;
  /** Matrices that cannot be done so, and why: what they would take is in no other figure but `matrices`. */
  failed: { name: string; reason: string }[];
}
