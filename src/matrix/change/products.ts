import type { Slices } from "../../base/chunks.js";
import { strideOf } from "../../kernels/dense.js";
import type { Machine } from "../../kernels/machine.js";
import { RowProducts } from "../row-products.js";

/** assembly/double-products.ts */
const STEPS = 128;

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
  add(pointer: number, first: number, rows: number): Slices;
}

/** WᵀW: one pass. */
class ColumnProducts implements Products {
  readonly side: number;
  readonly total: number;
  readonly next = null;
  private readonly panels: number;

  /** Its sums are cleared in slices. */
  static *of(machine: Machine, columns: number): Slices<ColumnProducts> {
    const products = new ColumnProducts(machine, columns);
    yield* machine.clear(products.total, products.side ** 2 * 8);
    return products;
  }

  private constructor(
    private readonly machine: Machine,
    private readonly columns: number,
  ) {
    this.side = upToFour(columns);
    this.total = machine.allocate(this.side * this.side * 8);
    this.panels = machine.allocate(this.side * STEPS * 8);
  }

  *add(pointer: number, _first: number, rows: number): Slices {
    this.machine.exports.addDoubleGram(pointer, rows, this.columns, strideOf(this.columns), this.panels, this.total);
    yield;
  }
}

/**
 * Its memory is taken from the arena; the caller frees it. Of `memory` bytes, those that hold rows where they are fewer
 * than the columns.
 */
export function smallerSideProducts(machine: Machine, rows: number, columns: number, memory: number): Slices<Products> {
  return columns <= rows ? ColumnProducts.of(machine, columns) : RowProducts.of(machine, { rows, columns }, memory, 4);
}
