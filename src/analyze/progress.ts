import type { StoredMatrix } from "../matrix/stored.js";
import type { Progress } from "../types.js";

/** Of a matrix's bytes, what all of its spectrum counts. */
const SPECTRUM = 0.45;

/**
 * Bytes done over a whole checkpoint: a matrix counts half when its bytes are read, more as its spectrum is found,
 * whole when its figures are there.
 */
export class ProgressMeter {
  private readonly seen: number[];
  private readonly total: number;
  private done = 0;
  /** Of the cost. */
  private spent = 0;
  private readonly cost: number;

  constructor(
    private readonly matrices: readonly Pick<StoredMatrix, "byteLength" | "name">[],
    private readonly report?: (progress: Progress) => void,
    private readonly costs: readonly number[] = matrices.map(({ byteLength }) => byteLength),
  ) {
    this.cost = costs.reduce((sum, cost) => sum + cost, 0);
    this.seen = matrices.map(() => 0);
    this.total = matrices.reduce((sum, matrix) => sum + matrix.byteLength, 0);
  }

  read(index: number, bytes: number): void {
    this.advance(index, Math.min(this.seen[index] + bytes / 2, this.matrices[index].byteLength / 2));
  }

  spectrum(index: number, share: number): void {
    this.advance(index, this.matrices[index].byteLength * (0.5 + SPECTRUM * share));
  }

  finish(index: number): void {
    this.advance(index, this.matrices[index].byteLength);
  }

  private advance(index: number, to: number): void {
    if (to <= this.seen[index]) return;
    this.done += to - this.seen[index];
    this.spent += ((to - this.seen[index]) / this.matrices[index].byteLength) * this.costs[index];
    this.seen[index] = to;
    this.report?.({
      done: Math.min(this.total, Math.round(this.done)),
      total: this.total,
      unit: "bytes",
      matrix: this.matrices[index].name,
      share: this.cost > 0 ? Math.min(1, this.spent / this.cost) : 1,
    });
  }
}
