import type { Slices } from "../base/chunks.js";
import { seedFor } from "../base/random.js";
import { asRawCheckpoint } from "../checkpoint/adapted.js";
import { matricesOf, type Transposition } from "../checkpoint/matrices.js";
import { readMatrixRows } from "../checkpoint/matrix-rows.js";
import { interpret } from "../checkpoint/views/interpreted.js";
import {
  columnGramInSlices,
  type Order,
  orderedColumns,
  orderInSlices,
  shuffledWithinRows,
} from "../compress/order.js";
import { finished } from "../host/pauses.js";
import { eigenvaluesInSlices } from "../kernels/eigenvalues.js";
import type { Machine } from "../kernels/machine.js";
import type { Checkpoint, Kernels, Matrix } from "../types.js";
import type { ScalingRow } from "./row.js";

/** Numbers kept over numbers of the matrices inside layers; and Gaussians a row of each matrix outside them. */
export const ORDER_BUDGETS = [1 / 16, 1 / 8, 1 / 4, 1 / 2] as const;
const GAUSSIANS = 8;

/** What keeps the energy; as many numbers for each. */
export const ORDER_METHODS = ["stored", "leading", "path", "singular"] as const;
type Method = (typeof ORDER_METHODS)[number];

const NOTES: Record<Method, string> = {
  stored: "Gaussians over the columns as the checkpoint has them",
  leading: "the columns first sorted by the leading right singular vector",
  path: "the columns first put on a path from each to the most alike, improved until no reversal helps",
  singular: "as many numbers as singular vectors: what the order cannot help",
};

/** What "order" is measured on; `step` is called between matrices and lets events through. */
export interface OrderOptions {
  machine: Machine;
  kernels: Kernels;
  checkpoint: Checkpoint;
  seed: number;
  transpose?: Transposition | undefined;
  signal?: AbortSignal | undefined;
  step(done: number, total: number): Promise<void>;
}

/** Energy kept of one matrix, in units of its squared norm, by method; one value a number of Gaussians. */
type Kept = Record<Method, number[]>;

/**
 * The paper's basis at its best: the energy that Gaussians keep when the columns are first put in an order that makes
 * neighbours alike, beside the same search on the same entries shuffled within their rows (`shuffled`), beside singular
 * vectors of as many numbers. Matrices inside layers are pooled at each budget; those outside stand alone at K = 8. One
 * whole matrix and its Gram matrix are held at a time.
 */
export async function orderTable(options: OrderOptions): Promise<ScalingRow[]> {
  const { checkpoint, seed, step, transpose, signal } = options;
  const interpreted = await interpret(asRawCheckpoint(checkpoint), signal);
  const { matrices } = matricesOf(interpreted, transpose);
  const pooled = ORDER_BUDGETS.map(() => new Pool());
  const alone: ScalingRow[] = [];
  for (const [done, one] of matrices.entries()) {
    await step(done, matrices.length);
    const matrix = await readMatrixRows(interpreted, one, undefined, signal);
    const inLayer = one.layer !== null;
    const gaussians = inLayer
      ? ORDER_BUDGETS.map((budget) => gaussiansOf(budget, matrix))
      : [gaussiansOf(null, matrix)];
    const energy = squaredNorm(matrix);
    if (!(energy > 0 && energy < Infinity)) continue;
    const kept = await finished(keptOf(options, matrix, gaussians), { signal });
    const shuffled = shuffledWithinRows(matrix, seedFor(seed, one.name));
    const chance = await finished(keptOf(options, shuffled, gaussians), { signal });
    if (inLayer) pooled.forEach((pool, i) => pool.add(energy, kept, chance, i));
    else {
      const pool = new Pool();
      pool.add(energy, kept, chance, 0);
      alone.push(
        ...pool.rows({ checkpoint: checkpoint.name, matrix: one.name, budget: null, gaussians: gaussians[0] }),
      );
    }
  }
  const layers = pooled.flatMap((pool, i) =>
    pool.rows({ checkpoint: checkpoint.name, matrix: null, budget: ORDER_BUDGETS[i], gaussians: null }),
  );
  return [...layers, ...alone];
}

/** docs/method.md §9: round(budget · d), at least 1. */
const gaussiansOf = (budget: number | null, { columns }: Matrix): number =>
  budget === null ? Math.min(GAUSSIANS, columns) : Math.max(1, Math.round(budget * columns));

/** Energies of several matrices: Σ kept / Σ ‖W‖². */
class Pool {
  private matrices = 0;
  private energy = 0;
  private readonly kept = new Map<Method, [kept: number, chance: number]>();

  add(energy: number, kept: Kept, chance: Kept, at: number): void {
    this.matrices++;
    this.energy += energy;
    for (const method of ORDER_METHODS) {
      const [a, b] = this.kept.get(method) ?? [0, 0];
      this.kept.set(method, [a + energy * kept[method][at], b + energy * chance[method][at]]);
    }
  }

  rows(inputs: Record<"checkpoint" | "matrix" | "budget" | "gaussians", string | number | null>): ScalingRow[] {
    return [...this.kept].map(([method, [kept, chance]]) => ({
      ...inputs,
      matrices: this.matrices,
      method,
      shuffled: chance / this.energy,
      published: null,
      measured: kept / this.energy,
      agrees: null,
      note: NOTES[method],
    }));
  }
}

function squaredNorm({ data }: Matrix): number {
  let sum = 0;
  for (const weight of data) sum += weight * weight;
  return sum;
}

/** The machine is the table's own: nothing else takes of its arena between two slices. */
function* keptOf({ machine, kernels }: OrderOptions, matrix: Matrix, gaussians: readonly number[]): Slices<Kept> {
  const { rows, columns } = matrix;
  function* energies(ordered: Matrix): Slices<number[]> {
    const found: number[] = [];
    for (const count of gaussians) {
      found.push(kernels.fitGaussians(ordered, { gaussians: count }).energy);
      yield;
    }
    return found;
  }
  const marked = machine.exports.mark();
  try {
    const { pointer, side } = yield* columnGramInSlices(machine, matrix);
    const by = (kind: Order): Slices<Int32Array> =>
      orderInSlices(() => machine.float64(pointer, side * side), columns, kind, side);
    const [leading, path] = [yield* by("leading"), yield* by("path")];
    const squares = (yield* eigenvaluesInSlices(machine, pointer, columns, side)).map((square) => Math.max(0, square));
    const total = squares.reduce((sum, square) => sum + square, 0);
    const singular = gaussians.map((count) => {
      const rank = Math.floor((count * rows) / (rows + columns));
      return squares.subarray(0, rank).reduce((sum, square) => sum + square, 0) / total;
    });
    return {
      stored: yield* energies(matrix),
      leading: yield* energies(orderedColumns(matrix, leading)),
      path: yield* energies(orderedColumns(matrix, path)),
      singular,
    };
  } finally {
    machine.exports.release(marked);
  }
}
