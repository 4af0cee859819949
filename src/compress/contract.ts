import type { Progress, Report } from "../types.js";

/** What to keep of each matrix. */
export type Keep =
  | "signal"
  | { budget: number }
  | { energy: number }
  | { rank: number }
  | { gaussians: number | string };

/** How a checkpoint is compressed; docs/compression.md describes the methods. */
export interface CompressOptions {
  /** Default "singular". */
  method?: "singular" | "gaussian" | undefined;
  /** Default "signal" (Gaussians: the paper's "auto"). `budget`: bits stored over bits of the original. */
  keep?: Keep | undefined;
  /** Default "uniform": each matrix has the same share. The others give directions to where they hold most. */
  allocate?: "uniform" | "energy" | "relative-energy" | undefined;
  /** How factors or amplitudes are stored. Default "source": BF16, F16 or F32 as the tensor. */
  factors?: "source" | "f32" | "bf16" | "f16" | "q8" | "q4" | undefined;
  /** Gaussians only. Default "stored". */
  order?: "stored" | "leading" | "path" | undefined;
  /** Names of matrices to replace. Default: those inside layers. */
  include?: RegExp | undefined;
  exclude?: RegExp | undefined;
  /** Matrices whose transpose is factored. */
  transpose?: RegExp | undefined;
  /**
   * Mean squares of the activations that each column meets, by tensor (llama.cpp's imatrix): columns are weighed by
   * them.
   */
  importance?: ReadonlyMap<string, Float32Array> | undefined;
  /** Taken as everywhere, and without effect so far: factors are found on the calling thread. */
  threads?: number | undefined;
  /**
   * Bytes of weights held at once; a matrix's Gram matrix and factors come on top and are freed with it. Default 64
   * MiB.
   */
  memory?: number | undefined;
  /** Default 1. */
  seed?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called as bytes of weights are read. */
  onProgress?(progress: Progress): void;
}

/** A matrix that was replaced. */
export interface CompressedTensor {
  name: string;
  method: "singular" | "gaussian";
  rows: number;
  columns: number;
  /** Directions, or Gaussians a row. */
  kept: number;
  /** Numbers stored in its place. */
  numbers: number;
  /** They in bits, scales of blocks included. */
  bits: number;
  /**
   * Share of ‖W‖² that is kept. The rounding of factors in 8 and 4 bits is counted, up to terms of second order; that
   * of 16 and 32 bits, below 5e-6, is not.
   */
  energy: number;
}

/** What `compress` did. Plain data, the same for the same input and options. */
export interface CompressReport {
  schemaVersion: 1;
  source: Report["source"];
  options: Record<string, unknown>;
  tensors: CompressedTensor[];
  /** Over the matrices replaced, energies pooled (Σ kept / Σ ‖W‖²); `bytes` of all files. */
  summary: {
    weights: number;
    numbers: number;
    bits: number;
    bitsOfSource: number;
    energy: number;
    bytes: number;
    bytesOfSource: number;
  };
  /** The same by role, in the order in which roles are met. */
  roles: { role: string; matrices: number; weights: number; numbers: number; bits: number; energy: number }[];
  /** What a reader must know: matrices left whole, and why. */
  notes: string[];
}

/** How a compressed checkpoint is restored; nothing in it changes a byte of the result. */
export interface RestoreOptions {
  /** Taken as everywhere, and without effect so far: sums are made on the calling thread. */
  threads?: number | undefined;
  memory?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called as bytes of weights are read. */
  onProgress?(progress: Progress): void;
}

/** What `restore` did. */
export interface RestoreReport {
  schemaVersion: 1;
  source: { name: string; format: string; byteLength: number };
  /** Tensors in all, and those made from factors. */
  tensors: number;
  restored: number;
  bytes: number;
  /** What is not as it was: types that cannot hold sums, headers written anew. */
  notes: string[];
}
