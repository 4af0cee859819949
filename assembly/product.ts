import { allocate } from "./memory";
import { multiplyAdd } from "./simd";

/**
 * Products of packed panels. A panel holds 8 rows (or columns) of an operand, step by step:
 *
 *     panel p:  [x(8p) … x(8p+7)] of step 0, then of step 1, … of step `steps`-1      (f32)
 *
 * Both operands of W Wᵀ and of WᵀW are panels of the same packed block, so one packing serves them.
 * A tile's f32 lanes sum at most STEPS terms, then join the f64 result.
 */
export const STEPS: i32 = 256;
/**
 * Steps from panel to panel of a Gram matrix: at 8 KB apart a row's pieces would all fall into one set of the first
 * cache.
 */
const SPACED: i32 = STEPS + 2;

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
  addToRow(result, c00, c01);
  result += stride;
  addToRow(result, c10, c11);
  result += stride;
  addToRow(result, c20, c21);
  result += stride;
  addToRow(result, c30, c31);
}

// @ts-ignore: decorator
@inline
function addToRow(row: usize, low: v128, high: v128): void {
  v128.store(row, f64x2.add(v128.load(row), f64x2.promote_low_f32x4(low)));
  v128.store(row, f64x2.add(v128.load(row, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3))), 16);
  v128.store(row, f64x2.add(v128.load(row, 32), f64x2.promote_low_f32x4(high)), 32);
  v128.store(
    row,
    f64x2.add(v128.load(row, 48), f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 2, 3))),
    48,
  );
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
        tile(steps, from, across, target, stride);
        tile(steps, from + 16, across, target + (stride << 2), stride);
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
 * XᵀX of rows that arrive in blocks of any size: rows are packed until STEPS of them are there, so the result
 * does not depend on the blocks. With `centred`, the mean of the first STEPS rows is taken off every row first
 * and Σ(x - shift) is kept beside.
 */
@unmanaged
export class Gram {
  columns: i32;
  /** columns rounded up to 8: the side of `total`. */
  side: i32;
  panels: usize;
  total: usize;
  filled: i32;
  rows: i32;
  /** 0 where the rows are not centred. */
  shift: usize;
  sums: usize;
}

/** A Gram matrix of `columns` columns, zeroed; 0 where memory ends. */
export function createGram(columns: i32, centred: bool): usize {
  const side = (columns + 7) & ~7;
  const bytes = <f64>side * <f64>side * 8;
  const gram = changetype<Gram>(allocate(<f64>offsetof<Gram>()));
  const panels = allocate(<f64>side * <f64>SPACED * 4);
  const total = allocate(bytes);
  const shift = centred ? allocate(<f64>side * 4) : 0;
  const sums = centred ? allocate(<f64>side * 8) : 0;
  if (!changetype<usize>(gram) || !panels || !total || (centred && (!shift || !sums))) return 0;
  memory.fill(total, 0, <usize>bytes);
  if (centred) memory.fill(sums, 0, (<usize>side) << 3);
  gram.columns = columns;
  gram.side = side;
  gram.panels = panels;
  gram.total = total;
  gram.filled = 0;
  gram.rows = 0;
  gram.shift = shift;
  gram.sums = sums;
  return changetype<usize>(gram);
}

export function gramTotal(pointer: usize): usize {
  return changetype<Gram>(pointer).total;
}
export function gramSide(pointer: usize): i32 {
  return changetype<Gram>(pointer).side;
}

/** The mean of the rows of a centred Gram matrix that was ended, `side` f64 at `out`. */
export function gramMean(pointer: usize, out: usize): void {
  const gram = changetype<Gram>(pointer);
  for (let j: usize = 0; j < <usize>gram.side; j++) {
    const mean =
      gram.rows > 0 ? <f64>load<f32>(gram.shift + (j << 2)) + load<f64>(gram.sums + (j << 3)) / <f64>gram.rows : 0;
    store<f64>(out + (j << 3), mean);
  }
}

/** Adds rows at `stride` values. */
export function addToGram(pointer: usize, weights: usize, rows: i32, stride: i32): void {
  const gram = changetype<Gram>(pointer);
  for (let i = 0; i < rows; i++) {
    packAcross(weights, gram.columns, gram.panels, gram.filled, SPACED);
    weights += (<usize>stride) << 2;
    gram.rows++;
    if (++gram.filled == STEPS) flushGram(gram);
  }
}

function flushGram(gram: Gram): void {
  const steps = gram.filled;
  const panels = gram.side >> 3;
  if (steps == 0) return;
  if (gram.shift) {
    if (gram.rows == steps) findShift(gram);
    for (let p = 0; p < panels; p++) centrePanel(gram, p);
  }
  multiplyPanels(steps, SPACED, gram.panels, panels, gram.panels, panels, gram.total, (<usize>gram.side) << 3, true);
  gram.filled = 0;
}

function findShift(gram: Gram): void {
  for (let j = 0; j < gram.side; j++) {
    let sum: f64 = 0;
    const column = gram.panels + <usize>(j >> 3) * ((<usize>SPACED) << 5) + ((<usize>(j & 7)) << 2);
    for (let k = 0; k < gram.filled; k++) sum += <f64>load<f32>(column + ((<usize>k) << 5));
    store<f32>(gram.shift + ((<usize>j) << 2), <f32>(sum / <f64>gram.filled));
  }
}

function centrePanel(gram: Gram, p: i32): void {
  const by = gram.shift + ((<usize>p) << 5);
  const sums = gram.sums + ((<usize>p) << 6);
  const low = v128.load(by);
  const high = v128.load(by, 16);
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let step = gram.panels + <usize>p * ((<usize>SPACED) << 5);
  for (let k = 0; k < gram.filled; k++, step += 32) {
    const x0 = f32x4.sub(v128.load(step), low);
    const x1 = f32x4.sub(v128.load(step, 16), high);
    v128.store(step, x0);
    v128.store(step, x1, 16);
    s0 = f32x4.add(s0, x0);
    s1 = f32x4.add(s1, x1);
  }
  addToRow(sums, s0, s1);
}

/**
 * Ends a Gram matrix: the remaining rows join. Its upper triangle counts; what lies below is left to `mirror`. Of
 * centred rows the covariance times the number of rows stays: Σ(x-s)(x-s)ᵀ - (Σ(x-s))(Σ(x-s))ᵀ/rows.
 */
export function finishGram(pointer: usize): void {
  const gram = changetype<Gram>(pointer);
  const side = <usize>gram.side;
  const total = gram.total;
  flushGram(gram);
  if (gram.shift && gram.rows > 0) {
    for (let i: usize = 0; i < side; i++) {
      const own = load<f64>(gram.sums + (i << 3)) / <f64>gram.rows;
      for (let j = i; j < side; j++) {
        const cell = total + ((i * side + j) << 3);
        store<f64>(cell, load<f64>(cell) - own * load<f64>(gram.sums + (j << 3)));
      }
    }
  }
}

/**
 * Trace and Σ of all squares of a symmetric side × side f64 matrix (side even), from its upper triangle, as two f64 at
 * `out`.
 */
export function symmetricSums(total: usize, side: usize, out: usize): void {
  let trace: f64 = 0;
  let diagonal: f64 = 0;
  let beside: f64 = 0;
  for (let i: usize = 0; i < side; i++) {
    const row = total + ((i * side) << 3);
    const end = row + (side << 3);
    const x = load<f64>(row + (i << 3));
    trace += x;
    diagonal += x * x;
    let p = row + ((i + 1) << 3);
    let s0 = f64x2.splat(0);
    let s1 = s0;
    if ((side - i - 1) & 1) {
      const first = load<f64>(p);
      s0 = f64x2(first * first, 0);
      p += 8;
    }
    for (; p + 16 < end; p += 32) {
      const a = v128.load(p);
      const b = v128.load(p, 16);
      s0 = f64x2.add(s0, f64x2.mul(a, a));
      s1 = f64x2.add(s1, f64x2.mul(b, b));
    }
    if (p < end) s1 = f64x2.add(s1, f64x2.mul(v128.load(p), v128.load(p)));
    s0 = f64x2.add(s0, s1);
    beside += f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  }
  store<f64>(out, trace);
  store<f64>(out, diagonal + 2 * beside, 8);
}

/** Fills the lower triangle of a side × side f64 matrix from the upper, in blocks that fit the cache. */
export function mirror(total: usize, side: usize): void {
  for (let i0: usize = 0; i0 < side; i0 += 8) {
    for (let j0 = i0; j0 < side; j0 += 8) {
      for (let i = i0; i < min(side, i0 + 8); i++) {
        for (let j = max(j0, i + 1); j < min(side, j0 + 8); j++) {
          store<f64>(total + ((j * side + i) << 3), load<f64>(total + ((i * side + j) << 3)));
        }
      }
    }
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
