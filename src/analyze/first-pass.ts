import { createCovariance, type FitSums } from "../gaussian.js";
import type { Machine } from "../kernels.js";
import { MOMENTS_BYTES, ROW_SUMS_BYTES, strideOf } from "../matrix.js";
import { type MomentSums, readMoments } from "../norms.js";
import { seedFor } from "../random.js";
import type { PreparedBasis } from "./bases.js";
import { PermutationNull } from "./null.js";
import type { MatrixPlan } from "./plan.js";

/** What one pass over the rows gathers beside the moments. */
export interface FirstPassOptions {
  bases: PreparedBasis[];
  permutations: number;
  seed: number;
  /** Whether the Gram matrix of the columns is gathered too. */
  gram: boolean;
}

export interface Fit { basis: PreparedBasis; covariance: number; totals: number; }

/** Rows at once; their sums and amplitudes are scratch. */
const BATCH = 1024;

/**
 * Moments, fits for every K, the permutation null and the columns' Gram matrix, all from one look at each row.
 * Sums run in the order of the rows, so blocks may be of any size. After a weight that is not finite only moments go on.
 */
export class FirstPass {
  readonly stride: number;
  readonly fits: Fit[];
  readonly gram: number;
  largest = 0;
  finite = true;
  /** Σ (row sum)². */
  rowSumSquares = 0;
  private readonly momentsAt: number;
  private readonly rowSums: number;
  private readonly amplitudes: number;
  private readonly permuted: PermutationNull | null;
  private started = false;

  constructor(private readonly machine: Machine, private readonly plan: MatrixPlan, options: FirstPassOptions, private readonly scale: number) {
    const { columns } = plan;
    this.stride = strideOf(columns);
    this.momentsAt = machine.zeros64(MOMENTS_BYTES / 8);
    this.rowSums = machine.allocate(BATCH * ROW_SUMS_BYTES);
    this.amplitudes = machine.allocate(BATCH * Math.max(1, ...options.bases.map((basis) => basis.gaussians)) * 4);
    this.fits = options.bases.map((basis) => ({ basis, covariance: createCovariance(machine, basis.gaussians), totals: machine.zeros64(3) }));
    this.permuted = options.permutations === 0 ? null
      : new PermutationNull(machine, columns, this.stride, options.permutations, seedFor(options.seed, plan.name), this.fits.map((fit) => fit.basis.pointer));
    this.gram = options.gram ? machine.exports.createGram(columns, 0) >>> 0 : 0;
    if (options.gram && this.gram === 0) throw new RangeError(`out of memory: the Gram matrix of ${columns} columns does not fit; ask for the power method`);
  }

  visit = (pointer: number, _first: number, count: number): void => {
    for (let i = 0; i < count; i += BATCH) this.batch(pointer + i * this.stride * 4, Math.min(BATCH, count - i));
  };

  private batch(pointer: number, rows: number): void {
    const { machine: { exports }, stride, plan: { columns } } = this;
    if (!this.started) exports.startMoments(this.momentsAt, pointer, columns);
    this.started = true;
    exports.addMoments(this.momentsAt, pointer, rows, columns, stride, this.rowSums);
    const sums = this.machine.float64(this.rowSums, rows * 3);
    for (let i = 0; i < rows; i++) {
      this.rowSumSquares += sums[3 * i] ** 2;
      if (sums[3 * i + 2] === Infinity) this.finite = false;
      else if (sums[3 * i + 2] > this.largest) this.largest = sums[3 * i + 2];
    }
    if (!this.finite) return;
    for (const { basis: { pointer: basis, gaussians }, covariance, totals } of this.fits) {
      exports.fitRows(basis, pointer, rows, stride, this.rowSums, this.amplitudes, 0, 0, totals);
      exports.addToGram(covariance, this.amplitudes, rows, gaussians);
    }
    this.permuted?.add(pointer, rows, this.rowSums);
    if (this.gram) exports.addToGram(this.gram, pointer, rows, stride);
  }

  moments(): MomentSums {
    return readMoments(this.machine, this.momentsAt, this.scale);
  }

  sums(fit: Fit): FitSums {
    const [squares, residual, variation] = this.machine.float64(fit.totals, 3);
    return { squares, residual, variation };
  }

  permutedEnergies(k: number, squares: number): number[] | null {
    return this.permuted && this.permuted.energies(k, squares);
  }
}
