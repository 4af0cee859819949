/** Transition matrices of texts. */
import type { ParticipationOptions, ParticipationRatio } from "./kernels.js";

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
