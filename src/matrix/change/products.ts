import type { Slices } from "../../base/chunks.js";
import { strideOf } from "../../kernels/dense.js";
import { addToGram, createGram, DOUBLE_GRAM, finishGram } from "../../kernels/gram.js";
import type { Machine } from "../../kernels/machine.js";
import { RowProducts } from "../row-products.js";

/** The next multiple of four: whole vectors of f32. */
export const upToFour = (count: number): number => Math.ceil(count / 4) * 4;

/**
 * The Gram matrix of the smaller side of a matrix whose rows come by, in f64; each entry is one sum in the order of
 * rows or columns.
 */
export interface Products {
  /** Up to which rows count; those beyond the smaller side are zeros. */
  readonly order: number;
  /** f64 from row to row. */
  readonly side: number;
  readonly total: number;
  /** At the end of a pass: the row from which on another is to come, or null. */
  readonly next: number | null;
  /** Consecutive rows at `pointer`, from row `first` on. */
  add(pointer: number, first: number, rows: number): Slices;
}

/** WᵀW: one pass, ended with its last row. */
class ColumnProducts implements Products {
  readonly order: number;
  readonly side: number;
  readonly total: number;
  readonly next = null;

  /** Its sums are cleared in slices. */
  static *of(machine: Machine, rows: number, columns: number): Slices<ColumnProducts> {
    return new ColumnProducts(machine, { rows, columns }, yield* createGram(machine, columns, DOUBLE_GRAM));
  }

  private constructor(
    private readonly machine: Machine,
    private readonly shape: { rows: number; columns: number },
    private readonly gram: number,
  ) {
    if (gram === 0) throw new RangeError(`out of memory: the Gram matrix of ${shape.columns} columns does not fit`);
    this.order = upToFour(shape.columns);
    this.side = machine.exports.gramSide(gram);
    this.total = machine.exports.gramTotal(gram) >>> 0;
  }

  *add(pointer: number, first: number, rows: number): Slices {
    const { machine, shape, gram } = this;
    yield* addToGram(machine, gram, pointer, rows, strideOf(shape.columns));
    if (first + rows === shape.rows) yield* finishGram(machine, gram);
  }
}

/**
 * Its memory is taken from the arena; the caller frees it. Of `memory` bytes, those that hold rows where they are fewer
 * than the columns.
 */
export function smallerSideProducts(machine: Machine, rows: number, columns: number, memory: number): Slices<Products> {
  return columns <= rows
    ? ColumnProducts.of(machine, rows, columns)
    : RowProducts.of(machine, { rows, columns }, memory, 4);
}
