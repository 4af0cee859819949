import { largestOfNoise, TRACY_WIDOM_995 } from "./marchenko-pastur.js";

const MOST_SWEEPS = 50;
const TOLERANCE = 1e-10;

/**
 * The number of directions above noise by Kritchman & Nadler (2008): the smallest k for which λ_{k+1} may be noise
 * (99.5 % point), its variance from the trace that is left, corrected for what noise adds to the k above it. `squares`
 * = λ in descending order.
 */
export function kritchmanNadler(squares: Float64Array, rows: number, columns: number): number {
  const larger = Math.max(rows, columns);
  const smaller = Math.min(rows, columns);
  const rests = new Float64Array(smaller + 1);
  for (let i = smaller - 1; i >= 0; i--) rests[i] = rests[i + 1] + squares[i] / larger;
  for (let k = 0; k < smaller - 1; k++) {
    const variance = noiseVariance(squares, k, rests[k], larger, smaller);
    if (!(squares[k] > variance * largestOfNoise(larger, smaller - k, TRACY_WIDOM_995))) return k;
  }
  return Math.max(0, smaller - 1);
}

/** Their self-consistent equations: `rest` is Σ_{i > k} λ_i/N. */
function noiseVariance(squares: Float64Array, k: number, rest: number, larger: number, smaller: number): number {
  const left = smaller - k;
  let variance = rest / left;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let excess = 0;
    for (let i = 0; i < k; i++) {
      const value = squares[i] / larger;
      const sum = value + variance - (left / larger) * variance;
      const discriminant = sum * sum - 4 * value * variance;
      if (discriminant < 0) return variance;
      excess += value - (sum + Math.sqrt(discriminant)) / 2;
    }
    const next = (rest + excess) / left;
    const before = variance;
    if (!(next > 0)) return variance;
    variance = next;
    if (Math.abs(next - before) < TOLERANCE * before) return variance;
  }
  return variance;
}
