import type { Slices } from "../base/chunks.js";
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

/** Elements of a slice where arrays are added. */
const SLICE = 1 << 20;

/** target += part, in slices. */
export function* addArray(target: Float64Array, part: Float64Array): Slices {
  for (let from = 0; from < part.length; from += SLICE, yield) {
    const to = Math.min(part.length, from + SLICE);
    for (let i = from; i < to; i++) target[i] += part[i];
  }
}

/** The sums of rows and of those that follow them; in slices. */
export function* joinFirst(a: FirstSums, b: FirstSums): Slices<FirstSums> {
  const fits: FitPart[] = [];
  for (const [k, fit] of a.fits.entries()) fits.push(yield* joinFit(fit, b.fits[k]));
  return {
    moments: joinMoments(a.moments, b.moments),
    largest: Math.max(a.largest, b.largest),
    finite: a.finite && b.finite,
    rowSumSquares: a.rowSumSquares + b.rowSumSquares,
    fits,
    permuted: a.permuted && b.permuted && a.permuted.map((sum, i) => sum + b.permuted![i]),
  };
}

/** Scatter about the common mean (Chan, Golub & LeVeque 1979); that of `a` is written over. */
function* joinFit(a: FitPart, b: FitPart): Slices<FitPart> {
  const rows = a.rows + b.rows;
  const share = b.rows / rows;
  const side = a.mean.length;
  const weight = a.rows * share;
  const apart = b.mean.map((x, i) => x - a.mean[i]);
  const { scatter } = a;
  yield* addArray(scatter, b.scatter);
  for (let i = 0; i < side; i++, yield)
    for (let j = i; j < side; j++) scatter[i * side + j] += weight * apart[i] * apart[j];
  return {
    squares: a.squares + b.squares,
    residual: a.residual + b.residual,
    variation: a.variation + b.variation,
    rows,
    mean: a.mean.map((x, i) => x + share * apart[i]),
    scatter,
  };
}
