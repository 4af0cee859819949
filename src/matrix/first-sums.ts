import type { FitSums } from "../gaussians/uniform.js";
import { joinMoments, type MomentSums } from "../kernels/norms.js";

/** Amplitudes of one basis over some rows. */
export interface FitPart extends FitSums {
  rows: number;
  /** Of each amplitude; as long as the side of `scatter`. */
  mean: Float64Array;
  /** Σ(a - mean)(a - mean)ᵀ, side × side, of which the upper triangle counts. */
  scatter: Float64Array;
}

/** What a first look at rows gathers, but for their Gram matrix. */
export interface FirstSums {
  moments: MomentSums;
  /** The largest |x| of rows that are finite. */
  largest: number;
  finite: boolean;
  /** Σ (row sum)². */
  rowSumSquares: number;
  /** One for each basis. */
  fits: FitPart[];
  /** permutations × bases: Σ explained with the columns permuted; null without permutations. */
  permuted: Float64Array | null;
}

/** The sums of a chunk; `gram`, where one is asked for, is the Gram matrix of its rows, a view until the next chunk. */
export interface FirstPart {
  sums: FirstSums;
  gram: Float64Array | null;
}

/** The sums of rows and of those that follow them. */
export function joinFirst(a: FirstSums, b: FirstSums): FirstSums {
  return {
    moments: joinMoments(a.moments, b.moments),
    largest: Math.max(a.largest, b.largest),
    finite: a.finite && b.finite,
    rowSumSquares: a.rowSumSquares + b.rowSumSquares,
    fits: a.fits.map((fit, k) => joinFit(fit, b.fits[k])),
    permuted: a.permuted && b.permuted && a.permuted.map((sum, i) => sum + b.permuted![i]),
  };
}

/** Scatter about the common mean (Chan, Golub & LeVeque 1979). */
function joinFit(a: FitPart, b: FitPart): FitPart {
  const rows = a.rows + b.rows;
  const share = b.rows / rows;
  const side = a.mean.length;
  const weight = a.rows * share;
  const apart = b.mean.map((x, i) => x - a.mean[i]);
  const scatter = a.scatter.map((x, i) => x + b.scatter[i]);
  for (let i = 0; i < side; i++) for (let j = i; j < side; j++) scatter[i * side + j] += weight * apart[i] * apart[j];
  return {
    squares: a.squares + b.squares,
    residual: a.residual + b.residual,
    variation: a.variation + b.variation,
    rows,
    mean: a.mean.map((x, i) => x + share * apart[i]),
    scatter,
  };
}
