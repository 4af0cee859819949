import { automaticGaussians } from "../gaussians/uniform.js";
import { chosenGaussians } from "../matrix/asked.js";

/** What a matrix costs as it is, and what a number costs that stands for it. */
export interface Costs {
  rows: number;
  columns: number;
  /** Bits of the original. */
  sourceBits: number;
  /** Of a stored number. */
  bitsEach: number;
}

/** A quotient of whole numbers may come out a little below the whole number that it is. */
const floor = (x: number): number => Math.floor(x * (1 + 1e-12));

/** Numbers of a direction: a column of `left` and a row of `right`. */
export const numbersOfDirection = ({ rows, columns }: Costs): number => rows + columns;

/**
 * The largest rank whose factors take at most a share `budget` of the original's bits; 1 at least, the smaller side at
 * most.
 */
export function rankWithin(budget: number, costs: Costs): number {
  const affordable = floor((budget * costs.sourceBits) / (costs.bitsEach * numbersOfDirection(costs)));
  return Math.max(1, Math.min(costs.rows, costs.columns, affordable));
}

/** K of a budget: the share of the columns nearest to it, 1 at least (docs/method.md §9). */
export function gaussiansWithin(budget: number, costs: Costs): number {
  const wanted = Math.round((budget * costs.sourceBits) / (costs.bitsEach * costs.rows));
  return Math.max(1, Math.min(costs.columns, wanted));
}

/** K of "auto", "8", "d/16". */
export function gaussiansAsked(asked: string, columns: number): number {
  return asked === "auto" ? automaticGaussians(columns) : chosenGaussians([asked], columns)[0].gaussians;
}

/** The least r with Σ_{i < r} squares ≥ share · total; all of them where rounding keeps the sum below. */
export function rankReaching(squares: Float64Array, share: number, total: number): number {
  let sum = 0;
  for (let r = 0; r < squares.length; r++) {
    sum += squares[r];
    if (sum >= share * total) return r + 1;
  }
  return squares.length;
}
