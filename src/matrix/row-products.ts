import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import type { RowStream } from "./rows.js";
import type { StoredMatrix } from "./stored.js";

/** Bytes of panels for a row (assembly/double-products.ts). */
const PANEL_BYTES = 1024;
/** Rows that arrive are gathered to this many before they meet the held ones. */
const GATHER = 32;
const upToEight = (count: number): number => Math.ceil(count / 8) * 8;

/** Rows that `memory` bytes hold. */
function heldRows({ rows, columns }: StoredMatrix, memory: number): number {
  return Math.min(upToEight(rows), Math.max(8, Math.floor((memory / (strideOf(columns) * 4) - GATHER) / 8) * 8));
}

/** Passes over the matrix that W Wᵀ takes: the first is the caller's own. */
export const productPasses = (plan: StoredMatrix, memory: number): number =>
  Math.ceil(plan.rows / heldRows(plan, memory));

/**
 * W Wᵀ of a matrix with fewer rows than columns. As many rows as fit are held decoded and meet the rows after them
 * in the same pass; where they are not all of them, further passes hold the next ones. Sums run along the columns,
 * so how rows are grouped changes no bit.
 */
export class RowProducts {
  readonly side: number;
  readonly total: number;
  private readonly stride: number;
  private readonly capacity: number;
  private readonly held: number;
  private readonly gathered: number;
  private readonly panels: number;
  private firstHeld = 0;
  private heldCount = 0;
  private firstGathered = 0;
  private gatheredCount = 0;

  /** Of `memory` bytes, those that hold rows. */
  constructor(
    private readonly machine: Machine,
    private readonly plan: StoredMatrix,
    memory: number,
  ) {
    const { rows, columns } = plan;
    this.stride = strideOf(columns);
    this.side = upToEight(rows);
    this.capacity = heldRows(plan, memory);
    // Eight rows more than the side: a tile at the lower border adds zeros below it.
    this.total = machine.zeros64(this.side * (this.side + 8));
    this.held = machine.allocate(this.capacity * this.stride * 4);
    this.gathered = machine.allocate(GATHER * this.stride * 4);
    this.panels = machine.allocate((this.capacity + GATHER) * PANEL_BYTES);
  }

  visit = (pointer: number, first: number, count: number): void => {
    const bytes = this.stride * 4;
    for (let i = 0; i < count; i++) {
      const row = first + i;
      const from = this.machine.bytes(pointer + i * bytes, bytes);
      if (row < this.firstHeld) continue;
      if (row < this.firstHeld + this.capacity) {
        this.machine.bytes(this.held + this.heldCount++ * bytes, bytes).set(from);
        if (this.heldCount === this.capacity || row === this.plan.rows - 1) this.multiplyHeld();
        continue;
      }
      if (this.gatheredCount === 0) this.firstGathered = row;
      this.machine.bytes(this.gathered + this.gatheredCount++ * bytes, bytes).set(from);
      if (this.gatheredCount === GATHER || row === this.plan.rows - 1) this.multiplyGathered();
    }
  };

  private multiplyHeld(): void {
    const {
      machine,
      held,
      heldCount,
      plan: { columns },
      stride,
      panels,
      side,
      firstHeld,
    } = this;
    machine.exports.addDoubleRowProducts(
      held,
      heldCount,
      held,
      heldCount,
      columns,
      stride,
      panels,
      this.total + firstHeld * (side + 1) * 8,
      side,
    );
  }

  private multiplyGathered(): void {
    const {
      machine,
      held,
      heldCount,
      plan: { columns },
      stride,
      panels,
      side,
    } = this;
    const target = this.total + (this.firstHeld * side + this.firstGathered) * 8;
    machine.exports.addDoubleRowProducts(
      held,
      heldCount,
      this.gathered,
      this.gatheredCount,
      columns,
      stride,
      panels,
      target,
      side,
    );
    this.gatheredCount = 0;
  }

  /** The passes after the first. */
  async finish(stream: Pick<RowStream, "pass">, scale: number): Promise<void> {
    for (this.firstHeld = this.capacity; this.firstHeld < this.plan.rows; this.firstHeld += this.capacity) {
      this.heldCount = 0;
      await stream.pass(this.stride, scale, this.visit);
    }
  }
}
