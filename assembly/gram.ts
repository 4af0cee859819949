import { addDoublePanels, DOUBLE_STEPS, packDoubleAcross } from "./double-products";
import { allocate } from "./memory";
import { multiplyPanels, packAcross, STEPS } from "./product";
import { addHalves } from "./simd";

/** Steps from panel to panel: at 8 KB apart a row's pieces would all fall into one set of the first cache. */
const SPACED: i32 = STEPS + 2;

/** Kinds of Gram matrix besides 0. */
const CENTRED: i32 = 1;
const DOUBLE: i32 = 2;

/**
 * XᵀX of rows that arrive in blocks of any size: rows are packed until STEPS of them are there, so the result does not
 * depend on the blocks. Of kind CENTRED, the mean of the first STEPS rows is taken off every row first and Σ(x - shift)
 * is kept beside; of kind DOUBLE, products and sums are f64, each entry one sum in the order of the rows.
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
  kind: i32;
  /** Panels that have met the others, of those that are filled; rows of `total` that are ended. */
  flushed: i32;
  ended: i32;
  /** 0 where the rows are not centred. */
  shift: usize;
  sums: usize;
}

/**
 * A Gram matrix of `columns` columns, of a kind: 0, CENTRED or DOUBLE; 0 where memory ends. Its total is for the caller
 * to clear: that is too long for one call where it is large.
 */
export function createGram(columns: i32, kind: i32): usize {
  const centred = kind == CENTRED;
  const side = (columns + 7) & ~7;
  const bytes = <f64>side * <f64>side * 8;
  const gram = changetype<Gram>(allocate(<f64>offsetof<Gram>()));
  const panels = allocate(<f64>side * (kind == DOUBLE ? <f64>DOUBLE_STEPS * 8 : <f64>SPACED * 4));
  const total = allocate(bytes);
  const shift = centred ? allocate(<f64>side * 4) : 0;
  const sums = centred ? allocate(<f64>side * 8) : 0;
  if (!changetype<usize>(gram) || !panels || !total || (centred && (!shift || !sums))) return 0;
  if (centred) memory.fill(sums, 0, (<usize>side) << 3);
  gram.columns = columns;
  gram.side = side;
  gram.panels = panels;
  gram.total = total;
  gram.filled = 0;
  gram.rows = 0;
  gram.flushed = 0;
  gram.ended = 0;
  gram.kind = kind;
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

/**
 * Adds rows at `stride` values until some `budget` products of f32 are made, and gives the number of rows that were
 * added: the others come with another call.
 */
export function addToGram(pointer: usize, weights: usize, rows: i32, stride: i32, budget: f64): i32 {
  const gram = changetype<Gram>(pointer);
  const double = gram.kind == DOUBLE;
  const capacity = double ? DOUBLE_STEPS : STEPS;
  for (let i = 0; i < rows; i++) {
    if (gram.filled == capacity) {
      budget = flushGram(gram, budget);
      if (gram.filled > 0) return i;
    }
    if (double) packDoubleAcross(weights, gram.columns, gram.panels, gram.filled);
    else packAcross(weights, gram.columns, gram.panels, gram.filled, SPACED);
    weights += (<usize>stride) << 2;
    gram.rows++;
    gram.filled++;
  }
  return rows;
}

/** Panels of a slice, which is the group that multiplyPanels takes together. */
const GROUP: i32 = 16;

/** The filled panels meet each other until `budget` is spent, and are empty when all have. Gives what is left of it. */
function flushGram(gram: Gram, budget: f64): f64 {
  const steps = gram.filled;
  if (steps == 0 || budget <= 0) return budget;
  if (gram.shift && gram.flushed == 0) {
    if (gram.rows == steps) findShift(gram);
    for (let p = 0; p < gram.side >> 3; p++) centrePanel(gram, p);
  }
  const double = gram.kind == DOUBLE;
  const count = double ? (gram.columns + 3) >> 2 : gram.side >> 3;
  // A product of f64 is worth two.
  const tile: f64 = <f64>steps * (double ? 32 : 64);
  let first = gram.flushed;
  while (first < count && budget > 0) {
    const last = min(count, first + GROUP);
    if (double) addDoublePanels(steps, count, gram.panels, gram.total, gram.side, first, last);
    else addPanels(gram, first, last);
    budget -= tile * <f64>(last - first) * <f64>(count - first);
    first = last;
  }
  gram.flushed = first < count ? first : 0;
  if (first == count) gram.filled = 0;
  return budget;
}

/** Upper tiles of total += the products of panels [first, last) with themselves and those after them. */
function addPanels(gram: Gram, first: i32, last: i32): void {
  const panels = gram.panels + <usize>first * ((<usize>SPACED) << 5);
  const total = gram.total + <usize>first * (((<usize>gram.side) << 6) + 64);
  const stride = (<usize>gram.side) << 3;
  multiplyPanels(gram.filled, SPACED, panels, last - first, panels, (gram.side >> 3) - first, total, stride, true);
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
  addHalves(sums, s0, s1);
}

/** Products that an entry is worth where a mean is taken off. */
const ENTRY: f64 = 32;

/**
 * Ends a Gram matrix, or does so until some `budget` products are made; gives whether it is ended. The remaining rows
 * join. Its upper triangle counts; what lies below is left to `mirror`. Of centred rows the covariance times the number
 * of rows stays: Σ(x-s)(x-s)ᵀ - (Σ(x-s))(Σ(x-s))ᵀ/rows.
 */
export function finishGram(pointer: usize, budget: f64): bool {
  const gram = changetype<Gram>(pointer);
  const side = <usize>gram.side;
  const total = gram.total;
  budget = flushGram(gram, budget);
  if (gram.filled > 0) return false;
  if (gram.shift == 0 || gram.rows == 0) return true;
  while (gram.ended < gram.side) {
    if (budget <= 0) return false;
    const i = <usize>gram.ended;
    const own = load<f64>(gram.sums + (i << 3)) / <f64>gram.rows;
    for (let j = i; j < side; j++) {
      const cell = total + ((i * side + j) << 3);
      store<f64>(cell, load<f64>(cell) - own * load<f64>(gram.sums + (j << 3)));
    }
    budget -= ENTRY * <f64>(side - i);
    gram.ended++;
  }
  return true;
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
