import type { Slices } from "../base/chunks.js";
import { Random } from "../base/random.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";

/** Columns times bases that are permuted in a slice: some 5 ms of them. */
const SLICE = 1 << 18;

/**
 * The column-permutation null of one matrix (docs/method.md §5): the energy of the same fit with the columns in a
 * random order.
 */
export class PermutationNull {
  private readonly permutations: number[] = [];
  private readonly columnsOfFour: number;
  private readonly rowsOfFour: number;
  /** permutations × bases f64: Σ explained. */
  private readonly totals: number;
  private readonly stride: number;

  constructor(
    private readonly machine: Machine,
    private readonly columns: number,
    private readonly bases: number[],
    { count, seed }: { count: number; seed: number },
  ) {
    const stride = strideOf(columns);
    this.stride = stride;
    const random = new Random(seed);
    for (let p = 0; p < count; p++) this.permutations.push(machine.copyUint32(random.permutation(columns)));
    this.columnsOfFour = machine.allocate(stride * 16);
    this.rowsOfFour = machine.zeros64(stride * 2);
    this.totals = machine.zeros64(Math.max(1, count * bases.length));
  }

  /** Rows at `pointer`, `stride` values apart, with their sums; in slices. */
  *add(pointer: number, rows: number, rowSums: number): Slices {
    const { exports } = this.machine;
    const { columns, stride } = this;
    let done = 0;
    for (let i = 0; i < rows; i += 4) {
      const count = Math.min(4, rows - i);
      exports.interleaveFour(pointer + i * stride * 4, count, columns, stride, this.columnsOfFour);
      for (const [p, permutation] of this.permutations.entries()) {
        exports.permuteFour(this.columnsOfFour, permutation, columns, this.rowsOfFour, stride);
        this.bases.forEach((basis, k) =>
          exports.explainedEnergy(
            basis,
            this.rowsOfFour,
            count,
            stride,
            rowSums + i * 24,
            this.totals + (p * this.bases.length + k) * 8,
          ),
        );
        done += columns * this.bases.length;
        if (done < SLICE) continue;
        done = 0;
        yield;
      }
    }
  }

  /** Σ explained so far, permutations × bases. */
  sums(): Float64Array {
    return this.machine.float64(this.totals, this.permutations.length * this.bases.length).slice();
  }

  clear(): void {
    this.machine.float64(this.totals, this.permutations.length * this.bases.length).fill(0);
  }
}

/** The energies under each permutation for the k-th of `bases` bases, from their sums. */
export function permutedEnergies(sums: Float64Array, bases: number, k: number, squares: number): number[] {
  return Array.from({ length: sums.length / bases }, (_, p) => Math.min(1, sums[p * bases + k] / squares));
}

/** Closed-form mean over permutations: (θa + (rank - θ)·b/(d - 1)) / ‖W‖² (docs/method.md §5). */
export function meanPermutedEnergy({
  theta,
  rank,
  columns,
  rowSumSquares,
  squares,
}: {
  theta: number;
  rank: number;
  columns: number;
  rowSumSquares: number;
  squares: number;
}): number {
  const a = Math.min(squares, rowSumSquares / columns);
  const b = squares - a;
  if (columns === 1) return Math.min(1, (theta * a) / squares);
  return Math.min(1, (theta * a + ((rank - theta) * b) / (columns - 1)) / squares);
}

/** Below this a difference of energies is the rounding of the f32 product. */
const RESOLUTION = 1e-7;

/** Standard deviation about the known mean, and the energy's distance from it in such units. */
export function standing(
  energy: number,
  mean: number,
  permuted: readonly number[],
): { standardDeviation: number; z: number; permutations: number } {
  let squares = 0;
  for (const value of permuted) squares += (value - mean) ** 2;
  const standardDeviation = Math.sqrt(squares / permuted.length);
  const z = Math.abs(energy - mean) <= RESOLUTION ? 0 : (energy - mean) / Math.max(standardDeviation, RESOLUTION);
  return { standardDeviation, z, permutations: permuted.length };
}

/** |z| ≤ 3 is what chance gives. */
export function verdictOf(z: number): "as noise" | "structure" | "below noise" {
  return z > 3 ? "structure" : z < -3 ? "below noise" : "as noise";
}
