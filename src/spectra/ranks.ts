import { exp, log } from "../base/mathematics.js";

/** Ranks of a matrix from its spectrum, `squares` = λ = σ² in descending order, none negative. docs/method.md §8. */

/** Σλ, from the smallest on. */
export function totalOf(squares: Float64Array): number {
  let sum = 0;
  for (let i = squares.length - 1; i >= 0; i--) sum += squares[i];
  return sum;
}

/**
 * exp(-Σ p ln p) with p = σ/Σσ (Roy & Vetterli 2007), between 1 and the number of positive values; null for zeros
 * alone.
 */
export function effectiveRank(squares: Float64Array): number | null {
  let whole = 0;
  for (let i = squares.length - 1; i >= 0; i--) whole += Math.sqrt(squares[i]);
  if (!(whole > 0)) return null;
  let entropy = 0;
  for (let i = squares.length - 1; i >= 0; i--) {
    const share = Math.sqrt(squares[i]) / whole;
    if (share > 0) entropy -= share * log(share);
  }
  return Math.max(1, exp(entropy));
}

/** The spacing of f32 above 1. */
const SINGLE_EPSILON = 1.1920928955078125e-7;

/** Number of σ above σ₁ · max(rows, columns) · 2⁻²³ and above `floor`, below which none is known. */
export function numericalRank(squares: Float64Array, largerSide: number, floor: number): number {
  const threshold = Math.max(Math.sqrt(squares[0]) * largerSide * SINGLE_EPSILON, floor);
  let rank = 0;
  while (rank < squares.length && Math.sqrt(squares[rank]) > threshold) rank++;
  return rank;
}

/** The least r for which the r largest hold a share of Σλ, for each of `shares` in ascending order. */
export function energyRanks(squares: Float64Array, shares: readonly number[]): number[] {
  const whole = totalOf(squares);
  const ranks: number[] = [];
  let sum = 0;
  let rank = 0;
  for (const share of shares) {
    while (rank < squares.length && !(rank > 0 && sum >= share * whole)) sum += squares[rank++];
    ranks.push(rank);
  }
  return ranks;
}
