import { addHalves, multiplyAdd } from "./simd";

/**
 * Blocks of eight vectors under WᵀW, and the small products between such blocks. A block of `count` rows is
 * interleaved, f32:
 *
 *     row 0: x₀ … x₇   row 1: x₀ … x₇   …                 (32 bytes a row)
 */

/**
 * f32 terms summed before they join an f64 total, along columns and along rows. The bound of src/spectra/power.ts
 * counts on it.
 */
const SPAN: i32 = 128;

/** Dot products of four rows with the eight vectors: f64 sums, then their f32. */
const SUMS = memory.data(256, 16);

const ROUNDED = memory.data(128, 16);

/** SUMS += four rows' spans · the vectors' span. */
function dotFour(count: i32, a: usize, stride: usize, b: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let a1 = a + stride;
  let a2 = a1 + stride;
  let a3 = a2 + stride;
  const end = a + ((<usize>count) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f32>(a);
    c00 = multiplyAdd(x0, b0, c00);
    c01 = multiplyAdd(x0, b1, c01);
    const x1 = v128.load_splat<f32>(a1);
    c10 = multiplyAdd(x1, b0, c10);
    c11 = multiplyAdd(x1, b1, c11);
    const x2 = v128.load_splat<f32>(a2);
    c20 = multiplyAdd(x2, b0, c20);
    c21 = multiplyAdd(x2, b1, c21);
    const x3 = v128.load_splat<f32>(a3);
    c30 = multiplyAdd(x3, b0, c30);
    c31 = multiplyAdd(x3, b1, c31);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += 32;
  }
  addHalves(SUMS, c00, c01);
  addHalves(SUMS + 64, c10, c11);
  addHalves(SUMS + 128, c20, c21);
  addHalves(SUMS + 192, c30, c31);
}

/** The same for one row: the same operations in the same order. */
function dotOne(count: i32, a: usize, b: usize): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  const end = a + ((<usize>count) << 2);
  for (; a < end; a += 4, b += 32) {
    const x = v128.load_splat<f32>(a);
    c0 = multiplyAdd(x, v128.load(b), c0);
    c1 = multiplyAdd(x, v128.load(b, 16), c1);
  }
  addHalves(SUMS, c0, c1);
}

/** target (8 f32) = sums (8 f64). */
// @ts-ignore: decorator
@inline
export function roundHalves(sums: usize, target: usize): void {
  const a = f32x4.demote_f64x2_zero(v128.load(sums));
  const b = f32x4.demote_f64x2_zero(v128.load(sums, 16));
  const c = f32x4.demote_f64x2_zero(v128.load(sums, 32));
  const d = f32x4.demote_f64x2_zero(v128.load(sums, 48));
  v128.store(target, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
  v128.store(target, v128.shuffle<f32>(c, d, 0, 1, 4, 5), 16);
}

/** partial += Σ over four rows of row ⊗ ROUNDED. */
function backFour(count: i32, a: usize, stride: usize, g: usize): void {
  const y00 = v128.load(ROUNDED);
  const y01 = v128.load(ROUNDED, 16);
  const y10 = v128.load(ROUNDED, 32);
  const y11 = v128.load(ROUNDED, 48);
  const y20 = v128.load(ROUNDED, 64);
  const y21 = v128.load(ROUNDED, 80);
  const y30 = v128.load(ROUNDED, 96);
  const y31 = v128.load(ROUNDED, 112);
  let a1 = a + stride;
  let a2 = a1 + stride;
  let a3 = a2 + stride;
  const end = a + ((<usize>count) << 2);
  while (a < end) {
    let g0 = v128.load(g);
    let g1 = v128.load(g, 16);
    const x0 = v128.load_splat<f32>(a);
    g0 = multiplyAdd(x0, y00, g0);
    g1 = multiplyAdd(x0, y01, g1);
    const x1 = v128.load_splat<f32>(a1);
    g0 = multiplyAdd(x1, y10, g0);
    g1 = multiplyAdd(x1, y11, g1);
    const x2 = v128.load_splat<f32>(a2);
    g0 = multiplyAdd(x2, y20, g0);
    g1 = multiplyAdd(x2, y21, g1);
    const x3 = v128.load_splat<f32>(a3);
    g0 = multiplyAdd(x3, y30, g0);
    g1 = multiplyAdd(x3, y31, g1);
    v128.store(g, g0);
    v128.store(g, g1, 16);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    g += 32;
  }
}

function backOne(count: i32, a: usize, g: usize): void {
  const y0 = v128.load(ROUNDED);
  const y1 = v128.load(ROUNDED, 16);
  const end = a + ((<usize>count) << 2);
  for (; a < end; a += 4, g += 32) {
    const x = v128.load_splat<f32>(a);
    v128.store(g, multiplyAdd(x, y0, v128.load(g)));
    v128.store(g, multiplyAdd(x, y1, v128.load(g, 16)), 16);
  }
}

/** total (f64) += partial (f32), which becomes zero; `count` rows of eight. */
export function joinPartial(count: i32, partial: usize, total: usize): void {
  for (let end = partial + ((<usize>count) << 5); partial < end; partial += 32, total += 64) {
    addHalves(total, v128.load(partial), v128.load(partial, 16));
    v128.store(partial, f32x4.splat(0));
    v128.store(partial, f32x4.splat(0), 16);
  }
}

/**
 * total + partial += WᵀW · vectors for rows [firstRow, firstRow + rows) of W at `stride` values; `columns` × 8 each.
 * `partial` joins `total` at multiples of SPAN rows of the whole matrix, so the bits do not depend on the blocks.
 */
export function applyGram(
  weights: usize,
  rows: i32,
  columns: i32,
  stride: i32,
  firstRow: i32,
  vectors: usize,
  partial: usize,
  total: usize,
): void {
  const bytes = (<usize>stride) << 2;
  for (let row = firstRow, end = firstRow + rows; row < end; ) {
    const border = (row / SPAN + 1) * SPAN;
    const to = min(end, border);
    while (row < to) {
      const four = row + 4 <= to;
      for (let k: usize = 0; k < 256; k += 16) v128.store(SUMS + k, f64x2.splat(0));
      for (let first = 0; first < columns; first += SPAN) {
        const a = weights + ((<usize>first) << 2);
        const b = vectors + ((<usize>first) << 5);
        const count = min(SPAN, columns - first);
        if (four) dotFour(count, a, bytes, b);
        else dotOne(count, a, b);
      }
      for (let r: usize = 0, count: usize = four ? 4 : 1; r < count; r++)
        roundHalves(SUMS + (r << 6), ROUNDED + (r << 5));
      if (four) backFour(columns, weights, bytes, partial);
      else backOne(columns, weights, partial);
      row += four ? 4 : 1;
      weights += four ? bytes << 2 : bytes;
    }
    if (row == border) joinPartial(columns, partial, total);
  }
}

/** image (f32) = factor · total (f64); `count` rows of eight. */
export function roundBlock(count: i32, total: usize, factor: f64, image: usize): void {
  const scale = f64x2.splat(factor);
  for (let end = image + ((<usize>count) << 5); image < end; image += 16, total += 32) {
    const low = f32x4.demote_f64x2_zero(f64x2.mul(scale, v128.load(total)));
    const high = f32x4.demote_f64x2_zero(f64x2.mul(scale, v128.load(total, 16)));
    v128.store(image, v128.shuffle<f32>(low, high, 0, 1, 4, 5));
  }
}

/** Rows of two blocks that are widened to f64 once and then met by all pairs of columns. */
export const WIDENED: i32 = 32;

export const WIDE_A = memory.data(2048, 16);

export const WIDE_B = memory.data(2048, 16);
