import type { ChunkWork, Slices } from "../base/chunks.js";
import { createBasisInSlices } from "../gaussians/uniform.js";
import { MOMENTS_BYTES, ROW_SUMS_BYTES, strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";

/** Rows at once; their sums are scratch. */
const BATCH = 1024;

/** ‖W‖² and the energy on several bases. */
export interface ExplainedPart {
  squares: number;
  explained: Float64Array;
  /** Of the bases. */
  ranks: number[];
}

/** ‖W‖² of rows and the energy that prepared bases explain of them, added up over the rows of a pass. */
export class ExplainedSums implements ChunkWork<ExplainedPart> {
  private readonly stride: number;
  private readonly moments: number;
  private readonly rowSums: number;
  private readonly totals: number;
  private squares = 0;
  private started = false;

  /** Its memory is taken from the arena; the caller frees it. Made in slices. */
  static *of(
    machine: Machine,
    columns: number,
    counts: readonly number[],
    width: number,
  ): Generator<void, ExplainedSums, void> {
    const bases: number[] = [];
    for (const count of counts) bases.push(yield* createBasisInSlices(machine, columns, count, width));
    return new ExplainedSums(machine, columns, bases);
  }

  private constructor(
    private readonly machine: Machine,
    private readonly columns: number,
    private readonly bases: readonly number[],
  ) {
    this.stride = strideOf(columns);
    this.moments = machine.zeros64(MOMENTS_BYTES / 8);
    this.rowSums = machine.allocate(BATCH * ROW_SUMS_BYTES);
    this.totals = machine.zeros64(bases.length);
  }

  *begin(): Slices {
    this.machine.float64(this.totals, this.bases.length).fill(0);
    this.squares = 0;
    this.started = false;
    yield;
  }

  *visit(pointer: number, _first: number, rows: number): Slices {
    const {
      machine,
      machine: { exports },
      stride,
      columns,
    } = this;
    if (!this.started) exports.startMoments(this.moments, pointer, columns);
    this.started = true;
    for (let i = 0; i < rows; i += BATCH) {
      const from = pointer + i * stride * 4;
      const count = Math.min(BATCH, rows - i);
      exports.addMoments(this.moments, from, count, columns, stride, this.rowSums);
      const sums = machine.float64(this.rowSums, count * 3);
      for (let row = 0; row < count; row++) this.squares += sums[3 * row + 1];
      for (const [k, basis] of this.bases.entries()) {
        exports.explainedEnergy(basis, from, count, stride, this.rowSums, this.totals + k * 8);
        yield;
      }
    }
  }

  *end(): Slices<ExplainedPart> {
    const { machine, bases } = this;
    return {
      squares: this.squares,
      explained: machine.float64(this.totals, bases.length).slice(),
      ranks: bases.map((basis) => machine.exports.basisRank(basis)),
    };
  }
}
