import { amplitudesOf, explain, productOfRows } from "./banded";
import { Basis, windowOf } from "./basis-record";

/**
 * Least-squares amplitudes of rows on a uniform Gaussian basis (docs/method.md §1), four rows at a time:
 * banded product b = W Gᵀ, triangular solves over four rows at once, energy by difference or, where little is
 * left, from the residual.
 */

/** Σ‖w‖², Σ‖w - aG‖², Σ‖w - mean‖² over rows, in their order. */
@unmanaged
export class FitTotals {
  squares: f64;
  residual: f64;
  variation: f64;
}

/** Below this share left over, or of variation, a difference of sums has too few digits. */
const DIRECT: f64 = 0.1;

/** ‖w - aG‖² of one row in f64 against the ±9 σ windows; `amplitudes` are 32 bytes apart. */
function residualOf(basis: Basis, row: usize, amplitudes: usize): f64 {
  const r = basis.residual;
  for (let j: usize = 0; j < <usize>basis.columns; j++) store<f64>(r + (j << 3), <f64>load<f32>(row + (j << 2)));
  for (let k = 0; k < basis.gaussians; k++) {
    const window = windowOf(basis, k);
    const a = load<f64>(amplitudes + ((<usize>k) << 5));
    const by = f64x2.splat(a);
    const length = <usize>load<i32>(window, 4);
    let p = r + ((<usize>load<i32>(window)) << 3);
    let g = load<usize>(window, 8);
    for (const end = p + ((length & ~1) << 3); p < end; p += 16, g += 16) {
      v128.store(p, f64x2.sub(v128.load(p), f64x2.mul(by, v128.load(g))));
    }
    if (length & 1) store<f64>(p, load<f64>(p) - a * load<f64>(g));
  }
  let sum: f64 = 0;
  for (let j: usize = 0; j < <usize>basis.columns; j++) sum += load<f64>(r + (j << 3)) * load<f64>(r + (j << 3));
  return sum;
}

/** ‖w - mean‖² of one row in f64, both passes. */
function variationOf(row: usize, columns: i32): f64 {
  let sum: f64 = 0;
  let squares: f64 = 0;
  const end = row + ((<usize>columns) << 2);
  for (let p = row; p < end; p += 4) sum += <f64>load<f32>(p);
  const mean = sum / <f64>columns;
  for (let p = row; p < end; p += 4) {
    const x = <f64>load<f32>(p) - mean;
    squares += x * x;
  }
  return squares;
}

/** A power of two that brings a row near 1, or 1 where its squares and their sums fit f32 as they are. */
function scaleOf(largest: f64): f64 {
  if (largest == 0 || (largest > 9.1e-13 && largest < 1.1e15)) return 1;
  return reinterpret<f64>((2046 - (reinterpret<u64>(largest) >> 52)) << 52);
}

const scales: usize = memory.data(32, 16);
const explained: usize = memory.data(32, 16);
const pointers: usize = memory.data(16, 16);

/** Row i of the four, scaled into scratch where it must be. */
function place(basis: Basis, row: usize, largest: f64, i: i32): void {
  const scale = scaleOf(largest);
  store<f64>(scales + ((<usize>i) << 3), scale);
  store<usize>(pointers + ((<usize>i) << 2), row);
  if (scale == 1) return;
  const stride = (<usize>((basis.columns + 3) & ~3)) << 2;
  const copy = basis.rows + <usize>i * stride;
  for (let j: usize = 0; j < stride; j += 4) store<f32>(copy + j, <f32>(<f64>load<f32>(row + j) * scale));
  store<usize>(pointers + ((<usize>i) << 2), copy);
}

/** explained [4] of up to four rows (the last one stands in for those that are missing). */
function explainRows(basis: Basis, weights: usize, rowSums: usize, count: i32, stride: usize): void {
  for (let i = 0; i < 4; i++) {
    const row = <usize>min(i, count - 1);
    place(basis, weights + row * stride, load<f64>(rowSums + row * 24, 16), i);
  }
  productOfRows(
    basis,
    load<usize>(pointers),
    load<usize>(pointers, 4),
    load<usize>(pointers, 8),
    load<usize>(pointers, 12),
  );
  explain(basis, explained);
}

/**
 * Fits `rows` finite rows at `stride` values (a multiple of 4, zero between the last column and it). `rowSums` as
 * reduce.ts leaves them. Writes rows × gaussians amplitudes and one energy and R² a row; adds to `totals`.
 * Any of the three targets may be 0.
 */
export function fitRows(
  pointer: usize,
  weights: usize,
  rows: i32,
  stride: i32,
  rowSums: usize,
  amplitudes: usize,
  rowEnergy: usize,
  rowR2: usize,
  totals: FitTotals,
): void {
  const basis = changetype<Basis>(pointer);
  const bytes = (<usize>stride) << 2;
  const n = <usize>basis.gaussians;
  for (let i = 0; i < rows; i += 4) {
    const count = min(4, rows - i);
    explainRows(basis, weights + <usize>i * bytes, rowSums, count, bytes);
    const a = amplitudesOf(basis);
    for (let r: usize = 0; r < <usize>count; r++) {
      const scale = load<f64>(scales + (r << 3));
      const sum = load<f64>(rowSums);
      const raw = load<f64>(rowSums, 8);
      const row = load<usize>(pointers + (r << 2));
      const squares = raw * scale * scale;
      let residual = squares - load<f64>(explained + (r << 3));
      let variation = squares - (sum * scale * (sum * scale)) / <f64>basis.columns;
      if (residual < DIRECT * squares || variation < DIRECT * squares) {
        residual = residualOf(basis, row, a + (r << 3));
        variation = variationOf(row, basis.columns);
      }
      const back = 1 / scale;
      if (amplitudes) {
        for (let k: usize = 0; k < n; k++)
          store<f32>(amplitudes + (k << 2), <f32>(load<f64>(a + (k << 5) + (r << 3)) * back));
        amplitudes += n << 2;
      }
      if (rowEnergy) {
        store<f32>(rowEnergy, <f32>share(residual, squares));
        store<f32>(rowR2, <f32>shareOfVariation(residual, variation));
        rowEnergy += 4;
        rowR2 += 4;
      }
      totals.squares += raw;
      totals.residual += residual * back * back;
      totals.variation += variation * back * back;
      rowSums += 24;
    }
  }
}

/** 1 - residual / whole in [0, 1]; 0/0 leaves nothing to explain and counts as 1. */
export function share(residual: f64, whole: f64): f64 {
  return whole > 0 ? Math.min(1, Math.max(0, 1 - residual / whole)) : 1;
}

/** 1 - residual / variation, at most 1; 0 where nothing varies and something is left. */
export function shareOfVariation(residual: f64, variation: f64): f64 {
  if (variation > 0) return Math.min(1, 1 - residual / variation);
  return residual > 0 ? 0 : 1;
}

/** Σ ‖projection of the row on the basis‖² over rows, in their order, added to the f64 at `total`. */
export function explainedEnergy(
  pointer: usize,
  weights: usize,
  rows: i32,
  stride: i32,
  rowSums: usize,
  total: usize,
): void {
  const basis = changetype<Basis>(pointer);
  const bytes = (<usize>stride) << 2;
  for (let i = 0; i < rows; i += 4) {
    const count = min(4, rows - i);
    explainRows(basis, weights + <usize>i * bytes, rowSums, count, bytes);
    for (let r: usize = 0; r < <usize>count; r++) {
      const scale = load<f64>(scales + (r << 3));
      store<f64>(total, load<f64>(total) + load<f64>(explained + (r << 3)) / (scale * scale));
      rowSums += 24;
    }
  }
}

/**
 * Adds to tr B and tr B² of B = (G Gᵀ)⁻¹, or its pseudo-inverse, two f64 at `out`, what columns [first, last) of B have
 * of them: four at a time, `first` a multiple of 4.
 */
export function inverseTraces(pointer: usize, first: i32, last: i32, out: usize): void {
  const basis = changetype<Basis>(pointer);
  const n = basis.gaussians;
  let trace = load<f64>(out);
  let squares = load<f64>(out, 8);
  for (; first < min(n, last); first += 4) {
    memory.fill(basis.products, 0, (<usize>((n + 1) & ~1)) << 5);
    for (let r = 0; r < min(4, n - first); r++)
      store<f64>(basis.products + ((<usize>(first + r)) << 5) + ((<usize>r) << 3), 1);
    explain(basis, explained);
    const columns = amplitudesOf(basis);
    for (let k = 0; k < n; k++) {
      for (let r = 0; r < min(4, n - first); r++) {
        const value = load<f64>(columns + ((<usize>k) << 5) + ((<usize>r) << 3));
        squares += value * value;
        if (k == first + r) trace += value;
      }
    }
  }
  store<f64>(out, trace);
  store<f64>(out, squares, 8);
}
