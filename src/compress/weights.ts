import { MOMENTS_BYTES, ROW_SUMS_BYTES, strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";

/** Rows whose sums are taken at once. */
const BATCH = 1024;

/** ‖W‖² and the largest |x| of rows that come block by block, in their order. */
export class WeightSums {
  /** Σx² of what came, f64. */
  squares = 0;
  /** Infinity where a weight is not finite. */
  largest = 0;
  /** Of the rows of the last `visit`, BATCH at most: Σx, Σx², largest |x| each. */
  readonly rowSums: number;
  private readonly moments: number;
  private started = false;

  /** Its memory is taken from the arena; the caller frees it. */
  constructor(
    private readonly machine: Machine,
    private readonly columns: number,
  ) {
    this.moments = machine.zeros64(MOMENTS_BYTES / 8);
    this.rowSums = machine.allocate(BATCH * ROW_SUMS_BYTES);
  }

  /** Rows at `pointer`, in batches for each of which `work` is called. */
  visit(pointer: number, rows: number, work: (pointer: number, done: number, count: number) => void = () => {}): void {
    const { machine, columns } = this;
    const stride = strideOf(columns);
    if (!this.started) machine.exports.startMoments(this.moments, pointer, columns);
    this.started = true;
    for (let done = 0; done < rows; done += BATCH) {
      const count = Math.min(BATCH, rows - done);
      const from = pointer + done * stride * 4;
      machine.exports.addMoments(this.moments, from, count, columns, stride, this.rowSums);
      const sums = machine.float64(this.rowSums, count * 3);
      for (let i = 0; i < count; i++) {
        this.squares += sums[3 * i + 1];
        this.largest = Math.max(this.largest, sums[3 * i + 2]);
      }
      work(from, done, count);
    }
  }
}
