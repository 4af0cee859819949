/** Matrices in memory, and what the kernels say of them. */

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
   * The kernels of quantised types (`weightscope/quantized.wasm`), where nothing can be imported later: whatever reads
   * and computes in this realm uses them from then on, and `module` as the plain kernels.
   */
  quantized?: WebAssembly.Module | undefined;
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

/** Which singular values are sought. `tolerance`: what counts as converged, ‖WᵀWv - σ²v‖ relative to each own σ². */
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
  /** ‖Av-σu‖ each, and what rounding may hide of it: some singular value lies within it of the value. */
  residuals: Float64Array;
  iterations: number;
  /** Each value by itself is settled to `tolerance`. */
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
