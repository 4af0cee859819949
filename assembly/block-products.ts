/**
 * Small products between blocks of eight vectors, and blocks less their part along others (power.ts says how they lie).
 */
import { WIDENED, WIDE_A, WIDE_B } from "./power";

/** result (8 × 8 f64, row-major) = aᵀb of two blocks, every product and sum in f64. */
export function blockProducts(count: i32, a: usize, b: usize, result: usize): void {
  memory.fill(result, 0, 512);
  for (; count > 0; count -= WIDENED, a += (<usize>WIDENED) << 5, b += (<usize>WIDENED) << 5) {
    const rows = min(count, WIDENED);
    widen(rows, a, WIDE_A);
    widen(rows, b, WIDE_B);
    for (let column: usize = 0; column < 8; column += 2)
      pairProducts(rows, WIDE_A + (column << 3), WIDE_B, result + (column << 6));
  }
}

/** target (f64) = source (f32), `rows` rows of eight. */
export function widen(rows: i32, source: usize, target: usize): void {
  for (const end = source + ((<usize>rows) << 5); source < end; source += 16, target += 32) {
    v128.store(target, f64x2.promote_low_f32x4(v128.load64_zero(source)));
    v128.store(target, f64x2.promote_low_f32x4(v128.load64_zero(source, 8)), 16);
  }
}

/** result (2 × 8) += two columns of `a` against the eight of `b`, f64. */
export function pairProducts(rows: i32, a: usize, b: usize, result: usize): void {
  let s00 = v128.load(result);
  let s01 = v128.load(result, 16);
  let s02 = v128.load(result, 32);
  let s03 = v128.load(result, 48);
  let s10 = v128.load(result, 64);
  let s11 = v128.load(result, 80);
  let s12 = v128.load(result, 96);
  let s13 = v128.load(result, 112);
  for (const end = b + ((<usize>rows) << 6); b < end; a += 64, b += 64) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x = v128.load_splat<f64>(a);
    const y = v128.load_splat<f64>(a, 8);
    s00 = f64x2.add(s00, f64x2.mul(x, b0));
    s01 = f64x2.add(s01, f64x2.mul(x, b1));
    s02 = f64x2.add(s02, f64x2.mul(x, b2));
    s03 = f64x2.add(s03, f64x2.mul(x, b3));
    s10 = f64x2.add(s10, f64x2.mul(y, b0));
    s11 = f64x2.add(s11, f64x2.mul(y, b1));
    s12 = f64x2.add(s12, f64x2.mul(y, b2));
    s13 = f64x2.add(s13, f64x2.mul(y, b3));
  }
  v128.store(result, s00);
  v128.store(result, s01, 16);
  v128.store(result, s02, 32);
  v128.store(result, s03, 48);
  v128.store(result, s10, 64);
  v128.store(result, s11, 80);
  v128.store(result, s12, 96);
  v128.store(result, s13, 112);
}

/** target = keep · target + source · factors (8 × 8 f64, row-major), rounded to f32 once. `source` may be `target`. */
export function blockUpdate(count: i32, target: usize, keep: f64, source: usize, factors: usize): void {
  const kept = f64x2.splat(keep);
  for (const end = target + ((<usize>count) << 5); target < end; target += 32, source += 32) {
    const low = v128.load(target);
    const high = v128.load(target, 16);
    let t0 = f64x2.mul(kept, f64x2.promote_low_f32x4(low));
    let t1 = f64x2.mul(kept, f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3)));
    let t2 = f64x2.mul(kept, f64x2.promote_low_f32x4(high));
    let t3 = f64x2.mul(kept, f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 2, 3)));
    for (let i: usize = 0, f = factors; i < 32; i += 4, f += 64) {
      const x = f64x2.splat(<f64>load<f32>(source + i));
      t0 = f64x2.add(t0, f64x2.mul(x, v128.load(f)));
      t1 = f64x2.add(t1, f64x2.mul(x, v128.load(f, 16)));
      t2 = f64x2.add(t2, f64x2.mul(x, v128.load(f, 32)));
      t3 = f64x2.add(t3, f64x2.mul(x, v128.load(f, 48)));
    }
    v128.store(target, v128.shuffle<f32>(f32x4.demote_f64x2_zero(t0), f32x4.demote_f64x2_zero(t1), 0, 1, 4, 5));
    v128.store(target, v128.shuffle<f32>(f32x4.demote_f64x2_zero(t2), f32x4.demote_f64x2_zero(t3), 0, 1, 4, 5), 16);
  }
}
