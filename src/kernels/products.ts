import type { Machine } from "./machine.js";

/** Operands of C += A B in a machine's memory; steps and strides count values (assembly/factors.ts has the layout). */
export interface ProductOperands {
  /** A, rows × inner f32: `rowStep` values from row to row, `innerStep` along a row. */
  a: number;
  rowStep: number;
  innerStep: number;
  rows: number;
  inner: number;
  /** B, inner × columns f32. */
  b: number;
  strideB: number;
  columns: number;
  /** C, rows × columns f64. */
  c: number;
  strideC: number;
}

/**
 * C += A B, each sum in f64 along the inner index in ascending order. Scratch of some 1 kB a row of A is freed at the
 * end.
 */
export function addProduct(machine: Machine, operands: ProductOperands): void {
  const { a, rowStep, innerStep, rows, inner, b, strideB, columns, c, strideC } = operands;
  machine.scope(() => {
    const scratch = machine.allocate(machine.exports.productScratch(rows));
    const record = machine.copyUint32([a, rowStep, innerStep, rows, inner, b, strideB, columns, c, strideC, scratch]);
    machine.exports.addProduct(record);
  });
}
