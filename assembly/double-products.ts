/**
 * Products of f32 rows in f64: those of a difference, whose small singular values f32 would drown (they are right to
 * some 1e-8 of the largest here, 3e-4 in assembly/product.ts). The product of two f32 is exact in f64, and every entry
 * is one sum in the order of the steps, begun from what the result holds: how the rows are cut into calls changes no
 * bit.
 *
 * A panel holds 4 rows (or columns) of an operand, step by step:
 *
 *     panel p:  [x(4p) … x(4p+3)] of step 0, then of step 1, … of step `DOUBLE_STEPS`-1      (f64)
 */
export const DOUBLE_STEPS: i32 = 128;
const PANEL: usize = (<usize>DOUBLE_STEPS) << 5;

/** result[0..3][0..3] += Σ_step a[0..3] · b[0..3]; `stride` bytes from row to row. */
function doubleTile(steps: i32, a: usize, b: usize, result: usize, stride: usize): void {
  const row1 = result + stride;
  const row2 = row1 + stride;
  const row3 = row2 + stride;
  let c00 = v128.load(result);
  let c01 = v128.load(result, 16);
  let c10 = v128.load(row1);
  let c11 = v128.load(row1, 16);
  let c20 = v128.load(row2);
  let c21 = v128.load(row2, 16);
  let c30 = v128.load(row3);
  let c31 = v128.load(row3, 16);
  const end = b + ((<usize>steps) << 5);
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
    a += 32;
    b += 32;
  }
  v128.store(result, c00);
  v128.store(result, c01, 16);
  v128.store(row1, c10);
  v128.store(row1, c11, 16);
  v128.store(row2, c20);
  v128.store(row2, c21, 16);
  v128.store(row3, c30);
  v128.store(row3, c31, 16);
}

/** Panels of `a` a group: what is reused while one panel of `b` stays in the first cache. */
const GROUP: i32 = 16;

/**
 * result (4·panelsA × 4·panelsB, `stride` bytes a row) += A Bᵀ; with `upper` only tiles on the diagonal or above it.
 */
function multiplyDoublePanels(
  steps: i32,
  a: usize,
  panelsA: i32,
  b: usize,
  panelsB: i32,
  result: usize,
  stride: usize,
  upper: bool,
): void {
  for (let group = 0; group < panelsA; group += GROUP) {
    const last = min(panelsA, group + GROUP);
    for (let j = upper ? group : 0; j < panelsB; j++) {
      const to = upper ? min(last, j + 1) : last;
      for (let i = group; i < to; i++) {
        doubleTile(
          steps,
          a + <usize>i * PANEL,
          b + <usize>j * PANEL,
          result + ((<usize>i) << 2) * stride + ((<usize>j) << 5),
          stride,
        );
      }
    }
  }
}

/** A row lies across step `step` of the panels, padded with zeros to a multiple of 4. */
export function packDoubleAcross(row: usize, columns: i32, panels: usize, step: i32): void {
  let target = panels + ((<usize>step) << 5);
  let j = 0;
  for (; j + 4 <= columns; j += 4, target += PANEL) {
    const x = v128.load(row + ((<usize>j) << 2));
    v128.store(target, f64x2.promote_low_f32x4(x));
    v128.store(target, f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3)), 16);
  }
  if (j < columns) {
    for (let r = 0; r < 4; r++)
      store<f64>(target + ((<usize>r) << 3), j + r < columns ? <f64>load<f32>(row + ((<usize>(j + r)) << 2)) : 0);
  }
}

/**
 * Upper tiles of total (`side` values a row) += the products of panels [first, last) of `count` with themselves and
 * those after them, over their first `steps` steps.
 */
export function addDoublePanels(
  steps: i32,
  count: i32,
  panels: usize,
  total: usize,
  side: i32,
  first: i32,
  last: i32,
): void {
  const from = panels + <usize>first * PANEL;
  const stride = (<usize>side) << 3;
  const target = total + <usize>first * ((stride << 2) + 32);
  multiplyDoublePanels(steps, from, last - first, from, count - first, target, stride, true);
}

/** Columns [first, first + steps) of the rows: rows lie in the panels, padded with zero rows to a multiple of 4. */
function packRowsDown(weights: usize, rows: i32, stride: i32, first: i32, steps: i32, panels: usize): void {
  for (let p = 0; p < rows; p += 4, panels += PANEL) {
    for (let r = 0; r < 4; r++) {
      const row = weights + <usize>(p + r) * ((<usize>stride) << 2) + ((<usize>first) << 2);
      let target = panels + ((<usize>r) << 3);
      for (let k = 0; k < steps; k++, target += 32)
        store<f64>(target, p + r < rows ? <f64>load<f32>(row + ((<usize>k) << 2)) : 0);
    }
  }
}

/**
 * WᵀW: `total` (side × side f64, side = columns rounded up to 4) += Σ over `rows` rows of `columns` f32 at `stride`
 * values. Upper tiles alone. `panels` has room for side · DOUBLE_STEPS f64.
 */
export function addDoubleGram(weights: usize, rows: i32, columns: i32, stride: i32, panels: usize, total: usize): void {
  const count = (columns + 3) >> 2;
  for (let first = 0; first < rows; first += DOUBLE_STEPS) {
    const steps = min(DOUBLE_STEPS, rows - first);
    const block = weights + <usize>first * ((<usize>stride) << 2);
    for (let k = 0; k < steps; k++) packDoubleAcross(block + <usize>k * ((<usize>stride) << 2), columns, panels, k);
    addDoublePanels(steps, count, panels, total, count << 2, 0, count);
  }
}

/**
 * Rows of A against rows of B: result[i][j] += Σ a_i b_j over `columns` values at `stride`, `side` f64 from row to row.
 * Where B is A, upper tiles alone. `panels` has room for (rowsA + rowsB, each rounded up to 4) · DOUBLE_STEPS f64,
 * `result` for whole tiles.
 */
export function addDoubleRowProducts(
  a: usize,
  rowsA: i32,
  b: usize,
  rowsB: i32,
  columns: i32,
  stride: i32,
  panels: usize,
  result: usize,
  side: i32,
): void {
  const panelsA = (rowsA + 3) >> 2;
  const panelsB = (rowsB + 3) >> 2;
  const same = a == b;
  const panelsOfB = same ? panels : panels + <usize>panelsA * PANEL;
  for (let first = 0; first < columns; first += DOUBLE_STEPS) {
    const steps = min(DOUBLE_STEPS, columns - first);
    packRowsDown(a, rowsA, stride, first, steps, panels);
    if (!same) packRowsDown(b, rowsB, stride, first, steps, panelsOfB);
    multiplyDoublePanels(steps, panels, panelsA, panelsOfB, panelsB, result, (<usize>side) << 3, same);
  }
}
