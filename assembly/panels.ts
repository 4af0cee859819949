/**
 * Products of tall f32 matrices with the few columns of a subspace, through the tiles of product.ts: f32 lanes of at
 * most 64 terms that join f64 sums, in an order that neither blocks of rows nor the panels' capacity change.
 */
import { multiplyPanels, packAcross, packDown, STEPS } from "./product";

const SPAN_BYTES: usize = (<usize>STEPS) << 5;
/** Rows of A multiplied together: their panels stay in the second cache. */
const GROUP: i32 = 64;

const panelsOf = (count: i32): i32 => (count + 7) >> 3;

/** `panels` (ceil(inner/256) · ceil(columns/8) · 8 kB) = B, inner × columns at `stride` values. */
export function packFactor(b: usize, inner: i32, columns: i32, stride: i32, panels: usize): void {
  const span = <usize>panelsOf(columns) * SPAN_BYTES;
  for (let k = 0; k < inner; k++) {
    const target = panels + <usize>(k / STEPS) * span;
    packAcross(b + <usize>k * ((<usize>stride) << 2), columns, target, k % STEPS, STEPS);
  }
}

/** Operands of `multiplyPacked`; strides count values. */
@unmanaged
export class PackedProduct {
  /** A, rows × inner f32. */
  a: usize;
  rows: i32;
  inner: i32;
  stride: i32;
  /** B as `packFactor` leaves it, inner × columns. */
  packed: usize;
  columns: i32;
  /** Room for 64 rows of A as panels (64 kB), then for 64 rows of the result, ceil(columns/8) · 8 f64 each. */
  scratch: usize;
  /** rows × columns f32. It may lie where A does, if it is no wider. */
  out: usize;
  strideOut: i32;
  /** 1: out = A B; -1: out -= A B, rounded once. */
  sign: i32;
}

/** out = A B, or out -= A B. */
export function multiplyPacked(pointer: usize): void {
  const p = changetype<PackedProduct>(pointer);
  const across = panelsOf(p.columns);
  const width = (<usize>across) << 3;
  const panels = p.scratch;
  const sums = p.scratch + <usize>(GROUP >> 3) * SPAN_BYTES;
  for (let first = 0; first < p.rows; first += GROUP) {
    const rows = min(GROUP, p.rows - first);
    const a = p.a + <usize>first * ((<usize>p.stride) << 2);
    memory.fill(sums, 0, (<usize>GROUP * width) << 3);
    for (let k = 0, b = p.packed; k < p.inner; k += STEPS, b += <usize>across * SPAN_BYTES) {
      const steps = min(STEPS, p.inner - k);
      packDown(a, rows, p.stride, k, steps, panels);
      multiplyPanels(steps, STEPS, panels, panelsOf(rows), b, across, sums, width << 3, false);
    }
    for (let i = 0; i < rows; i++) {
      const from = sums + ((<usize>i * width) << 3);
      const to = p.out + <usize>(first + i) * ((<usize>p.strideOut) << 2);
      for (let j: usize = 0; j < <usize>p.columns; j++) {
        const x = load<f64>(from + (j << 3));
        const target = to + (j << 2);
        store<f32>(target, <f32>(p.sign > 0 ? x : <f64>load<f32>(target) - x));
      }
    }
  }
}

/** Operands of `addTransposed`; strides count values. */
@unmanaged
export class TransposedProduct {
  /** Rows [first, first + rows) of A, f32. */
  a: usize;
  columnsA: i32;
  strideA: i32;
  /** The same rows of B. */
  b: usize;
  columnsB: i32;
  strideB: i32;
  first: i32;
  rows: i32;
  /** Rows that the panels hold: a multiple of 64. */
  capacity: i32;
  /** (ceil(columnsA/8) + ceil(columnsB/8)) · capacity · 32 bytes. */
  panels: usize;
  /** AᵀB, f64: ceil8(columnsA) rows of ceil8(columnsB). */
  total: usize;
}

/** total += AᵀB over rows that come in order from row 0, in blocks of any size; `finishTransposed` adds the last. */
export function addTransposed(pointer: usize): void {
  const p = changetype<TransposedProduct>(pointer);
  const panelsB = p.panels + ((<usize>panelsOf(p.columnsA) * <usize>p.capacity) << 5);
  for (let i = 0; i < p.rows; i++) {
    const step = (p.first + i) % p.capacity;
    packAcross(p.a + <usize>i * ((<usize>p.strideA) << 2), p.columnsA, p.panels, step, p.capacity);
    packAcross(p.b + <usize>i * ((<usize>p.strideB) << 2), p.columnsB, panelsB, step, p.capacity);
    if (step + 1 == p.capacity) addSteps(p, p.capacity);
  }
}

/** The rows that wait in the panels, once `rows` have come in all. */
export function finishTransposed(pointer: usize, rows: i32): void {
  const p = changetype<TransposedProduct>(pointer);
  if (rows % p.capacity > 0) addSteps(p, rows % p.capacity);
}

function addSteps(p: TransposedProduct, steps: i32): void {
  const a = panelsOf(p.columnsA);
  const b = panelsOf(p.columnsB);
  const panelsB = p.panels + ((<usize>a * <usize>p.capacity) << 5);
  multiplyPanels(steps, p.capacity, p.panels, a, panelsB, b, p.total, (<usize>b) << 6, false);
}
