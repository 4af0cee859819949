import { sumLanes } from "./simd";

/**
 * Norms and moments of rows, f64 sums. f32 lanes sum at most 64 terms before they join an f64 total.
 * All sums run in the order of the rows, so that blocks of rows may be of any size.
 */

const INFINITY_BITS: u32 = 0x7f800000;
/** Values whose f32 lanes are summed together: 64 terms in each of two vectors. */
const SPAN: usize = 512 * 4;

/** Totals of a part of a matrix; moments are of x - shift. The host reads it by offset: ten f64. */
@unmanaged
export class Moments {
  finite: f64;
  nonFinite: f64;
  minimum: f64;
  maximum: f64;
  squares: f64;
  shift: f64;
  first: f64;
  second: f64;
  third: f64;
  fourth: f64;
}

/** The largest |x| as bits: at or above INFINITY_BITS something is not finite. */
function largestMagnitude(p: usize, end: usize): u32 {
  let m = i32x4.splat(0);
  const mask = i32x4.splat(0x7fffffff);
  const vectors = p + ((end - p) & ~15);
  for (; p < vectors; p += 16) m = i32x4.max_u(m, v128.and(v128.load(p), mask));
  let largest: u32 = max(max(<u32>i32x4.extract_lane(m, 0), <u32>i32x4.extract_lane(m, 1)), max(<u32>i32x4.extract_lane(m, 2), <u32>i32x4.extract_lane(m, 3)));
  for (; p < end; p += 4) largest = max(largest, load<u32>(p) & 0x7fffffff);
  return largest;
}

/** Sums of a span without non-finite values. Returns Σx² and leaves Σx in `sumOut`. */
function addSpan(m: Moments, p: usize, end: usize, sumOut: usize): void {
  const shift = f32x4.splat(<f32>m.shift);
  let sum = f32x4.splat(0), squares = f32x4.splat(0);
  let first = f32x4.splat(0), second = f32x4.splat(0), third = f32x4.splat(0), fourth = f32x4.splat(0);
  let low = v128.load_splat<f32>(p), high = low;
  const vectors = p + ((end - p) & ~15);
  for (; p < vectors; p += 16) {
    const x = v128.load(p);
    low = f32x4.pmin(low, x);
    high = f32x4.pmax(high, x);
    sum = f32x4.add(sum, x);
    squares = f32x4.add(squares, f32x4.mul(x, x));
    const y = f32x4.sub(x, shift), y2 = f32x4.mul(y, y);
    first = f32x4.add(first, y);
    second = f32x4.add(second, y2);
    third = f32x4.add(third, f32x4.mul(y2, y));
    fourth = f32x4.add(fourth, f32x4.mul(y2, y2));
  }
  let lowest = min(min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)), min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)));
  let highest = max(max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)), max(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)));
  let s = sumLanes(sum), q = sumLanes(squares);
  let s1 = sumLanes(first), s2 = sumLanes(second), s3 = sumLanes(third), s4 = sumLanes(fourth);
  for (; p < end; p += 4) {
    const x = load<f32>(p);
    lowest = min(lowest, x);
    highest = max(highest, x);
    const y = <f64>x - <f64>(<f32>m.shift);
    s += <f64>x;
    q += <f64>x * <f64>x;
    s1 += y;
    s2 += y * y;
    s3 += y * y * y;
    s4 += y * y * y * y;
  }
  m.minimum = min(m.minimum, <f64>lowest);
  m.maximum = max(m.maximum, <f64>highest);
  m.first += s1;
  m.second += s2;
  m.third += s3;
  m.fourth += s4;
  store<f64>(sumOut, load<f64>(sumOut) + s);
  store<f64>(sumOut, load<f64>(sumOut, 8) + q, 8);
}

/** The same about a shift of 0, where Σ(x - shift) is Σx. */
function addSpanAboutZero(m: Moments, p: usize, end: usize, sumOut: usize): void {
  let first = f32x4.splat(0), second = first, third = first, fourth = first;
  let low = v128.load_splat<f32>(p), high = low;
  const vectors = p + ((end - p) & ~15);
  for (; p < vectors; p += 16) {
    const x = v128.load(p), x2 = f32x4.mul(x, x);
    low = f32x4.pmin(low, x);
    high = f32x4.pmax(high, x);
    first = f32x4.add(first, x);
    second = f32x4.add(second, x2);
    third = f32x4.add(third, f32x4.mul(x2, x));
    fourth = f32x4.add(fourth, f32x4.mul(x2, x2));
  }
  let lowest = min(min(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)), min(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)));
  let highest = max(max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)), max(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)));
  let s1 = sumLanes(first), s2 = sumLanes(second), s3 = sumLanes(third), s4 = sumLanes(fourth);
  for (; p < end; p += 4) {
    const x = load<f32>(p), y = <f64>x;
    lowest = min(lowest, x);
    highest = max(highest, x);
    s1 += y;
    s2 += y * y;
    s3 += y * y * y;
    s4 += y * y * y * y;
  }
  m.minimum = min(m.minimum, <f64>lowest);
  m.maximum = max(m.maximum, <f64>highest);
  m.first += s1;
  m.second += s2;
  m.third += s3;
  m.fourth += s4;
  store<f64>(sumOut, load<f64>(sumOut) + s1);
  store<f64>(sumOut, load<f64>(sumOut, 8) + s2, 8);
}

/** The same for a span with values that are not finite, or too large or small to square in f32. */
function addSpanInDouble(m: Moments, p: usize, end: usize, sumOut: usize): i32 {
  let finite = 0, s: f64 = 0, q: f64 = 0;
  const shift = <f64>(<f32>m.shift);
  for (; p < end; p += 4) {
    if ((load<u32>(p) & 0x7fffffff) >= INFINITY_BITS) continue;
    const x = <f64>load<f32>(p), y = x - shift;
    finite++;
    m.minimum = min(m.minimum, x);
    m.maximum = max(m.maximum, x);
    s += x;
    q += x * x;
    m.first += y;
    m.second += y * y;
    m.third += y * y * y;
    m.fourth += y * y * y * y;
  }
  store<f64>(sumOut, load<f64>(sumOut) + s);
  store<f64>(sumOut, load<f64>(sumOut, 8) + q, 8);
  return finite;
}

/** 2^30 and 2^-30: fourth powers of what lies between stay in f32's range. */
const LARGE: u32 = (127 + 30) << 23;
const SMALL: u32 = (127 - 30) << 23;

/**
 * Clears `m` and sets its shift to the mean of the finite values of the first row, or to 0 where that is small beside their
 * size: then moments about 0 lose no digits and cost half.
 */
export function startMoments(m: Moments, row: usize, columns: i32): void {
  memory.fill(changetype<usize>(m), 0, offsetof<Moments>());
  m.minimum = Infinity;
  m.maximum = -Infinity;
  let sum: f64 = 0, squares: f64 = 0, finite = 0;
  for (let p = row, end = row + (<usize>columns << 2); p < end; p += 4) {
    if ((load<u32>(p) & 0x7fffffff) >= INFINITY_BITS) continue;
    const x = <f64>load<f32>(p);
    sum += x;
    squares += x * x;
    finite++;
  }
  m.shift = 64 * sum * sum > squares * <f64>finite ? <f64>(<f32>(sum / <f64>finite)) : 0;
}

/**
 * Adds rows at `stride` values to `m`. For each row, `rowSums` gets Σx, Σx² (finite values) and the largest
 * |x| as f64 (Infinity where a value is not finite).
 */
export function addMoments(m: Moments, weights: usize, rows: i32, columns: i32, stride: i32, rowSums: usize): void {
  for (let i = 0; i < rows; i++) {
    const row = weights + <usize>i * (<usize>stride << 2), end = row + (<usize>columns << 2);
    const largest = largestMagnitude(row, end);
    const plain = largest < LARGE && (largest > SMALL || largest == 0) && Math.abs(m.shift) < 1073741824;
    store<f64>(rowSums, 0);
    store<f64>(rowSums, 0, 8);
    store<f64>(rowSums, largest >= INFINITY_BITS ? Infinity : <f64>reinterpret<f32>(largest), 16);
    let finite = plain ? columns : 0;
    for (let p = row; p < end; p += SPAN) {
      const to = min(end, p + SPAN);
      if (plain && m.shift == 0) addSpanAboutZero(m, p, to, rowSums);
      else if (plain) addSpan(m, p, to, rowSums);
      else finite += addSpanInDouble(m, p, to, rowSums);
    }
    m.finite += <f64>finite;
    m.nonFinite += <f64>(columns - finite);
    m.squares += load<f64>(rowSums, 8);
    rowSums += 24;
  }
}
