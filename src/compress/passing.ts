import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import type { RowStream, VisitRows } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";

/**
 * The rows of a matrix as they are factored: times a power of two, and each column times its weight where it has one.
 */
export class PassingRows {
  /** Of a row, f32 values. */
  readonly stride: number;
  /** The power of two. */
  scale = 1;

  constructor(
    readonly machine: Machine,
    readonly matrix: StoredMatrix,
    private readonly stream: RowStream,
    readonly columnWeights: Float64Array | null,
  ) {
    this.stride = strideOf(matrix.columns);
  }

  /** Every row once, not weighed. */
  pass(visit: VisitRows): Promise<void> {
    return this.stream.pass(this.stride, this.scale, visit);
  }

  /** Rows in place, each column times its weight. */
  weigh(pointer: number, rows: number): void {
    const { machine, columnWeights, stride } = this;
    if (columnWeights === null) return;
    const values = machine.float32(pointer, rows * stride);
    for (let at = 0; at < values.length; at += stride) {
      for (let j = 0; j < columnWeights.length; j++) values[at + j] *= columnWeights[j];
    }
  }
}
