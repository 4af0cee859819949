import type { MatrixReport, Progress, Report, TensorInfo, TransitionReport } from "../types.js";

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

export interface Header {
  name: string;
  format: string;
  byteLength: number;
  tensors: TensorInfo[];
  metadata: [key: string, value: string][];
}

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
export interface RowFits {
  /** Rows that were read: all, or the first of a large matrix. */
  read: number;
  rows: number;
  best: RowFit;
  median: RowFit;
  worst: RowFit;
  chosen: RowFit | null;
}
export interface Singular {
  values: Float64Array;
  residuals: Float64Array;
  converged: boolean;
}

/** Requests that are answered once. */
export interface Requests {
  open: { ask: { input: Input }; answer: Header };
  analyze: { ask: { settings: Settings }; answer: Report };
  rows: { ask: { matrix: string; settings: Settings; gaussians: number; row: number | null }; answer: RowFits };
  singular: { ask: { matrix: string; settings: Settings; count: number }; answer: Singular };
  /** The published columns are of two matrices: T for the antisymmetric part, the counts for the symmetric one. */
  transitions: {
    ask: { file: File; vocabulary: number[]; seed: number; shuffles: number };
    answer: { transition: TransitionReport[]; counts: TransitionReport[] };
  };
}
export type Kind = keyof Requests;

export type ToSession =
  | { [K in Kind]: { type: "ask"; id: number; kind: K; ask: Requests[K]["ask"] } }[Kind]
  | { type: "pause" }
  | { type: "resume" }
  | { type: "cancel" };

export type FromSession =
  | { type: "answer"; id: number; answer: Requests[Kind]["answer"] }
  | { type: "failed"; id: number; name: string; code: string | null; message: string }
  | { type: "progress"; progress: Progress }
  | { type: "matrices"; matrices: { index: number; matrix: MatrixReport }[] }
  | { type: "counted"; done: number; total: number };
