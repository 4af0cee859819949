/**
 * Every shape of the public API. The definition of each figure is in docs/method.md (§ numbers).
 * Shapes are rows × columns, row-major. Sizes are counts of elements unless they say bytes.
 * Everything that can take long accepts `signal` (rejects with its reason) and `onProgress`.
 */

// ── the kernels ────────────────────────────────────────────────────────────────────────────────

/** Row-major values. `data.length === rows * columns`, else RangeError. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float32Array | Float64Array;
}

/** Compressed sparse rows. `offsets.length === rows + 1`; `indices` ascend within a row. */
export interface SparseMatrix {
  rows: number;
  columns: number;
  offsets: Uint32Array;
  indices: Uint32Array;
  values: Float32Array | Float64Array;
}

export interface LoadOptions {
  /** A precompiled module, where the host forbids compiling bytes at run time (workerd). */
  module?: WebAssembly.Module;
  /**
   * Use fused multiply-add where the host has relaxed SIMD: faster, no longer the same bits everywhere. Default false.
   */
  relaxed?: boolean;
}

/**
 * Synchronous kernels over one WebAssembly instance. Inputs are read, never kept or changed. Non-finite values and, for
 * a participation ratio, all zeros throw RangeError; `norms` takes anything.
 */
export interface Kernels {
  /** "simd128" or "relaxed-simd". */
  readonly instructions: string;
  fitGaussians(matrix: Matrix, options?: GaussianOptions): GaussianFit;
  /** `rows × columns` values of amplitudes · basis. */
  reconstruct(fit: GaussianFit): Float32Array;
  fitFreeGaussians(matrix: Matrix, options: FreeGaussianOptions): FreeGaussianFit;
  participationRatio(matrix: Matrix | SparseMatrix, options?: ParticipationOptions): ParticipationRatio;
  /** Leading singular values, largest first. */
  singularValues(matrix: Matrix | SparseMatrix, options: SpectrumOptions): Spectrum;
  norms(matrix: Matrix): Norms;
}

export interface GaussianOptions {
  /** K, or "auto" = min(columns, max(8, ⌊columns/16⌋)). Default "auto". 1 ≤ K ≤ columns, else RangeError. */
  gaussians?: number | "auto";
  /** σ in units of columns/K. Default 0.5. > 0. */
  width?: number;
}
export interface GaussianBasis {
  gaussians: number;
  columns: number;
  centres: Float64Array;
  sigmas: Float64Array;
}
export interface GaussianFit {
  basis: GaussianBasis;
  rows: number;
  /** rows × gaussians. */
  amplitudes: Float32Array;
  energy: number;
  r2: number;
  /** One value a row. */
  rowEnergy: Float32Array;
  rowR2: Float32Array;
  /** Numerical rank of the basis; below `gaussians` the amplitudes are the minimum-norm ones. */
  rank: number;
  /** columns / gaussians. */
  compression: number;
  amplitudeParticipationRatio: number;
}

export interface FreeGaussianOptions {
  gaussians: number;
  tolerance?: number;
  maxIterations?: number;
  /** Smallest and largest σ in columns. Default 0.3 and `columns`. */
  minimumSigma?: number;
  maximumSigma?: number;
  /** "pursuit" (default) or "even": centres evenly spaced, no search, as a plain curve fit starts. */
  start?: "pursuit" | "even";
}
export type FitStatus = "converged" | "iteration-limit" | "degenerate";
export interface FreeGaussianFit {
  gaussians: number;
  rows: number;
  columns: number;
  /** rows × gaussians each; σ > 0, centres may lie outside [0, columns-1]. */
  amplitudes: Float32Array;
  centres: Float32Array;
  sigmas: Float32Array;
  rowR2: Float32Array;
  iterations: Uint16Array;
  status: FitStatus[];
  energy: number;
  r2: number;
}

export interface ParticipationOptions {
  /**
   * "exact" (‖W‖⁴/‖WWᵀ‖²), "power" (certified interval), "auto": exact if and only if the smaller side is at most 512.
   * Default "auto".
   */
  method?: "auto" | "exact" | "power";
  /** Power method: relative error to reach, by the bounds' half width or by one standard error. Default 1e-2. */
  tolerance?: number;
  /** Power method: vectors iterated together. Default 8. */
  blockSize?: number;
  maxIterations?: number;
  seed?: number;
}
export interface ParticipationRatio {
  /** Best estimate; always inside [lower, upper]. */
  value: number;
  /** Certified bounds (equal to `value` when exact): no probability in them. */
  lower: number;
  upper: number;
  /** Of `value`, where random probes estimated the tail; 0 when exact. */
  standardError: number;
  method: "exact" | "power";
  /** What is within `tolerance`. */
  convergedBy: "exact" | "bounds" | "standard-error" | null;
  iterations: number;
  /** ‖W‖², Σσ². */
  squaredNorm: number;
  stableRank: number;
  spectralNorm: number;
}
export interface SpectrumOptions {
  /** How many. */ count: number;
  tolerance?: number;
  maxIterations?: number;
  seed?: number;
}
export interface Spectrum {
  values: Float64Array /** ‖Av-σu‖ each. */;
  residuals: Float64Array;
  iterations: number;
  converged: boolean;
}
export interface Norms {
  norm: number;
  normPerParameter: number;
  mean: number;
  standardDeviation: number;
  excessKurtosis: number;
  minimum: number;
  maximum: number;
  nonFinite: number;
}

// ── checkpoints ────────────────────────────────────────────────────────────────────────────────

/** The only seam to storage. `read` returns exactly `end - start` bytes or rejects. */
export interface ByteSource {
  readonly name: string;
  readonly byteLength: number;
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** A path (Node, Deno, Bun), a URL (byte ranges), a File/Blob, bytes, or anything with a ByteSource's shape. */
export type CheckpointInput = string | URL | Blob | Uint8Array | ReadableStream<Uint8Array> | ByteSource;

/** `shape` is row-major, outermost first (GGUF's order reversed). */
export interface TensorInfo {
  name: string;
  dtype: string;
  shape: number[];
  parameters: number;
  byteOffset: number;
  byteLength: number;
  file: string;
}
export interface Checkpoint {
  readonly name: string;
  readonly byteLength: number;
  readonly format: "safetensors" | "gguf" | "npy" | "npz";
  close(): Promise<void>;
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /**
   * Rows [first, last) decoded to f32, never more than asked. A vector is one row; other tensors have shape[0] rows.
   */
  readRows(tensor: TensorInfo, first: number, last: number, signal?: AbortSignal): Promise<Float32Array>;
}
/** Reads only the header. Malformed input rejects with CheckpointError, before any large allocation. */

// ── the main job ───────────────────────────────────────────────────────────────────────────────

export interface AnalyzeOptions {
  /**
   * Any of: numbers, "auto", "d/16", "d/32", …. Default ["auto", 8]. A K above a matrix's columns is taken as its
   * columns.
   */
  gaussians?: (number | string)[];
  width?: number;
  /** Column permutations for the null. Default 0 (off) in the library, 20 with `--null` on the command line. */
  permutations?: number;
  /** Name filter. */
  include?: RegExp;
  exclude?: RegExp;
  participation?: ParticipationOptions;
  /**
   * Worker threads; 1 (the default; the command line uses the cores) runs in place. The report has the same bits
   * whatever the number.
   */
  threads?: number;
  /**
   * Whether the calling thread is one of `threads`, as it is with one: it then computes too, and lets events through
   * now and then. Default false: it only waits and reads.
   */
  alongside?: boolean;
  /** Top K singular energy beside each Gaussian figure. Default false. */
  svd?: boolean;
  /** Transpose matrices of these names (GPT-2's Conv1D). */
  transpose?: RegExp;
  /** A precompiled kernel module and the workers' script, for hosts and pages that need them; relaxed as in `load`. */
  module?: WebAssembly.Module;
  workerUrl?: string | URL;
  relaxed?: boolean;
  /**
   * Bytes of weights held at once, over all threads; a matrix's Gram or basis comes on top and is freed with it.
   * Default 64 MiB. Never changes a figure: threads are given up first, and where one row does not fit the call rejects
   * with the least that would do.
   */
  memory?: number;
  /** A share of the energy: each matrix then says the smallest K and the smallest SVD rank that hold it. */
  energy?: number;
  /** Default 1. */
  seed?: number;
  signal?: AbortSignal;
  onProgress?(progress: Progress): void;
  /**
   * Each matrix as soon as its figures are there, in no fixed order; `tiedTo` is known only in the report. `index` is
   * its place in `Report.matrices`.
   */
  onMatrix?(matrix: MatrixReport, index: number): void;
}
export interface Progress {
  done: number;
  total: number;
  unit: "bytes";
  matrix: string;
}

/**
 * What `--format json` prints, whole. Plain data: a figure that does not exist (no layers, too few points, a matrix
 * with non-finite weights) is null, never NaN. No time, path or thread count is in it: same weights and options, same
 * bytes.
 */
export interface Report {
  schemaVersion: 1;
  tool: { name: "weightscope"; version: string; instructions: string };
  source: {
    name: string;
    format: string;
    byteLength: number;
    parameters: number;
    matrices: number;
    skipped: { name: string; reason: string }[];
  };
  options: Record<string, unknown>;
  matrices: MatrixReport[];
  layers: { layer: number; matrices: number; parameters: number; norm: number; normPerParameter: number }[];
  summary: {
    parameters: number;
    /** One for each entry of `gaussians`. */
    /** `energy` pooled: Σ explained / Σ ‖W‖². */
    /** `ratio`: weights of the fitted matrices / amplitudes. Null where no matrix was fitted. */
    compression: {
      gaussians: string;
      amplitudes: number;
      ratio: number | null;
      energy: number | null;
      effectiveParameters: number;
    }[];
    amplitudeParticipationRatio: { mean: number; standardDeviation: number; n: number } | null;
    /** Matrix size against amplitude PR, over matrices of at least two rows and columns. */
    sizeCorrelation: Correlation | null;
    normsDecreaseWithDepth: boolean | null;
  };
}
export interface MatrixReport {
  /**
   * Three or more dimensions: where the last two are both ≥ 32, each slice is a matrix `name[i]` or `name[i,j]`
   * (stacked experts); else rows = shape[0], columns = the product of the rest. Integer tensors, empty ones and those
   * of a single row or column (vectors, `[1, 1, 64]`) are skipped, with the reason.
   */
  name: string;
  layer: number | null;
  /** The first tensor with the same contents; counted there, listed here. */
  tiedTo: string | null;
  /**
   * One of: embedding, position, attention.query, attention.key, attention.value, attention.fused, attention.output,
   * mlp.gate, mlp.up, mlp.down, head; or null.
   */
  role: string | null;
  dtype: string;
  shape: number[];
  rows: number;
  columns: number;
  parameters: number;
  /** Over the finite weights. */
  norms: Norms;
  /** Null where a weight is not finite, or all are zero; `gaussian` is then empty. */
  participation: ParticipationRatio | null;
  /** nd/(n+d+1). */
  noiseParticipationRatio: number;
  gaussian: {
    /** As asked ("auto", "d/32", "8"). */
    asked: string;
    gaussians: number;
    width: number;
    energy: number;
    r2: number | null;
    /** rank/d. */
    noiseEnergy: number;
    noiseAmplitudeParticipationRatio: number | null;
    /** Against permutations; null without them. */
    verdict: "as noise" | "structure" | "below noise" | null;
    /** Closed-form mean, always. */
    permutedEnergy: number;
    permuted?: { standardDeviation: number; z: number; permutations: number };
    /** Energy of the top K singular directions, when asked for. */
    svdEnergy?: number;
    /** With it, the SVD that stores as many numbers as the amplitudes: its rank ⌊nK/(n+d)⌋ and energy. */
    svdAtEqualNumbers?: { rank: number; energy: number };
    rank: number;
    amplitudes: number;
    compression: number;
    amplitudeParticipationRatio: number | null;
  }[];
  /**
   * Where `energy` was asked for: the smallest K of the uniform basis and the smallest SVD rank that hold it; null
   * where none does.
   */
  energyTarget?: { energy: number; gaussians: number | null; svdRank: number | null };
}
export interface Correlation {
  r: number;
  p: number;
  n: number;
  lower: number;
  upper: number;
}

export interface OpenOptions {
  signal?: AbortSignal;
  fetch?: typeof fetch;
  headers?: Record<string, string>;
  token?: string;
}

// ── text ───────────────────────────────────────────────────────────────────────────────────────

export interface TransitionOptions {
  /** V, or several in one pass. More than there are types means all types; the report says how many. */
  vocabulary: number | number[];
  /** α. Default 0. Not with "counts". */
  smoothing?: number;
  /** Default "transition". */
  matrix?: "transition" | "counts";
  /** Default "words". */
  tokens?: "words" | "segmenter" | "characters" | "bytes";
  /** Default 5 and 1. Token ids are kept while shuffling, 4 bytes a token. */
  shuffles?: number;
  seed?: number;
  participation?: ParticipationOptions;
  signal?: AbortSignal;
  onProgress?(progress: { done: number; total: number }): void;
}
export interface TransitionReport {
  vocabulary: number;
  smoothing: number;
  matrix: "transition" | "counts";
  /** Tokens of the text, pairs counted (Σ C), cells of C above zero. */
  tokens: number;
  pairs: number;
  nonZero: number;
  /** Null where that part is zero. */
  antisymmetric: ParticipationRatio | null;
  symmetric: ParticipationRatio | null;
  /** ‖A‖/‖T‖. */
  asymmetry: number;
  /** Means and standard deviations over seeded shuffles of the same tokens. */
  shuffled: {
    shuffles: number;
    antisymmetric: [mean: number, standardDeviation: number] | null;
    symmetric: [mean: number, standardDeviation: number] | null;
    asymmetry: [mean: number, standardDeviation: number];
  };
}

// ── the paper's tables ─────────────────────────────────────────────────────────────────────────

export interface PowerLaw {
  exponent: number;
  standardError: number;
  lower: number;
  upper: number;
  prefactor: number;
  r2: number;
  n: number;
}
