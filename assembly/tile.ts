/**
 * Products of square f64 tiles: SIDE × SIDE values, row-major, with nothing between them. A tile fits the first cache
 * thrice. Micro-tiles are 4 × 4 and functions of their own, without unrolling over steps: V8 11 hoists the loads, and
 * larger ones spill.
 */
export const SIDE: i32 = 32;
/** Bytes of a row of a tile, and of a tile. */
export const ROW: usize = 256;
export const TILE: usize = 8192;

// @ts-ignore: decorator
@inline
function join(add: bool, row: usize, low: v128, high: v128): void {
  const x = v128.load(row);
  const y = v128.load(row, 16);
  v128.store(row, add ? f64x2.add(x, low) : f64x2.sub(x, low));
  v128.store(row, add ? f64x2.add(y, high) : f64x2.sub(y, high), 16);
}

/** result[0..3][0..3] ± = Σ_k a[k][0..3] b[k][0..3] over `steps` rows of a and b. */
// @ts-ignore: decorator
@inline
function microAlong(add: bool, steps: i32, a: usize, b: usize, result: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = b + ((<usize>steps) << 8);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f64>(a);
    c00 = f64x2.add(c00, f64x2.mul(a0, b0));
    c01 = f64x2.add(c01, f64x2.mul(a0, b1));
    const a1 = v128.load_splat<f64>(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(a1, b0));
    c11 = f64x2.add(c11, f64x2.mul(a1, b1));
    const a2 = v128.load_splat<f64>(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(a2, b0));
    c21 = f64x2.add(c21, f64x2.mul(a2, b1));
    const a3 = v128.load_splat<f64>(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(a3, b0));
    c31 = f64x2.add(c31, f64x2.mul(a3, b1));
    a += ROW;
    b += ROW;
  }
  join(add, result, c00, c01);
  join(add, result + ROW, c10, c11);
  join(add, result + 2 * ROW, c20, c21);
  join(add, result + 3 * ROW, c30, c31);
}

function addAlong(a: usize, b: usize, result: usize): void {
  microAlong(true, SIDE, a, b, result);
}
function subtractAlong(a: usize, b: usize, result: usize): void {
  microAlong(false, 2 * SIDE, a, b, result);
}

/** result[0..3][0..3] += Σ_k a[0..3][k] b[k][0..3]. */
function addDown(a: usize, b: usize, result: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = b + TILE;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f64>(a);
    c00 = f64x2.add(c00, f64x2.mul(a0, b0));
    c01 = f64x2.add(c01, f64x2.mul(a0, b1));
    const a1 = v128.load_splat<f64>(a, ROW);
    c10 = f64x2.add(c10, f64x2.mul(a1, b0));
    c11 = f64x2.add(c11, f64x2.mul(a1, b1));
    const a2 = v128.load_splat<f64>(a, 2 * ROW);
    c20 = f64x2.add(c20, f64x2.mul(a2, b0));
    c21 = f64x2.add(c21, f64x2.mul(a2, b1));
    const a3 = v128.load_splat<f64>(a, 3 * ROW);
    c30 = f64x2.add(c30, f64x2.mul(a3, b0));
    c31 = f64x2.add(c31, f64x2.mul(a3, b1));
    a += 8;
    b += ROW;
  }
  join(true, result, c00, c01);
  join(true, result + ROW, c10, c11);
  join(true, result + 2 * ROW, c20, c21);
  join(true, result + 3 * ROW, c30, c31);
}

/** result += A B. */
export function addProduct(a: usize, b: usize, result: usize): void {
  for (let i: usize = 0; i < TILE; i += 4 * ROW) {
    for (let j: usize = 0; j < ROW; j += 32) addDown(a + i, b + j, result + i + j);
  }
}

/** result += Aᵀ B. */
export function addTransposedProduct(a: usize, b: usize, result: usize): void {
  for (let i: usize = 0; i < ROW; i += 32) {
    for (let j: usize = 0; j < ROW; j += 32) addAlong(a + i, b + j, result + (i << 5) + j);
  }
}

/** result -= Aᵀ B of two tiles each, one below the other. */
export function subtractTransposedProducts(a: usize, b: usize, result: usize): void {
  for (let i: usize = 0; i < ROW; i += 32) {
    for (let j: usize = 0; j < ROW; j += 32) subtractAlong(a + i, b + j, result + (i << 5) + j);
  }
}

/** target = sourceᵀ. */
export function transposeTile(source: usize, target: usize): void {
  for (let i: usize = 0; i < TILE; i += 2 * ROW) {
    for (let j: usize = 0; j < ROW; j += 16) {
      const x = v128.load(source + i + j);
      const y = v128.load(source + i + j, ROW);
      const to = target + (j << 5) + (i >> 5);
      v128.store(to, v128.shuffle<f64>(x, y, 0, 2));
      v128.store(to, v128.shuffle<f64>(x, y, 1, 3), ROW);
    }
  }
}
