import { marchenkoPasturQuantile } from "./marchenko-pastur.js";

/** What the signal of a matrix says of its noise. */
interface Noise {
  directions: number;
  /** Of one entry. */
  noiseVariance: number;
}

/**
 * The singular value that noise of the matrix's own variance has at a rank, from 1, in a matrix whose first
 * `directions` are signal: the quantile of the Marchenko–Pastur law. Null for ranks of the signal.
 */
export function noiseAtRank(
  { directions, noiseVariance }: Noise,
  { rows, columns }: { rows: number; columns: number },
  rank: number,
): number | null {
  const larger = Math.max(rows, columns) - directions;
  const left = Math.min(rows, columns) - directions;
  if (rank <= directions || rank > left + directions) return null;
  const share = 1 - (rank - directions - 0.5) / left;
  return Math.sqrt(noiseVariance * larger * marchenkoPasturQuantile(share, left / larger));
}
