/** What is said of a whole checkpoint. */
import type { TensorInfo } from "./checkpoint.js";
import type { MatrixReport } from "./matrix-report.js";

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
    /** Of `norm`, where experts were sampled; null where one stands for several. */
    normStandardError?: number | null;
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
    /** Where `options.sample` left some out: then totals, means and shares here are estimates for all. */
    sample?: SampleSummary;
  };
}

/**
 * What a sample was drawn of, and the standard errors of what it estimates (docs/scale.md): 0 where nothing that counts
 * was left out, null where too little was drawn to say. Counts and statistics of distribution are of the drawn alone.
 */
export interface SampleSummary {
  /** Layers measured of each stack that was not taken whole. */
  layers: { stack: string; measured: number; of: number }[];
  /** Experts measured in the drawn layers, and how many these have; null where none was left out. */
  experts: { measured: number; of: number } | null;
  matrices: { measured: number; of: number };
  standardErrors: {
    /** One for each entry of `compression`. */
    compression: {
      gaussians: string;
      amplitudes: number | null;
      ratio: number | null;
      energy: number | null;
      effectiveParameters: number | null;
    }[];
    /** Of the mean. */
    amplitudeParticipationRatio: number | null;
    signal: { directions: number | null; parameters: number | null; energy: number | null } | null;
    energyTarget: { amplitudes: number | null; factors: number | null } | null;
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

/** Pearson's r over `n` points, its two-sided p, and its 95 % interval [lower, upper] by Fisher's z. */
export interface Correlation {
  r: number;
  p: number;
  n: number;
  lower: number;
  upper: number;
}

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
