import { multiplyAdd } from "./simd";

/**
 * Products with a matrix in compressed sparse rows: `offsets` (rows + 1, u32), `indices` (u32, ascending within a row),
 * `values` (f32). A matrix may carry two rank-one terms p₀q₀ᵀ + p₁q₁ᵀ beside its stored values: p and q are n × 2, f64,
 * interleaved.
 */

/**
 * Values whose f32 products are summed before they join f64 totals. The bound of src/kernels/sparse.ts counts on it.
 */
const SPAN: usize = 128 * 4;

/** y = W x, all in f64. */
export function sparseVector(rows: i32, offsets: usize, indices: usize, values: usize, x: usize, y: usize): void {
  for (let i = 0; i < rows; i++, offsets += 4, y += 8) {
    const end = indices + ((<usize>load<u32>(offsets, 4)) << 2);
    const behind = values - indices;
    let p = indices + ((<usize>load<u32>(offsets)) << 2);
    let s0: f64 = 0;
    let s1: f64 = 0;
    for (; p + 4 < end; p += 8) {
      s0 += <f64>load<f32>(p + behind) * load<f64>(x + ((<usize>load<u32>(p)) << 3));
      s1 += <f64>load<f32>(p + behind, 4) * load<f64>(x + ((<usize>load<u32>(p, 4)) << 3));
    }
    if (p < end) s0 += <f64>load<f32>(p + behind) * load<f64>(x + ((<usize>load<u32>(p)) << 3));
    store<f64>(y, s0 + s1);
  }
}

/** sums (2 × 8, f64) = qᵀ x for n × 2 weights q and a block x of n rows of eight. */
export function weightedSums(n: i32, q: usize, x: usize, sums: usize): void {
  memory.fill(sums, 0, 128);
  for (let i = 0; i < n; i++, q += 16, x += 32) {
    addWeighted(sums, load<f64>(q), x);
    addWeighted(sums + 64, load<f64>(q, 8), x);
  }
}

// @ts-ignore: decorator
@inline
function addWeighted(sums: usize, weight: f64, x: usize): void {
  const w = f64x2.splat(weight);
  const low = v128.load(x);
  const high = v128.load(x, 16);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(w, f64x2.promote_low_f32x4(low))));
  v128.store(
    sums,
    f64x2.add(v128.load(sums, 16), f64x2.mul(w, f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3)))),
    16,
  );
  v128.store(sums, f64x2.add(v128.load(sums, 32), f64x2.mul(w, f64x2.promote_low_f32x4(high))), 32);
  v128.store(
    sums,
    f64x2.add(v128.load(sums, 48), f64x2.mul(w, f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 2, 3)))),
    48,
  );
}

/**
 * y = factor · W x for blocks of eight vectors, interleaved f32 (assembly/power.ts). `p` (0 for none) are W's rank-one
 * columns, `sums` the 2 × 8 of qᵀx. f32 sums of at most SPAN products, everything else in f64, one rounding at the end.
 */
export function sparseBlock(
  rows: i32,
  offsets: usize,
  indices: usize,
  values: usize,
  x: usize,
  p: usize,
  sums: usize,
  factor: f64,
  y: usize,
): void {
  for (let i = 0; i < rows; i++, offsets += 4, y += 32) {
    sparseRow(
      indices + ((<usize>load<u32>(offsets)) << 2),
      indices + ((<usize>load<u32>(offsets, 4)) << 2),
      values - indices,
      x,
      p,
      sums,
      factor,
      y,
    );
    if (p) p += 16;
  }
}

/** One row: its indices [from, end), its values `behind` bytes further, times the rows of x they name. */
// @ts-ignore: decorator
@inline
function sparseRow(
  from: usize,
  end: usize,
  behind: usize,
  x: usize,
  p: usize,
  sums: usize,
  factor: f64,
  y: usize,
): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  while (from < end) {
    const border = min(end, from + SPAN);
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    for (; from + 4 < border; from += 8) {
      const v = v128.load_splat<f32>(from + behind);
      const q = x + ((<usize>load<u32>(from)) << 5);
      a0 = multiplyAdd(v, v128.load(q), a0);
      a1 = multiplyAdd(v, v128.load(q, 16), a1);
      const w = v128.load_splat<f32>(from + behind, 4);
      const r = x + ((<usize>load<u32>(from, 4)) << 5);
      b0 = multiplyAdd(w, v128.load(r), b0);
      b1 = multiplyAdd(w, v128.load(r, 16), b1);
    }
    if (from < border) {
      const v = v128.load_splat<f32>(from + behind);
      const q = x + ((<usize>load<u32>(from)) << 5);
      a0 = multiplyAdd(v, v128.load(q), a0);
      a1 = multiplyAdd(v, v128.load(q, 16), a1);
      from += 4;
    }
    a0 = f32x4.add(a0, b0);
    a1 = f32x4.add(a1, b1);
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(a0));
    s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.shuffle<f32>(a0, a0, 2, 3, 2, 3)));
    s2 = f64x2.add(s2, f64x2.promote_low_f32x4(a1));
    s3 = f64x2.add(s3, f64x2.promote_low_f32x4(v128.shuffle<f32>(a1, a1, 2, 3, 2, 3)));
  }
  if (p) {
    const p0 = f64x2.splat(load<f64>(p));
    const p1 = f64x2.splat(load<f64>(p, 8));
    s0 = f64x2.add(s0, f64x2.add(f64x2.mul(p0, v128.load(sums)), f64x2.mul(p1, v128.load(sums, 64))));
    s1 = f64x2.add(s1, f64x2.add(f64x2.mul(p0, v128.load(sums, 16)), f64x2.mul(p1, v128.load(sums, 80))));
    s2 = f64x2.add(s2, f64x2.add(f64x2.mul(p0, v128.load(sums, 32)), f64x2.mul(p1, v128.load(sums, 96))));
    s3 = f64x2.add(s3, f64x2.add(f64x2.mul(p0, v128.load(sums, 48)), f64x2.mul(p1, v128.load(sums, 112))));
  }
  const scale = f64x2.splat(factor);
  const low = f32x4.demote_f64x2_zero(f64x2.mul(scale, s0));
  const low2 = f32x4.demote_f64x2_zero(f64x2.mul(scale, s1));
  const high = f32x4.demote_f64x2_zero(f64x2.mul(scale, s2));
  const high2 = f32x4.demote_f64x2_zero(f64x2.mul(scale, s3));
  v128.store(y, v128.shuffle<f32>(low, low2, 0, 1, 4, 5));
  v128.store(y, v128.shuffle<f32>(high, high2, 0, 1, 4, 5), 16);
}

/**
 * ‖rows [first, last) of L R‖², f64: row by row, the rows of R that a row of L names are added up. Both carry no
 * rank-one terms, or both are one W with them (then L R = W²): `dense` is 0, or `width` × 4 f64 with q₀, q₁ and Wᵀq₀,
 * Wᵀq₁ in each row, and `p` as above. `sum` (width f64) begins and ends as zeros.
 */
export function productSquares(
  first: i32,
  last: i32,
  offsetsL: usize,
  indicesL: usize,
  valuesL: usize,
  offsetsR: usize,
  indicesR: usize,
  valuesR: usize,
  width: i32,
  sum: usize,
  p: usize,
  dense: usize,
): f64 {
  let total: f64 = 0;
  for (let i = <usize>first; i < <usize>last; i++) {
    let c0: f64 = 0;
    let c1: f64 = 0;
    for (let k = <usize>load<u32>(offsetsL + (i << 2)), end = <usize>load<u32>(offsetsL + (i << 2), 4); k < end; k++) {
      const j = <usize>load<u32>(indicesL + (k << 2));
      const value = <f64>load<f32>(valuesL + (k << 2));
      for (let m = <usize>load<u32>(offsetsR + (j << 2)), to = <usize>load<u32>(offsetsR + (j << 2), 4); m < to; m++) {
        const at = sum + ((<usize>load<u32>(indicesR + (m << 2))) << 3);
        store<f64>(at, load<f64>(at) + value * <f64>load<f32>(valuesR + (m << 2)));
      }
      if (dense) {
        c0 += value * load<f64>(p + (j << 4));
        c1 += value * load<f64>(p + (j << 4), 8);
      }
    }
    if (dense) addDense(width, sum, dense, c0, c1, load<f64>(p + (i << 4)), load<f64>(p + (i << 4), 8));
    for (let at = sum, end = sum + ((<usize>width) << 3); at < end; at += 8) {
      const x = load<f64>(at);
      total += x * x;
    }
    memory.fill(sum, 0, (<usize>width) << 3);
  }
  return total;
}

function addDense(width: i32, sum: usize, dense: usize, a: f64, b: f64, c: f64, d: f64): void {
  for (const end = sum + ((<usize>width) << 3); sum < end; sum += 8, dense += 32) {
    store<f64>(
      sum,
      load<f64>(sum) +
        (a * load<f64>(dense) + b * load<f64>(dense, 8) + (c * load<f64>(dense, 16) + d * load<f64>(dense, 24))),
    );
  }
}
