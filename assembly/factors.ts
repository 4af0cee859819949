/**
 * C += A B of f32 operands, every product exact and every sum in f64, term after term along the inner index: the bits
 * of C depend on neither tiles nor blocks, and a reader's three nested loops give the same (docs/method.md §9,
 * restoring).
 */

/** Terms that a packed panel holds: one of A's and one of B's stay in the first cache. */
const SPAN: i32 = 128;
const TILE_ROWS: i32 = 4;
const TILE_COLUMNS: i32 = 4;

/** SPAN steps of four columns of B, f64. */
const PANEL = memory.data(128 * 4 * 8, 16);

/** Operands of `addProduct`; steps count values from one index to the next. */
@unmanaged
export class Product {
  /** A[i, k] is the f32 at a + 4 (i · rowStep + k · innerStep). */
  a: usize;
  rowStep: i32;
  innerStep: i32;
  rows: i32;
  inner: i32;
  /** B[k, j] is the f32 at b + 4 (k · strideB + j). */
  b: usize;
  strideB: i32;
  columns: i32;
  /** C[i, j] is the f64 at c + 8 (i · strideC + j). */
  c: usize;
  strideC: i32;
  /** Room for `productScratch` bytes. */
  scratch: usize;
}

const blocksOf = (count: i32, size: i32): i32 => (count + size - 1) / size;

/** Bytes of scratch for `rows` rows of A. */
export function productScratch(rows: i32): f64 {
  return <f64>blocksOf(rows, TILE_ROWS) * <f64>(SPAN * TILE_ROWS * 8);
}

/** C += A B. */
export function addProduct(pointer: usize): void {
  const p = changetype<Product>(pointer);
  for (let first = 0; first < p.inner; first += SPAN) {
    const steps = min(SPAN, p.inner - first);
    packA(p, first, steps);
    for (let j = 0; j < p.columns; j += TILE_COLUMNS) {
      const width = min(TILE_COLUMNS, p.columns - j);
      packB(p, first, steps, j, width);
      let a = p.scratch;
      for (let i = 0; i < p.rows; i += TILE_ROWS, a += (<usize>(SPAN * TILE_ROWS)) << 3) {
        const c = p.c + ((<usize>i * <usize>p.strideC + <usize>j) << 3);
        const height = min(TILE_ROWS, p.rows - i);
        if (height == TILE_ROWS && width == TILE_COLUMNS) tile(steps, a, c, (<usize>p.strideC) << 3);
        else corner(steps, a, c, (<usize>p.strideC) << 3, height, width);
      }
    }
  }
}

/** Four rows beside each other, step by step; rows that are not there are zero. */
function packA(p: Product, first: i32, steps: i32): void {
  for (let i = 0; i < p.rows; i++) {
    let target = p.scratch + ((<usize>(i / TILE_ROWS) * <usize>(SPAN * TILE_ROWS) + <usize>(i % TILE_ROWS)) << 3);
    let source = p.a + ((<usize>i * <usize>p.rowStep + <usize>first * <usize>p.innerStep) << 2);
    for (let k = 0; k < steps; k++, target += TILE_ROWS << 3, source += (<usize>p.innerStep) << 2) {
      store<f64>(target, <f64>load<f32>(source));
    }
  }
}

function packB(p: Product, first: i32, steps: i32, column: i32, width: i32): void {
  let source = p.b + ((<usize>first * <usize>p.strideB + <usize>column) << 2);
  for (let k = 0, target = PANEL; k < steps; k++, target += 32, source += (<usize>p.strideB) << 2) {
    if (width == TILE_COLUMNS) {
      const x = v128.load(source);
      v128.store(target, f64x2.promote_low_f32x4(x));
      v128.store(target, f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3)), 16);
    } else {
      for (let j: usize = 0; j < <usize>width; j++) store<f64>(target + (j << 3), <f64>load<f32>(source + (j << 2)));
    }
  }
}

function tile(steps: i32, a: usize, c: usize, stride: usize): void {
  const c1 = c + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  let s00 = v128.load(c);
  let s01 = v128.load(c, 16);
  let s10 = v128.load(c1);
  let s11 = v128.load(c1, 16);
  let s20 = v128.load(c2);
  let s21 = v128.load(c2, 16);
  let s30 = v128.load(c3);
  let s31 = v128.load(c3, 16);
  let b = PANEL;
  for (const end = a + ((<usize>steps) << 5); a < end; a += 32, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load_splat<f64>(a);
    s00 = f64x2.add(s00, f64x2.mul(x0, b0));
    s01 = f64x2.add(s01, f64x2.mul(x0, b1));
    const x1 = v128.load_splat<f64>(a, 8);
    s10 = f64x2.add(s10, f64x2.mul(x1, b0));
    s11 = f64x2.add(s11, f64x2.mul(x1, b1));
    const x2 = v128.load_splat<f64>(a, 16);
    s20 = f64x2.add(s20, f64x2.mul(x2, b0));
    s21 = f64x2.add(s21, f64x2.mul(x2, b1));
    const x3 = v128.load_splat<f64>(a, 24);
    s30 = f64x2.add(s30, f64x2.mul(x3, b0));
    s31 = f64x2.add(s31, f64x2.mul(x3, b1));
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/** A tile at the border, cell by cell: the same operations in the same order. */
function corner(steps: i32, a: usize, c: usize, stride: usize, height: i32, width: i32): void {
  for (let i: usize = 0; i < <usize>height; i++) {
    for (let j: usize = 0; j < <usize>width; j++) {
      const cell = c + i * stride + (j << 3);
      let sum = load<f64>(cell);
      for (let k: usize = 0; k < <usize>steps; k++) {
        sum += load<f64>(a + (k << 5) + (i << 3)) * load<f64>(PANEL + (k << 5) + (j << 3));
      }
      store<f64>(cell, sum);
    }
  }
}

/** target (f32) = source (f64), `count` values rounded to nearest. */
export function roundValues(source: usize, count: i32, target: usize): void {
  for (let k: usize = 0; k < <usize>count; k++) store<f32>(target + (k << 2), <f32>load<f64>(source + (k << 3)));
}
