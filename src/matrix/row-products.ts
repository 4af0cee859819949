import type { Slices } from "../base/chunks.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import type { RowStream } from "./rows.js";

/** Bytes of panels for a row (assembly/double-products.ts). */
const PANEL_BYTES = 1024;
/** Rows that arrive are gathered to this many before they meet the held ones. */
const GATHER = 32;
/** Rows of the tiles that the products are read in. */
const TILE = 8;
/** Rows at once on either side, a multiple of TILE. */
const BLOCK = 512;
/** Columns of a panel; of a call, whole panels that are together some 20 ms of products. */
const STEPS = 128;
const columnsOfCall = (a: number, b: number): number => STEPS * Math.ceil(2 ** 20 / ((a + 64) * (b + 64)));

interface Shape {
  rows: number;
  columns: number;
}

/** Rows that lie one after the other. */
interface RowBlock {
  pointer: number;
  first: number;
  rows: number;
}

const upTo = (tile: number, count: number): number => Math.ceil(count / tile) * tile;

/** Rows that `memory` bytes hold. */
function heldRows({ rows, columns }: Shape, memory: number, tile: number): number {
  const most = Math.floor((memory / (strideOf(columns) * 4) - GATHER) / tile) * tile;
  return Math.min(upTo(tile, rows), Math.max(tile, most));
}

/** Passes over the matrix that W Wᵀ takes: the first is the caller's own. */
export const productPasses = (shape: Shape, memory: number): number =>
  Math.ceil(shape.rows / heldRows(shape, memory, TILE));

/**
 * W Wᵀ of a matrix with fewer rows than columns. As many rows as fit are held decoded and meet the rows after them
 * in the same pass; where they are not all of them, further passes hold the next ones. Sums run along the columns,
 * so how rows are grouped changes no bit.
 */
export class RowProducts {
  /** The rows, up to whole tiles: what lies beyond them is zero. */
  readonly side: number;
  readonly order: number;
  readonly total: number;
  /** At the end of a pass: the row from which on another is to come, or null. */
  next: number | null = null;
  private readonly stride: number;
  private readonly capacity: number;
  private readonly held: number;
  private readonly gathered: number;
  private readonly panels: number;
  private firstHeld = 0;
  private heldCount = 0;
  private firstGathered = 0;
  private gatheredCount = 0;

  /**
   * Of `memory` bytes, those that hold rows; `tile` is 4 or 8. Its memory is taken from the arena, and cleared in
   * slices.
   */
  static *of(machine: Machine, shape: Shape, memory: number, tile = TILE): Slices<RowProducts> {
    const products = new RowProducts(machine, shape, memory, tile);
    yield* machine.clear(products.total, products.side * (products.side + tile) * 8);
    return products;
  }

  private constructor(
    private readonly machine: Machine,
    private readonly shape: Shape,
    memory: number,
    tile: number,
  ) {
    const { rows, columns } = shape;
    this.stride = strideOf(columns);
    this.side = this.order = upTo(tile, rows);
    this.capacity = heldRows(shape, memory, tile);
    // A tile of rows more than the side: one at the lower border adds zeros below it.
    this.total = machine.allocate(this.side * (this.side + tile) * 8);
    this.held = machine.allocate(this.capacity * this.stride * 4);
    this.gathered = machine.allocate(GATHER * this.stride * 4);
    this.panels = machine.allocate((this.capacity + GATHER) * PANEL_BYTES);
  }

  /** Consecutive rows at `pointer`, from row `first` on. */
  *add(pointer: number, first: number, count: number): Slices {
    const { machine, shape } = this;
    const bytes = this.stride * 4;
    for (let row = first; row < first + count; row++) {
      if (row < this.firstHeld) continue;
      const from = machine.bytes(pointer + (row - first) * bytes, bytes);
      const isLast = row === shape.rows - 1;
      if (row < this.firstHeld + this.capacity) {
        machine.bytes(this.held + this.heldCount++ * bytes, bytes).set(from);
        if (this.heldCount === this.capacity || isLast) yield* this.multiply(this.held, this.heldCount, this.firstHeld);
      } else {
        if (this.gatheredCount === 0) this.firstGathered = row;
        machine.bytes(this.gathered + this.gatheredCount++ * bytes, bytes).set(from);
        if (this.gatheredCount === GATHER || isLast) {
          yield* this.multiply(this.gathered, this.gatheredCount, this.firstGathered);
          this.gatheredCount = 0;
        }
      }
      if (isLast) this.endPass();
    }
  }

  /** Products of the held rows and others, which may be the same: upper tiles alone then. */
  private *multiply(other: number, count: number, firstColumn: number): Slices {
    for (let i = 0; i < this.heldCount; i += BLOCK) {
      for (let j = other === this.held ? i : 0; j < count; j += BLOCK)
        yield* this.multiplyBlocks(
          { pointer: this.held, first: i, rows: Math.min(BLOCK, this.heldCount - i) },
          { pointer: other, first: j, rows: Math.min(BLOCK, count - j) },
          this.total + ((this.firstHeld + i) * this.side + firstColumn + j) * 8,
        );
    }
  }

  /** Every entry goes on from what it holds, column by column: where calls end changes no bit. */
  private *multiplyBlocks(a: RowBlock, b: RowBlock, target: number): Slices {
    const { machine, shape, stride, panels, side } = this;
    const each = columnsOfCall(a.rows, b.rows);
    const at = ({ pointer, first }: RowBlock, column: number): number => pointer + (first * stride + column) * 4;
    for (let column = 0; column < shape.columns; column += each) {
      const columns = Math.min(each, shape.columns - column);
      machine.exports.addDoubleRowProducts(
        at(a, column),
        a.rows,
        at(b, column),
        b.rows,
        columns,
        stride,
        panels,
        target,
        side,
      );
      yield;
    }
  }

  private endPass(): void {
    this.firstHeld += this.capacity;
    this.heldCount = 0;
    this.next = this.firstHeld < this.shape.rows ? this.firstHeld : null;
  }

  /** The passes after the first. */
  async finish(stream: Pick<RowStream, "pass">, scale: number): Promise<void> {
    while (this.next !== null)
      await stream.pass(this.stride, scale, (pointer, first, count) => this.add(pointer, first, count));
  }
}
