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

/** How `load` starts the kernels. */
export interface LoadOptions {
  /** A precompiled module, where the host forbids compiling bytes at run time (workerd). */
  module?: WebAssembly.Module | undefined;
  /**
   * Use fused multiply-add where the host has relaxed SIMD: faster, no longer the same bits everywhere. Default false.
   */
  relaxed?: boolean | undefined;
}

/**
 * Synchronous kernels over one WebAssembly instance. Inputs are read, never kept or changed. Non-finite values and, for
 * a participation ratio, all zeros throw RangeError; `norms` takes anything.
 */
export interface Kernels {
  /** "simd128" or "relaxed-simd". */
  readonly instructions: string;
  /** Least-squares amplitudes of K evenly spaced Gaussians for every row (docs/method.md §1). */
  fitGaussians(matrix: Matrix, options?: GaussianOptions): GaussianFit;
  /** `rows × columns` values of amplitudes · basis. */
  reconstruct(fit: GaussianFit): Float32Array;
  /** K Gaussians whose centres and widths are sought for every row, by Levenberg–Marquardt (docs/method.md §1). */
  fitFreeGaussians(matrix: Matrix, options: FreeGaussianOptions): FreeGaussianFit;
  /** (Σσ²)²/Σσ⁴, exactly or within certified bounds (docs/method.md §3). */
  participationRatio(matrix: Matrix | SparseMatrix, options?: ParticipationOptions): ParticipationRatio;
  /** Leading singular values, largest first. */
  singularValues(matrix: Matrix | SparseMatrix, options: SpectrumOptions): Spectrum;
  /** Frobenius norm and moments of the entries (docs/method.md §6). */
  norms(matrix: Matrix): Norms;
}

/** A basis of K Gaussians with evenly spaced centres and one width. */
export interface GaussianOptions {
  /** K, or "auto" = min(columns, max(8, ⌊columns/16⌋)). Default "auto". 1 ≤ K ≤ columns, else RangeError. */
  gaussians?: number | "auto" | undefined;
  /** σ in units of columns/K. Default 0.5. > 0. */
  width?: number | undefined;
}
/** The basis that a fit used: centres and standard deviations in columns, counted from 0, one for each Gaussian. */
export interface GaussianBasis {
  gaussians: number;
  columns: number;
  centres: Float64Array;
  sigmas: Float64Array;
}
/**
 * Amplitudes of least squares, row by row. `energy` and `rowEnergy`: the share of Σw² explained, 0 to 1; `r2` and
 * `rowR2`: the same of Σ(w - mean)², at most 1 and negative where the mean does better.
 */
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

/**
 * A fit whose centres and widths are free, row by row. `gaussians`: 1 to columns. `tolerance`: a step ends when an
 * iteration lowers the squared error by less than this part of it; in [0, 1), default 1e-6. `maxIterations`: of a row,
 * 1 to 65,535, default 10,000.
 */
export interface FreeGaussianOptions {
  gaussians: number;
  tolerance?: number | undefined;
  maxIterations?: number | undefined;
  /** Smallest and largest σ in columns. Default 0.3 and `columns`. */
  minimumSigma?: number | undefined;
  maximumSigma?: number | undefined;
  /** "pursuit" (default) or "even": centres evenly spaced, no search, as a plain curve fit starts. */
  start?: "pursuit" | "even" | undefined;
}
/** How a row's search ended; "degenerate": fewer than K Gaussians leave nothing that another could lower. */
export type FitStatus = "converged" | "iteration-limit" | "degenerate";
/** What was found for each row; centres and σ in columns. `energy` and `r2` as in `GaussianFit`. */
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

/** How (Σσ²)²/Σσ⁴ is found. */
export interface ParticipationOptions {
  /**
   * "exact" (‖W‖⁴/‖WWᵀ‖²), "power" (certified interval), "auto": exact if and only if the smaller side is at most 512.
   * Default "auto".
   */
  method?: "auto" | "exact" | "power" | undefined;
  /** Power method: relative error to reach, by the bounds' half width or by one standard error. Default 1e-2. */
  tolerance?: number | undefined;
  /** Power method: vectors iterated together. Default 8. */
  blockSize?: number | undefined;
  maxIterations?: number | undefined;
  seed?: number | undefined;
}
/** (Σσ²)²/Σσ⁴, between 1 and min(rows, columns): how many equal singular values would have the same spread. */
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
  /** σ₁, from below. */
  spectralNorm: number;
  /** Some singular value lies within this of `spectralNorm`: ‖WᵀWv - σ²v‖/σ of the vector it was found with. */
  spectralNormResidual: number;
}
/** Which singular values are sought. `tolerance`: the residual relative to σ₁ that counts as converged. */
export interface SpectrumOptions {
  /** How many. */
  count: number;
  tolerance?: number | undefined;
  maxIterations?: number | undefined;
  seed?: number | undefined;
}
/** The leading singular values, largest first. */
export interface Spectrum {
  values: Float64Array;
  /** ‖Av-σu‖ each. */
  residuals: Float64Array;
  iterations: number;
  converged: boolean;
}
/**
 * Moments of the entries. `norm` is ‖W‖ (Frobenius), `normPerParameter` that over the number of finite entries; entries
 * that are not finite are counted in `nonFinite` and left out of everything else. Standard deviation and kurtosis are
 * the population's; the excess is over the normal's 3.
 */
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
  /** Bytes [start, end), all of them. */
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
/** An open checkpoint: its header, and rows on demand. Everything after `close` rejects. */
export interface Checkpoint {
  readonly name: string;
  readonly byteLength: number;
  readonly format: "safetensors" | "gguf" | "npy" | "npz";
  /** Frees files and temporary room. */
  close(): Promise<void>;
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /**
   * Rows [first, last) decoded to f32, never more than asked. A vector is one row; other tensors have shape[0] rows.
   */
  readRows(tensor: TensorInfo, first: number, last: number, signal?: AbortSignal): Promise<Float32Array>;
}
/** `inspect --format json`: what the tensors of a checkpoint are, and what they mean. */
export interface InspectReport {
  schemaVersion: 1;
  source: Report["source"];
  /** Of all matrices and vectors: no companions, buffers or integers. */
  weights: number;
  /** Arrays longer than 16 are `{ length, first }`, strings longer than 1000 characters are cut. */
  metadata: Record<string, unknown>;
  matrices: {
    name: string;
    stack: string | null;
    layer: number | null;
    role: string | null;
    dtype: string;
    shape: number[];
    rows: number;
    columns: number;
    parameters: number;
    /** Stored tensors it is read from, that of the weights or codes first. */
    tensors: string[];
  }[];
  buffers: { name: string; reason: string }[];
  /** As stored. */
  tensors: TensorInfo[];
}

// ── the main job ───────────────────────────────────────────────────────────────────────────────

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
  /** Default 1. */
  seed?: number | undefined;
  /** Finished matrices are kept there, and not done again (`openJournal`, docs/scale.md). */
  journal?: Journal | undefined;
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
 * How far an analysis is: bytes of weights, half counted when they are read, whole when their figures are there; and
 * the matrix that brought it forward.
 */
export interface Progress {
  done: number;
  total: number;
  unit: "bytes";
  matrix: string;
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
  /** Of the report as json. */
  outputBytes: number;
  /** More would wait for the dearest matrix. */
  workers: number;
}

/**
 * What `--format json` prints, whole. Plain data: a figure that does not exist (no layers, too few points, a matrix
 * with non-finite weights) is null, never NaN. No time, path or thread count is in it: same weights and options, same
 * bytes.
 */
export interface Report {
  schemaVersion: 2;
  tool: { name: "weightscope"; version: string; instructions: string };
  source: {
    name: string;
    format: string;
    byteLength: number;
    parameters: number;
    matrices: number;
    skipped: { name: string; reason: string }[];
    /**
     * What a reader must know: tensors that an index leaves out, shards missing, orientation turned, what could not be
     * dequantised, filters, weights not finite.
     */
    notes: string[];
  };
  options: Record<string, unknown>;
  matrices: MatrixReport[];
  /**
   * `stack` is the whole name before the layer number ("model.layers", "v.blk"); the rows of one stack stand together.
   */
  layers: {
    stack: string;
    layer: number;
    matrices: number;
    parameters: number;
    norm: number;
    normPerParameter: number;
  }[];
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
    /** Of the largest stack; every stack's own in `stacks`. */
    normsDecreaseWithDepth: boolean | null;
    stacks: { stack: string; layers: number; normsDecreaseWithDepth: boolean | null }[];
    /** The answer (docs/method.md §8). Null without spectra. */
    signal: SignalSummary | null;
    signalDetail: SignalDetail | null;
    /** What `energy` asks for, in all: numbers to store, and never more than a matrix has weights. */
    energyTarget: EnergySummary | null;
    /** Matrices that could not be done, and why: no other figure of the report knows of them. */
    failed: { name: string; reason: string }[];
  };
}

/**
 * Directions above each matrix's own noise, over all matrices; where the sample left some out, extended from the others
 * of their role. Tied matrices are counted once.
 */
export interface SignalSummary {
  directions: number;
  /**
   * Of `directions`, by the formula for stratified sampling without replacement: 0 where all were counted, null where
   * but one of several matrices of a role was.
   */
  standardError: number | null;
  /** Σ of the smaller sides. */
  of: number;
  /** Free parameters, Σ r(n + d - r). */
  parameters: number;
  /** Share of Σ‖W‖² that the directions hold. */
  energy: number;
  /** Matrices whose spectrum was found, and all that have one. */
  counted: number;
  matrices: number;
  /** Of those counted, how many have no Marchenko–Pastur bulk, or none at all: there the edge says little. */
  withoutBulk: number;
  /** Roles of which no matrix was sampled: they are in no total. */
  unsampledRoles: string[];
}

/** More of the signal, over the matrices that were counted: nothing here is extended. */
export interface SignalDetail {
  /** Σ r(n + d): numbers that the directions take as stored factors. */
  factors: number;
  /** The share of Σ‖W‖² that Gaussian bases of at most as many numbers keep. */
  gaussianEnergy: number;
  layers: SignalGroup<{ stack: string; layer: number }>[];
  /** `role` is null for matrices without one. */
  roles: SignalGroup<{ role: string | null }>[];
  /** Names of the matrices with the largest and with the smallest share of signal directions, at most three each. */
  most: string[];
  least: string[];
}

/** What is counted of one layer or one role. */
export type SignalGroup<Of> = Of & {
  directions: number;
  of: number;
  parameters: number;
  energy: number;
  counted: number;
  matrices: number;
};

/** Numbers that hold a share of the energy of every matrix. */
export interface EnergySummary {
  energy: number;
  /** Of the matrices. */
  weights: number;
  /** rows · K of the smallest K. */
  amplitudes: number;
  /** rank · (rows + columns) of the smallest rank. */
  factors: number;
}
/** The figures of one matrix. */
export interface MatrixReport {
  /**
   * Three or more dimensions: stacked experts, known by name, are slices `name[i]` or `name[i,j]`; anything else
   * (convolutions, patches) is one matrix of shape[0] rows, columns = the product of the rest.
   * Integer tensors, empty ones and those of a single row or column (vectors, `[1, 1, 64]`) are skipped, with the
   * reason. Of a matrix put together from several tensors: the name that it would have whole ("….q_proj.weight"), its
   * own shape, and the family as dtype ("GPTQ-4", "FP8 128×128").
   */
  name: string;
  /** The list of layers that `layer` counts in: "model.layers", "blk"; null outside any. */
  stack: string | null;
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
  /**
   * Of an adapter's matrix, scale · B · A: the rank given and the rank used (singular values above rounding), and its
   * norm over that of the base's matrix, where `base` was given and has it.
   */
  adapter?: { rank: number; rankUsed: number; scale: number; relativeChange: number | null };
  /**
   * What all singular values say (docs/method.md §8). Null where `participation` is, and where the sample left it out.
   */
  spectrum: MatrixSpectrum | null;
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
    /** With it, the energy of the SVD that stores as many numbers as the amplitudes, of rank ⌊nK/(n+d)⌋. */
    svdAtEqualNumbers?: number;
    rank: number;
    amplitudes: number;
    compression: number;
    amplitudeParticipationRatio: number | null;
  }[];
  /**
   * Where `energy` was asked for: the smallest K of the uniform basis that holds it, null where none does, and the
   * smallest SVD rank.
   */
  energyTarget?: { energy: number; gaussians: number | null; rank: number };
}

/**
 * Signal directions, ranks and tail of a matrix, from all its singular values. No figure but those with a unit depends
 * on the weights' scale.
 */
export interface MatrixSpectrum {
  signal: {
    /** λ = σ² above the edge of the matrix's own noise (Marchenko–Pastur, iterated; Tracy–Widom's 99 % point). */
    directions: number;
    /** Free parameters of a matrix of that rank, r(n + d - r). As stored factors it takes r(n + d) numbers. */
    parameters: number;
    /** Share of ‖W‖² that they hold. */
    energy: number;
    /** What λ = σ² of the noise alone stays below. */
    edge: number;
    /** Of one weight. */
    noiseVariance: number;
    /** The count of Kritchman & Nadler (2008). */
    kritchmanNadler: number;
    /** λ under the lower edge of the bulk: they may carry information too, and are not in the count. */
    below: number;
    /**
     * Kolmogorov–Smirnov distance of the bulk from the Marchenko–Pastur law times its size, 2 to 3 for white noise;
     * null under "no bulk".
     */
    bulk: number | null;
    verdict: "ok" | "no Marchenko–Pastur bulk" | "no bulk";
  };
  /**
   * The same question put to the matrix with the signs of its entries flipped at random; where `permutations` are asked
   * for.
   */
  signFlips?: { directions: number; flips: number };
  /**
   * Share of ‖W‖² that a uniform Gaussian basis keeps with at most the numbers of the signal as factors: K = ⌊r(n +
   * d)/n⌋.
   */
  gaussianEnergy: number;
  /** exp of the entropy of σ/Σσ (Roy & Vetterli 2007). */
  effectiveRank: number | null;
  /** σ above σ₁ · max(n, d) · 2⁻²³ and above `floor`. */
  numericalRank: number | null;
  /** Singular values below it are rounding. */
  floor: number;
  /** Directions that hold 50, 90 and 99 % of ‖W‖². */
  energyRanks: { "0.5": number | null; "0.9": number | null; "0.99": number | null };
  /**
   * Power law λ^-exponent of the upper end (Clauset, Shalizi & Newman 2009): a description. Null with fewer than ten
   * values.
   */
  tail: { exponent: number; standardError: number; minimum: number; n: number; distance: number } | null;
  /** With `singularValues`, largest first. */
  singularValues?: number[];
}
/** Pearson's r over `n` points, its two-sided p, and its 95 % interval [lower, upper] by Fisher's z. */
export interface Correlation {
  r: number;
  p: number;
  n: number;
  lower: number;
  upper: number;
}

/** How a checkpoint is opened; all but `signal` and `asStored` are for URLs. */
export interface OpenOptions {
  signal?: AbortSignal | undefined;
  /** In place of the host's `fetch`. */
  fetch?: typeof fetch | undefined;
  /** Sent to the URL's own origin, never to another that it redirects to. */
  headers?: Record<string, string> | undefined;
  /** Sent as a bearer token, likewise. */
  token?: string | undefined;
  /** Milliseconds before the first retry, doubled before each further one. Default 500. */
  backoff?: number | undefined;
  /** Milliseconds without progress (a mean below 1 kB/s counts as none) until a request is given up. Default 30,000. */
  silence?: number | undefined;
  /** A compressed file as the factors that it holds, not as what it stands for. */
  asStored?: boolean | undefined;
}

// ── text ───────────────────────────────────────────────────────────────────────────────────────

/** How a text's transition matrix is made. */
export interface TransitionOptions {
  /** V, or several in one pass. More than there are types means all types; the report says how many. */
  vocabulary: number | number[];
  /** α. Default 0. Not with "counts". */
  smoothing?: number | undefined;
  /** Default "transition". */
  matrix?: "transition" | "counts" | undefined;
  /** Default "words". */
  tokens?: "words" | "segmenter" | "characters" | "bytes" | undefined;
  /** Default 5 and 1. Token ids are kept while shuffling, 4 bytes a token. */
  shuffles?: number | undefined;
  seed?: number | undefined;
  participation?: ParticipationOptions | undefined;
  signal?: AbortSignal | undefined;
  /** Called between the steps of the work. */
  onProgress?(progress: { done: number; total: number }): void;
}
/** Participation ratios of the antisymmetric and symmetric parts of one transition matrix, beside shuffles. */
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

/**
 * y = prefactor · x^exponent by least squares of the logarithms over `n` points; [lower, upper] is the exponent's 95 %
 * interval.
 */
export interface PowerLaw {
  exponent: number;
  standardError: number;
  lower: number;
  upper: number;
  prefactor: number;
  r2: number;
  n: number;
}

// ── two checkpoints ────────────────────────────────────────────────────────────────────────────

/** A matrix on both sides. docs/method.md §10. */
export interface ComparedMatrix {
  /** As the tuned side calls it, and as the base does. */
  name: string;
  baseName: string;
  layer: number | null;
  stack: string | null;
  role: string | null;
  rows: number;
  columns: number;
  /** ‖W‖ of the base. */
  norm: number;
  /** ‖ΔW‖/‖W‖; null where the base is zero and something changed. */
  relativeChange: number | null;
  /** Of ΔW with W. Null where nothing changed, as the ranks are; rankAboveRounding is then 0. */
  cosine: number | null;
  /** Share of entries that changed. */
  changed: number;
  /** Of ΔW. */
  participation: ParticipationRatio | null;
  /** nd/(n+d+1). */
  noiseParticipationRatio: number;
  energyRanks: { "0.5": number; "0.9": number; "0.99": number } | null;
  /** Singular values of ΔW above 1.2 times the norm of the noise that rounding to the two files' types leaves. */
  rankAboveRounding: number;
  /** Directions of ΔW above its own noise (docs/method.md §8). */
  signal: ChangeSignal | null;
}
/** docs/method.md §8, of ΔW. */
export interface ChangeSignal {
  directions: number;
  parameters: number;
  energy: number;
  edge: number;
  noiseVariance: number;
  kritchmanNadler: number;
  below: number;
  bulk: number | null;
  verdict: "ok" | "no Marchenko–Pastur bulk" | "no bulk";
}
/** Several matrices together: ‖ΔW‖/‖W‖ over all their entries; ranks over those that changed. */
export interface ChangedGroup {
  matrices: number;
  unchanged: number;
  relativeChange: number | null;
  /** Null where nothing changed. */
  medianRank90: number | null;
  largestRankAboveRounding: number;
}
/** What `compare --format json` prints, whole; plain data as `Report` is. */
export interface CompareReport {
  schemaVersion: 1;
  base: Report["source"];
  tuned: Report["source"];
  options: Record<string, unknown>;
  /** In the order of the tuned side. */
  matrices: ComparedMatrix[];
  /** Vectors on both sides. */
  others: { name: string; relativeChange: number | null }[];
  unmatched: { base: string[]; tuned: string[] };
  layers: ({ stack: string; layer: number } & ChangedGroup)[];
  roles: ({ role: string } & ChangedGroup)[];
  /** Layer × role. */
  cells: ({ stack: string; layer: number; role: string } & ChangedGroup)[];
  /** What a LoRA of one rank for all matrices inside layers would hold of their change, and the numbers it takes. */
  adapterRanks: { rank: number; energy: number; parameters: number }[];
  /** By type, where a side is quantised: ‖ΔW‖²/‖W‖² and bits a weight. */
  quantisation: {
    side: "base" | "tuned";
    dtype: string;
    bits: number;
    matrices: number;
    weights: number;
    error: number;
  }[];
  /** Of `extractAdapter`. */
  adapter?: AdapterReport;
  /** What a reader must know: tensors of another shape, rows put into another order, ties. */
  notes: string[];
  /** Matrices with weights that are not finite on either side. */
  failed: { name: string; reason: string }[];
  summary: {
    matrices: number;
    unchanged: number;
    /** Over the matrices that changed: √Σ‖ΔW‖² / √Σ‖W‖². 0 where none did. */
    relativeChange: number;
    medianRank90: number;
    smallestRank90: number;
    largestRank90: number;
    /** Over the matrices that changed. */
    smallestRankAboveRounding: number;
    largestRankAboveRounding: number;
    others: number;
    othersChanged: number;
    /** Share of Σ‖Δ‖² that is in vectors. */
    shareOutsideMatrices: number;
  };
}
/** An adapter that was written, or left to be read from its stream. */
export interface AdapterReport {
  /** Of every module; `lora_alpha` is the same. */
  rank: number;
  factors: "f32" | "bf16" | "f16";
  modules: number;
  /** Numbers in the factors, those that pad smaller ranks with zeros too, and bytes of adapter_model.safetensors. */
  parameters: number;
  bytes: number;
  /** Share of ‖ΔW‖² of its modules that the factors hold. */
  energy: number;
  /** Share of all that changed in either: modules saved whole count as held. */
  held: number;
  /** Tensors saved whole, and those that changed and are in neither, with their share of all that changed. */
  saved: string[];
  leftOut: { name: string; share: number }[];
}
/** Which matrices `compare` takes, and how it runs. */
export interface CompareOptions {
  /** By the name on the tuned side. */
  include?: RegExp | undefined;
  exclude?: RegExp | undefined;
  /** As in `analyze`; the report has the same bits whatever they are. */
  threads?: number | undefined;
  memory?: number | undefined;
  /** Of the rounding noise. Default 1. */
  seed?: number | undefined;
  module?: WebAssembly.Module | undefined;
  workerUrl?: string | URL | undefined;
  signal?: AbortSignal | undefined;
  /** Called as bytes of weights are read and matrices are finished, in no fixed order of matrices. */
  onProgress?(progress: Progress): void;
}
/** Which change `extractAdapter` writes as a LoRA, and how. */
export interface AdapterOptions extends CompareOptions {
  /**
   * Rank of every module, smaller ones padded with zeros; or the share of energy that each is to hold. Neither: what
   * stands above rounding.
   */
  rank?: number | undefined;
  energy?: number | undefined;
  /** How factors are stored. Default "bf16". */
  factors?: "f32" | "bf16" | "f16" | undefined;
  /** Write what a LoRA cannot hold (embeddings, head, norms that changed) as modules to save. Default false. */
  rest?: boolean | undefined;
}
/** A file to be written: nothing is computed for it before it is read. */
export interface OutputFile {
  name: string;
  bytes: ReadableStream<Uint8Array>;
}

/** Where finished matrices are kept, so that they need not be done again. Keys: docs/scale.md. */
export interface Journal {
  /** Whether a task is finished. */
  has(key: string): boolean;
  /** The figures kept under a key; null where there are none. */
  get(key: string): Promise<unknown>;
  /** Keeps the figures of a finished task; resolves when they are written. */
  add(result: { key: string; figures: unknown }): Promise<void>;
  /** Frees what it holds. */
  close(): Promise<void>;
}
