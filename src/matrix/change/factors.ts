import { energyRanks } from "../../spectra/ranks.js";
import { eachBlock, type ReadBoth } from "./rows.js";

/** ΔW ≈ left · right. */
export interface Factors {
  rank: number;
  /** U√σ, rows × rank: PEFT's lora_B. */
  left: Float32Array;
  /** √σVᵀ, rank × columns: PEFT's lora_A. The largest entry of each row is positive. */
  right: Float32Array;
}

/** A rank, or a share of the energy; neither: all that stands above rounding. Plain data. */
export interface WantedRank {
  rank?: number | undefined;
  energy?: number | undefined;
}

/**
 * How many directions, from all σ², what rounding alone explains, and the floor below which a direction is the
 * arithmetic's own.
 */
export function rankFor(
  { rank, energy }: WantedRank,
  { squares, rounding, floor }: { squares: Float64Array; rounding: number; floor: number },
): number {
  const real = countAbove(squares, floor);
  if (rank !== undefined) return Math.min(rank, real);
  if (energy !== undefined) return Math.min(energyRanks(squares, [energy])[0] ?? 0, real);
  return countAbove(squares, rounding);
}

/** Values, largest first, above a threshold. */
export function countAbove(squares: Float64Array, threshold: number): number {
  const beyond = squares.findIndex((square) => !(square > threshold));
  return beyond < 0 ? squares.length : beyond;
}

interface Shape {
  rows: number;
  columns: number;
  each: number;
}

/** From the leading singular vectors of the smaller side; the other side's come from one more pass over the rows. */
export async function factorsOf(
  { rows, columns, each }: Shape,
  read: ReadBoth,
  squares: Float64Array,
  vectors: readonly Float64Array[],
): Promise<Factors> {
  const rank = vectors.length;
  const left = new Float64Array(rows * rank);
  const right = new Float64Array(rank * columns);
  const byRows = rows < columns;
  const roots = Float64Array.from({ length: rank }, (_, k) => Math.sqrt(Math.sqrt(squares[k])));
  vectors.forEach((vector, k) => {
    if (byRows) for (let i = 0; i < rows; i++) left[i * rank + k] = vector[i] * roots[k];
    else for (let j = 0; j < columns; j++) right[k * columns + j] = vector[j] * roots[k];
  });
  await eachBlock(read, { first: 0, last: rows, each }, ({ base, tuned }, first, count) => {
    const row = new Float64Array(columns);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < columns; j++) row[j] = Math.fround(tuned[i * columns + j] - base[i * columns + j]);
      for (let k = 0; k < rank; k++) {
        // U√σ = ΔW · √σV / σ, and √σVᵀ = (U√σ)ᵀ · ΔW / σ.
        const by = 1 / (roots[k] * roots[k]);
        if (byRows) addTimes(right, k * columns, row, left[(first + i) * rank + k] * by);
        else left[(first + i) * rank + k] = by * product(right, k * columns, row);
      }
    }
  });
  for (let k = 0; k < rank; k++) turnPositive(left, right, { k, rank, columns });
  return { rank, left: Float32Array.from(left), right: Float32Array.from(right) };
}

function product(values: Float64Array, at: number, row: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < row.length; j++) sum += values[at + j] * row[j];
  return sum;
}

function addTimes(target: Float64Array, at: number, row: Float64Array, factor: number): void {
  for (let j = 0; j < row.length; j++) target[at + j] += factor * row[j];
}

/** A pair of vectors has one sign to choose: the largest entry of the right one is positive. */
function turnPositive(
  left: Float64Array,
  right: Float64Array,
  { k, rank, columns }: { k: number; rank: number; columns: number },
): void {
  let largest = 0;
  for (let j = k * columns; j < (k + 1) * columns; j++) if (Math.abs(right[j]) > Math.abs(largest)) largest = right[j];
  if (largest >= 0) return;
  for (let j = k * columns; j < (k + 1) * columns; j++) right[j] = -right[j];
  for (let i = k; i < left.length; i += rank) left[i] = -left[i];
}
