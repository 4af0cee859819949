import { addHalves, multiplyAdd } from "./simd";

/**
 * Products of packed panels. A panel holds 8 rows (or columns) of an operand, step by step:
 *
 *     panel p:  [x(8p) … x(8p+7)] of step 0, then of step 1, … of step `steps`-1      (f32)
 *
 * Both operands of W Wᵀ and of WᵀW are panels of the same packed block, so one packing serves them.
 * A tile's f32 lanes sum at most SPAN terms, then join the f64 result.
 */
export const STEPS: i32 = 256;
/** The bound of src/kernels/dense.ts counts on it. */
const SPAN: i32 = 64;

/**
 * result[0..3][0..7] += Σ_step a[0..3] · b[0..7]. `a` points at the lower or the upper half of a panel.
 * 4 × 8 without unrolling over steps: V8 11 hoists the loads, and taller tiles spill.
 */
function tile(steps: i32, a: usize, b: usize, result: usize, stride: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = b + ((<usize>steps) << 5);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd(a1, b0, c10);
    c11 = multiplyAdd(a1, b1, c11);
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd(a2, b0, c20);
    c21 = multiplyAdd(a2, b1, c21);
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd(a3, b0, c30);
    c31 = multiplyAdd(a3, b1, c31);
    a += 32;
    b += 32;
  }
  addHalves(result, c00, c01);
  result += stride;
  addHalves(result, c10, c11);
  result += stride;
  addHalves(result, c20, c21);
  result += stride;
  addHalves(result, c30, c31);
}

/** Panels of `a` a group: what is reused while one panel of `b` stays in the first cache. */
const GROUP: i32 = 16;

/**
 * result (8·panelsA × 8·panelsB, f64, `stride` bytes a row) += A Bᵀ from panels of `capacity` steps, `steps` of them
 * filled. With `upper` only tiles that touch the diagonal or lie above it are computed.
 */
export function multiplyPanels(
  steps: i32,
  capacity: i32,
  a: usize,
  panelsA: i32,
  b: usize,
  panelsB: i32,
  result: usize,
  stride: usize,
  upper: bool,
): void {
  const panel = (<usize>capacity) << 5;
  for (let group = 0; group < panelsA; group += GROUP) {
    const last = min(panelsA, group + GROUP);
    for (let j = upper ? group : 0; j < panelsB; j++) {
      const to = upper ? min(last, j + 1) : last;
      for (let i = group; i < to; i++) {
        const target = result + ((<usize>i) << 3) * stride + ((<usize>j) << 6);
        const from = a + <usize>i * panel;
        const across = b + <usize>j * panel;
        for (let first = 0; first < steps; first += SPAN) {
          const span = min(SPAN, steps - first);
          const at = (<usize>first) << 5;
          tile(span, from + at, across + at, target, stride);
          tile(span, from + at + 16, across + at, target + (stride << 2), stride);
        }
      }
    }
  }
}

/**
 * Copies a row of `length` values into step `step` of panels of `capacity` steps: columns lie across. Pads with zeros.
 */
export function packAcross(row: usize, length: i32, panels: usize, step: i32, capacity: i32): void {
  const panel = (<usize>capacity) << 5;
  let target = panels + ((<usize>step) << 5);
  const whole = row + ((<usize>(length & ~7)) << 2);
  for (; row < whole; row += 32, target += panel) {
    v128.store(target, v128.load(row));
    v128.store(target, v128.load(row, 16), 16);
  }
  const rest = length & 7;
  if (rest > 0) {
    memory.copy(target, row, (<usize>rest) << 2);
    memory.fill(target + ((<usize>rest) << 2), 0, (<usize>(8 - rest)) << 2);
  }
}

/** Columns [first, first + steps) of `rows` rows at `stride` values, into panels of STEPS steps: rows lie across. */
export function packDown(weights: usize, rows: i32, stride: i32, first: i32, steps: i32, panels: usize): void {
  const bytes = (<usize>stride) << 2;
  for (let p = 0; p < rows; p += 8) {
    const row = weights + <usize>p * bytes + ((<usize>first) << 2);
    if (p + 8 <= rows) {
      const whole = steps & ~3;
      transposeFour(row, bytes, whole, panels);
      transposeFour(row + (bytes << 2), bytes, whole, panels + 16);
      for (let k = whole; k < steps; k++) packStep(row, bytes, 8, k, panels);
    } else {
      for (let k = 0; k < steps; k++) packStep(row, bytes, rows - p, k, panels);
    }
    panels += (<usize>STEPS) << 5;
  }
}

function packStep(row: usize, bytes: usize, rows: i32, k: i32, panel: usize): void {
  const target = panel + ((<usize>k) << 5);
  for (let r: usize = 0; r < 8; r++) {
    store<f32>(target + (r << 2), r < <usize>rows ? load<f32>(row + r * bytes + ((<usize>k) << 2)) : 0);
  }
}

/** Four rows' `count` (a multiple of 4) values to steps of 32 bytes. */
function transposeFour(row: usize, bytes: usize, count: i32, target: usize): void {
  const row1 = row + bytes;
  const row2 = row1 + bytes;
  const row3 = row2 + bytes;
  for (let k: usize = 0, end = (<usize>count) << 2; k < end; k += 16) {
    const x0 = v128.load(row + k);
    const x1 = v128.load(row1 + k);
    const x2 = v128.load(row2 + k);
    const x3 = v128.load(row3 + k);
    const p = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
    const q = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
    const r = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
    const s = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f32>(p, r, 0, 1, 4, 5));
    v128.store(target, v128.shuffle<f32>(p, r, 2, 3, 6, 7), 32);
    v128.store(target, v128.shuffle<f32>(q, s, 0, 1, 4, 5), 64);
    v128.store(target, v128.shuffle<f32>(q, s, 2, 3, 6, 7), 96);
    target += 128;
  }
}

/**
 * Rows of A against rows of B, `columns` values each at `stride`: result[i][j] += Σ a_i b_j, f64, `side` values a row.
 * `panels` has room for (rowsA + rowsB, each rounded up to 8) · STEPS f32. Where B is A, only the upper tiles are
 * computed.
 */
export function addRowProducts(
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
  const panelsA = (rowsA + 7) >> 3;
  const panelsB = (rowsB + 7) >> 3;
  const same = a == b;
  const panelsOfB = same ? panels : panels + <usize>panelsA * ((<usize>STEPS) << 5);
  for (let first = 0; first < columns; first += STEPS) {
    const steps = min(STEPS, columns - first);
    packDown(a, rowsA, stride, first, steps, panels);
    if (!same) packDown(b, rowsB, stride, first, steps, panelsOfB);
    multiplyPanels(steps, STEPS, panels, panelsA, panelsOfB, panelsB, result, (<usize>side) << 3, same);
  }
}
