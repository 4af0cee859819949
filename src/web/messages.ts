import type { CompressReport } from "../compress/contract.js";
import type { Chart, Series } from "../report/html/chart-types.js";
import type { SignalHeat } from "../report/html/heat.js";
import type { CompareReport, MatrixReport, Progress, Report, TensorInfo, TransitionReport } from "../types.js";
import type { ReportForm } from "./download-forms.js";
import type { Histogram } from "./histogram.js";
import type { ToPage, WorkerFailed } from "./page-workers.js";

/** What all that is done so far comes to: sums, tiles and charts, made where it was computed. */
export interface Overview {
  /** Matrices that it is of, and whether they are all. */
  of: number;
  ended: boolean;
  /** Which entry of `gaussians`. */
  k: number;
  /** The layers' norms, as a line. */
  norms: Series;
  summary: Report["summary"];
  facts: [term: string, value: string][];
  heat: SignalHeat;
  /** A point's `key` is the matrix's place in the plan. */
  charts: Chart[];
}

/** What a person chose: files (a checkpoint, or the shards and index of one), or an address. */
export type Input = { files: File[] } | { url: string };

/** Options that a link can carry: plain text and numbers. */
export interface Settings {
  gaussians: string[];
  permutations: number;
  svd: boolean;
  seed: number;
  width: number;
  include: string;
  exclude: string;
  transpose: string;
  /** 0: as many as there are cores. */
  threads: number;
}

/** What a checkpoint's header says, fit to be sent; values of metadata as text, long ones cut. */
export interface Header {
  name: string;
  format: string;
  byteLength: number;
  tensors: TensorInfo[];
  metadata: [key: string, value: string][];
}

/** What becomes of each stored tensor, in the order of the header. */
export interface TensorPlaces {
  /** The place in the plan of the first matrix that it makes or is part of, -1 where it makes none; and how many. */
  first: Int32Array;
  count: Int32Array;
  /** Why it makes none: an entry of `reasons`, -1 where it was not asked for. */
  reason: Int32Array;
  reasons: string[];
}

/** What will be analysed, and what not, as the header says. */
export interface Plan {
  matrices: number;
  notes: string[];
  skipped: Report["source"]["skipped"];
  tensors: TensorPlaces;
}

/** A row's weights beside the Gaussians fitted to it; centres and σ in columns. */
export interface RowFit {
  row: number;
  r2: number;
  energy: number;
  weights: Float32Array;
  /** One for each of the basis' Gaussians. */
  amplitudes: Float32Array;
  centres: Float64Array;
  sigmas: Float64Array;
}
/** Rows that are shown, by how well they are fitted, and the one that was asked for. */
export interface RowFits {
  /** Rows that were read: all, or the first of a large matrix. */
  read: number;
  rows: number;
  best: RowFit;
  median: RowFit;
  worst: RowFit;
  chosen: RowFit | null;
}
/** How the weights of a matrix are spread: of all rows, or of the first of a large one. */
export interface Spread extends Histogram {
  read: number;
  rows: number;
}
/** Leading singular values, largest first, and ‖Av - σu‖ of each. */
export interface Singular {
  values: Float64Array;
  residuals: Float64Array;
  converged: boolean;
}

/** What `compress` is to do, in the command line's words; `value` goes with `keep`. */
export interface CompressChoice {
  method: "singular" | "gaussian";
  keep: "signal" | "budget" | "energy" | "rank" | "gaussians";
  value: string;
  factors: "source" | "f32" | "bf16" | "f16" | "q8" | "q4";
  allocate: "uniform" | "energy" | "relative-energy";
  order: "stored" | "leading" | "path";
  include: string;
  exclude: string;
  /** Names of the matrices whose transpose is factored. */
  transpose: string;
  /** llama.cpp's imatrix. */
  imatrix: File | null;
}

/** What an adapter is to hold, in the command line's words; `value` goes with `keep`. */
export interface AdapterChoice {
  keep: "rounding" | "rank" | "energy";
  value: string;
  dtype: "bf16" | "f16" | "f32";
  rest: boolean;
}

/** Where files go that are made here: a file that the visitor chose, the browser's own disk, or its memory. */
export type Room =
  | { kind: "chosen"; file: FileSystemFileHandle }
  | { kind: "disk"; folder: string }
  | { kind: "memory" };

/** A file that was made; null where the visitor chose its place and it lies there. */
export interface MadeFile {
  name: string;
  byteLength: number;
  file: Blob | null;
}

/** Requests that are answered once. */
export interface Requests {
  /** Tensors come before, in parts, and are left out. */
  open: { ask: { input: Input; online: boolean }; answer: Header };
  /** The report's matrices and layers have come in parts before, and are left out. */
  analyze: { ask: { settings: Settings }; answer: Report };
  overview: { ask: { k: number }; answer: Overview };
  /** The report in one of its forms, or as much of it as there is, and of how many matrices that is. */
  save: { ask: { kind: ReportForm; name: string; room: Room }; answer: MadeFile & { matrices: number } };
  /** What changed; in a session of its own, which opens both. */
  compare: { ask: { base: Input; tuned: Input; online: boolean }; answer: CompareReport };
  /** A smaller file; in a session of its own, as an adapter is. */
  compress: {
    ask: { input: Input; choice: CompressChoice; online: boolean; room: Room };
    answer: { files: MadeFile[]; report: CompressReport };
  };
  adapter: {
    ask: { base: Input; tuned: Input; choice: AdapterChoice; online: boolean; room: Room };
    answer: { files: MadeFile[]; report: CompareReport };
  };
  rows: { ask: { matrix: string; settings: Settings; gaussians: number; row: number | null }; answer: RowFits };
  spread: { ask: { matrix: string; settings: Settings }; answer: Spread };
  singular: { ask: { matrix: string; settings: Settings; count: number }; answer: Singular };
  /** The published columns are of two matrices: T for the antisymmetric part, the counts for the symmetric one. */
  transitions: {
    ask: { file: File; vocabulary: number[]; seed: number; shuffles: number };
    answer: { transition: TransitionReport[]; counts: TransitionReport[] };
  };
}
/** What a request asks for. */
export type Kind = keyof Requests;

/** What the page says to the session that computes. */
export type ToSession =
  | { [K in Kind]: { type: "ask"; id: number; kind: K; ask: Requests[K]["ask"] } }[Kind]
  | { type: "pause" }
  | { type: "resume" }
  | { type: "cancel" }
  | WorkerFailed;

/** What the session says to the page. */
export type FromSession =
  | { type: "answer"; id: number; answer: Requests[Kind]["answer"] }
  | { type: "failed"; id: number; name: string; code: string | null; message: string }
  | { type: "progress"; progress: Progress }
  /** How many matrices there are to be done. */
  | { type: "planned"; plan: Plan }
  | { type: "matrices"; matrices: { index: number; matrix: MatrixReport }[] }
  | { type: "tensors"; tensors: TensorInfo[] }
  | { type: "layers"; layers: Report["layers"] }
  | { type: "counted"; done: number; total: number }
  | ToPage;
