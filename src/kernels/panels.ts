import type { Machine } from "./machine.js";

/** Steps of a span of assembly/panels.ts. */
const STEPS = 256;
const GROUP = 64;
/** Columns from which on panels hold fewer rows. */
const MANY_COLUMNS = 8192;

const eights = (count: number): number => Math.ceil(count / 8) * 8;

/** A matrix of few columns, packed once to be multiplied from the left; its memory is in the arena, the caller's. */
export class PackedFactor {
  private readonly packed: number;
  private readonly scratch: number;
  private readonly record: number;

  constructor(
    private readonly machine: Machine,
    readonly inner: number,
    readonly columns: number,
  ) {
    this.packed = machine.allocate(Math.ceil(inner / STEPS) * eights(columns) * STEPS * 4);
    this.scratch = machine.allocate(GROUP * STEPS * 4 + GROUP * eights(columns) * 8);
    this.record = machine.allocate(40);
  }

  /** Takes inner × columns f32 at `stride` values. */
  pack(pointer: number, stride: number): void {
    this.machine.exports.packFactor(pointer, this.inner, this.columns, stride, this.packed);
  }

  /** out = A B (sign 1) or out -= A B (sign -1); `out` may lie where A does, if it is no wider. */
  multiply({ a, rows, stride, out, strideOut, sign }: PackedOperands): void {
    const { machine, inner, columns, packed, scratch, record } = this;
    machine.uint32(record, 10).set([a, rows, inner, stride, packed, columns, scratch, out, strideOut, sign]);
    machine.exports.multiplyPacked(record);
  }
}

/** Operands beside a packed factor; strides count f32 values. */
export interface PackedOperands {
  a: number;
  rows: number;
  stride: number;
  out: number;
  strideOut: number;
  sign: 1 | -1;
}

/** AᵀB summed over rows that come in order; its memory is in the arena, the caller's. */
export class TransposedSums {
  /** f64, `columnsA` rounded up to 8 rows of `side`. */
  readonly total: number;
  /** Values from row to row of `total`. */
  readonly side: number;
  private readonly panels: number;
  private readonly capacity: number;
  private readonly record: number;

  constructor(
    private readonly machine: Machine,
    private readonly columnsA: number,
    private readonly columnsB: number,
  ) {
    this.side = eights(columnsB);
    this.capacity = columnsA > MANY_COLUMNS ? GROUP : STEPS;
    this.panels = machine.allocate((eights(columnsA) + this.side) * this.capacity * 4);
    this.total = machine.allocate(eights(columnsA) * this.side * 8);
    this.record = machine.allocate(44);
  }

  /** Forgets all rows. */
  begin(): void {
    this.machine.bytes(this.total, eights(this.columnsA) * this.side * 8).fill(0);
  }

  /** Rows [first, first + rows) of both. */
  add(a: number, strideA: number, b: number, strideB: number, { first, rows }: { first: number; rows: number }): void {
    const { machine, columnsA, columnsB, capacity, panels, total, record } = this;
    machine.uint32(record, 11).set([a, columnsA, strideA, b, columnsB, strideB, first, rows, capacity, panels, total]);
    machine.exports.addTransposed(record);
  }

  /** When `rows` have come: columnsA × `side` f64, a view that growth of the memory ends. */
  end(rows: number): Float64Array {
    this.machine.exports.finishTransposed(this.record, rows);
    return this.machine.float64(this.total, this.columnsA * this.side);
  }
}
