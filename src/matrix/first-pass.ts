import type { ChunkWork, Slices } from "../base/chunks.js";
import { seedFor } from "../base/random.js";
import { createCovariance } from "../gaussians/uniform.js";
import { MOMENTS_BYTES, ROW_SUMS_BYTES, strideOf } from "../kernels/dense.js";
import { addToGram, createGram, DOUBLE_GRAM, finishGram } from "../kernels/gram.js";
import { type Machine, SLICE_BYTES } from "../kernels/machine.js";
import { readMoments } from "../kernels/norms.js";
import type { PreparedBasis } from "./bases.js";
import type { FirstPart, FirstSums, FitPart } from "./first-sums.js";
import { PermutationNull } from "./null.js";

/** What one pass over the rows gathers beside the moments. */
export interface FirstPassOptions {
  permutations: number;
  seed: number;
  /** Whether the Gram matrix of the columns is gathered too. */
  gram: boolean;
  /** The power of two that the rows come multiplied by. */
  scale: number;
}

/** Rows at once; their sums and amplitudes are scratch. */
const BATCH = 1024;

/**
 * Moments, fits for every K, the permutation null and the columns' Gram matrix, all from one look at each row.
 * Sums run in the order of the rows, so blocks may be of any size. After a weight that is not finite only moments go
 * on.
 */
export class FirstPass implements ChunkWork<FirstPart> {
  /** The Gram matrix of the chunk that was begun last; 0 where none is asked for. */
  gram = 0;
  private readonly stride: number;
  private readonly rowSums: number;
  private readonly amplitudes: number;
  private readonly permuted: PermutationNull | null;
  private readonly marked: number;
  private momentsAt = 0;
  private fits: { basis: PreparedBasis; covariance: number; totals: number }[] = [];
  private rows = 0;
  private largest = 0;
  /** Whether all weights of the chunk are, as far as it was seen. */
  finite = true;
  private rowSumSquares = 0;

  /**
   * Its memory is taken from the arena, the sums of a chunk last; the caller frees it, and takes none while chunks go
   * on.
   */
  constructor(
    private readonly machine: Machine,
    name: string,
    private readonly columns: number,
    private readonly bases: readonly PreparedBasis[],
    private readonly options: FirstPassOptions,
  ) {
    this.stride = strideOf(columns);
    this.rowSums = machine.allocate(BATCH * ROW_SUMS_BYTES);
    this.amplitudes = machine.allocate(BATCH * Math.max(1, ...bases.map((basis) => basis.gaussians)) * 4);
    this.permuted =
      options.permutations === 0
        ? null
        : new PermutationNull(
            machine,
            columns,
            bases.map((basis) => basis.pointer),
            { count: options.permutations, seed: seedFor(options.seed, name) },
          );
    this.marked = machine.exports.mark();
  }

  *begin(): Slices {
    const { machine, columns } = this;
    machine.exports.release(this.marked);
    this.momentsAt = machine.zeros64(MOMENTS_BYTES / 8);
    this.fits = [];
    for (const basis of this.bases)
      this.fits.push({
        basis,
        covariance: yield* createCovariance(machine, basis.gaussians),
        totals: machine.zeros64(3),
      });
    this.gram = this.options.gram ? yield* createGram(machine, columns, DOUBLE_GRAM) : 0;
    if (this.options.gram && this.gram === 0)
      throw new RangeError(`out of memory: the Gram matrix of ${columns} columns does not fit`);
    this.permuted?.clear();
    this.rows = this.largest = this.rowSumSquares = 0;
    this.finite = true;
  }

  *visit(pointer: number, _first: number, rows: number): Slices {
    for (let i = 0; i < rows; i += BATCH) yield* this.batch(pointer + i * this.stride * 4, Math.min(BATCH, rows - i));
  }

  private *batch(pointer: number, rows: number): Slices {
    const {
      machine,
      machine: { exports },
      stride,
      columns,
    } = this;
    if (this.rows === 0) exports.startMoments(this.momentsAt, pointer, columns);
    this.rows += rows;
    exports.addMoments(this.momentsAt, pointer, rows, columns, stride, this.rowSums);
    const sums = this.machine.float64(this.rowSums, rows * 3);
    for (let i = 0; i < rows; i++) {
      this.rowSumSquares += sums[3 * i] ** 2;
      if (sums[3 * i + 2] === Infinity) this.finite = false;
      else if (sums[3 * i + 2] > this.largest) this.largest = sums[3 * i + 2];
    }
    if (!this.finite) return;
    for (const {
      basis: { pointer: basis, gaussians },
      covariance,
      totals,
    } of this.fits) {
      exports.fitRows(basis, pointer, rows, stride, this.rowSums, this.amplitudes, 0, 0, totals);
      yield* addToGram(machine, covariance, this.amplitudes, rows, gaussians);
    }
    if (this.permuted) yield* this.permuted.add(pointer, rows, this.rowSums);
    if (this.gram) yield* addToGram(machine, this.gram, pointer, rows, stride);
  }

  *end(): Slices<FirstPart> {
    const {
      machine,
      machine: { exports },
      gram,
    } = this;
    const sums = yield* this.sums();
    if (!gram) return { sums, gram: null };
    yield* finishGram(machine, gram);
    return { sums, gram: machine.float64(exports.gramTotal(gram) >>> 0, exports.gramSide(gram) ** 2) };
  }

  private *sums(): Slices<FirstSums> {
    const { machine, rows, largest, finite, rowSumSquares } = this;
    const fits: FitPart[] = [];
    for (const { covariance, totals } of this.fits) fits.push(yield* this.fitPart(covariance, totals, rows));
    return {
      moments: readMoments(machine, this.momentsAt, this.options.scale),
      largest,
      finite,
      rowSumSquares,
      fits,
      permuted: this.permuted?.sums() ?? null,
    };
  }

  private *fitPart(covariance: number, totals: number, rows: number): Slices<FitPart> {
    const {
      machine,
      machine: { exports },
    } = this;
    const side = exports.gramSide(covariance);
    yield* finishGram(machine, covariance);
    const scatter = new Float64Array(side * side);
    const from = exports.gramTotal(covariance) >>> 0;
    for (let done = 0; done < scatter.length; done += SLICE_BYTES / 8, yield) {
      const count = Math.min(SLICE_BYTES / 8, scatter.length - done);
      scatter.set(machine.float64(from + done * 8, count), done);
    }
    return machine.scope(() => {
      const mean = machine.allocate(side * 8);
      const [squares, residual, variation] = machine.float64(totals, 3);
      exports.gramMean(covariance, mean);
      return {
        squares,
        residual,
        variation,
        rows,
        mean: machine.float64(mean, side).slice(),
        scatter,
      };
    });
  }
}
