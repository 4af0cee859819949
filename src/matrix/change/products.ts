import { strideOf } from "../../kernels/dense.js";
import type { Machine } from "../../kernels/machine.js";

/** assembly/double-products.ts */
const STEPS = 128;
/** Rows that arrive are gathered to this many before they meet the held ones. */
const GATHER = 32;

/** The next multiple of four: whole vectors of f32. */
export const upToFour = (count: number): number => Math.ceil(count / 4) * 4;

/**
 * The Gram matrix of the smaller side of a matrix whose rows come by, in f64; each entry is one sum in the order of
 * rows or columns.
 */
export interface Products {
  /** Rows of zeros beyond the smaller side come with it. */
  readonly side: number;
  readonly total: number;
  /** At the end of a pass: the row from which on another is to come, or null. */
  readonly next: number | null;
  /** Consecutive rows at `pointer`, from row `first` on. */
  add(pointer: number, first: number, rows: number): void;
}

/** WᵀW: one pass. */
class ColumnProducts implements Products {
  readonly side: number;
  readonly total: number;
  readonly next = null;
  private readonly panels: number;

  constructor(
    private readonly machine: Machine,
    private readonly columns: number,
  ) {
    this.side = upToFour(columns);
    this.total = machine.zeros64(this.side * this.side);
    this.panels = machine.allocate(this.side * STEPS * 8);
  }

  add(pointer: number, _first: number, rows: number): void {
    this.machine.exports.addDoubleGram(pointer, rows, this.columns, strideOf(this.columns), this.panels, this.total);
  }
}

/** W Wᵀ: as many rows as fit are held and meet those after them; further passes hold the next ones. */
class RowProducts implements Products {
  readonly side: number;
  readonly total: number;
  next: number | null = null;
  private readonly capacity: number;
  private readonly held: number;
  private readonly gathered: number;
  private readonly panels: number;
  private firstHeld = 0;
  private heldCount = 0;
  private firstGathered = 0;
  private gatheredCount = 0;

  constructor(
    private readonly machine: Machine,
    private readonly rows: number,
    private readonly columns: number,
    memory: number,
  ) {
    const bytes = strideOf(columns) * 4;
    this.side = upToFour(rows);
    this.capacity = Math.min(this.side, Math.max(4, Math.floor((memory / bytes - GATHER) / 4) * 4));
    // Four rows more than the side: a tile at the lower border adds zeros below it.
    this.total = machine.zeros64(this.side * (this.side + 4));
    this.held = machine.allocate(this.capacity * bytes);
    this.gathered = machine.allocate(GATHER * bytes);
    this.panels = machine.allocate((this.capacity + GATHER) * STEPS * 8);
  }

  add(pointer: number, first: number, count: number): void {
    const { machine, rows } = this;
    const bytes = strideOf(this.columns) * 4;
    for (let row = first; row < first + count; row++) {
      const from = machine.bytes(pointer + (row - first) * bytes, bytes);
      const isLast = row === rows - 1;
      if (row < this.firstHeld + this.capacity) {
        machine.bytes(this.held + this.heldCount++ * bytes, bytes).set(from);
        if (this.heldCount === this.capacity || isLast) this.multiply(this.held, this.heldCount, this.firstHeld);
      } else {
        if (this.gatheredCount === 0) this.firstGathered = row;
        machine.bytes(this.gathered + this.gatheredCount++ * bytes, bytes).set(from);
        if (this.gatheredCount === GATHER || isLast) {
          this.multiply(this.gathered, this.gatheredCount, this.firstGathered);
          this.gatheredCount = 0;
        }
      }
      if (isLast) this.endPass();
    }
  }

  private multiply(other: number, count: number, firstColumn: number): void {
    const { machine, columns, side, panels } = this;
    const target = this.total + (this.firstHeld * side + firstColumn) * 8;
    machine.exports.addDoubleRowProducts(
      this.held,
      this.heldCount,
      other,
      count,
      columns,
      strideOf(columns),
      panels,
      target,
      side,
    );
  }

  private endPass(): void {
    this.firstHeld += this.capacity;
    this.heldCount = 0;
    this.next = this.firstHeld < this.rows ? this.firstHeld : null;
  }
}

/**
 * Its memory is taken from the arena; the caller frees it. Of `memory` bytes, those that hold rows where they are fewer
 * than the columns.
 */
export function smallerSideProducts(machine: Machine, rows: number, columns: number, memory: number): Products {
  return columns <= rows ? new ColumnProducts(machine, columns) : new RowProducts(machine, rows, columns, memory);
}
