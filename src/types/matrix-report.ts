/** The figures of one matrix. */
import type { Norms, ParticipationRatio } from "./kernels.js";

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
  /** Of a sample: how many matrices of the checkpoint this one stands for in all totals and means. */
  sampleWeight?: number;
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
