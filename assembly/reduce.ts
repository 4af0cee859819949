import { largestSigned, largestUnsigned, nearestToZero } from "./extremes";
import { addRowInDouble, INFINITY_BITS, Moments, moveShift, SIGN } from "./moments";

/**
 * Norms and moments of rows, f64 sums. f32 lanes sum at most 128 terms before they join an f64 total.
 * Each row is summed by itself and rows join in their order, so that blocks of rows may be of any size.
 */

/** 2^28 and 2^-30: fourth powers of what lies between, shifted by as much, and sums of them stay in f32's range. */
const LARGE: u32 = (127 + 28) << 23;

const SMALL: u32 = (127 - 30) << 23;

/** 2^-60, of the mean (x - shift)² in a row: the fourth power of 2^-30 again, where values far from zero are alike. */
const LEAST_SPREAD: f64 = 8.673617379884035e-19;

/** A row whose mean is two of its own deviations from the shift, squared, loses digits about it in f32. */
const FAR: f64 = 4;

/** Values whose f32 lanes are summed together: 128 terms in each of two vectors. */
const SPAN: usize = 1024 * 4;

/** Σx and Σx² of the row at hand, then Σy to Σy⁴ of y = x - shift: f64, two lanes each. */
const SUMS = memory.data(96, 16);

/**
 * Its largest bit patterns in four lanes, as signed numbers (the largest x ≥ 0) and as unsigned ones (the lowest x <
 * 0).
 */
const PATTERNS = memory.data(32, 16);

/** SUMS += a span of whole pairs of vectors, whose halves are added up apart. About 0, Σy is Σx and Σy² is Σx². */
// @ts-ignore: decorator
@inline
function sumSpan(shifted: bool, shift: v128, p: usize, end: usize): void {
  let sum = f32x4.splat(0);
  let squares = sum;
  let first = sum;
  let second = sum;
  let third = sum;
  let fourth = sum;
  let sumB = sum;
  let squaresB = sum;
  let firstB = sum;
  let secondB = sum;
  let thirdB = sum;
  let fourthB = sum;
  let largest = v128.load(PATTERNS);
  let lowest = v128.load(PATTERNS, 16);
  for (; p < end; p += 32) {
    let x = v128.load(p);
    let z = v128.load(p, 16);
    largest = i32x4.max_s(largest, i32x4.max_s(x, z));
    lowest = i32x4.max_u(lowest, i32x4.max_u(x, z));
    if (shifted) {
      sum = f32x4.add(sum, x);
      sumB = f32x4.add(sumB, z);
      squares = f32x4.add(squares, f32x4.mul(x, x));
      squaresB = f32x4.add(squaresB, f32x4.mul(z, z));
      x = f32x4.sub(x, shift);
      z = f32x4.sub(z, shift);
    }
    const x2 = f32x4.mul(x, x);
    const z2 = f32x4.mul(z, z);
    first = f32x4.add(first, x);
    firstB = f32x4.add(firstB, z);
    second = f32x4.add(second, x2);
    secondB = f32x4.add(secondB, z2);
    third = f32x4.add(third, f32x4.mul(x2, x));
    thirdB = f32x4.add(thirdB, f32x4.mul(z2, z));
    fourth = f32x4.add(fourth, f32x4.mul(x2, x2));
    fourthB = f32x4.add(fourthB, f32x4.mul(z2, z2));
  }
  v128.store(PATTERNS, largest);
  v128.store(PATTERNS, lowest, 16);
  if (shifted) {
    addLanes(SUMS, sum, sumB);
    addLanes(SUMS + 16, squares, squaresB);
  }
  addLanes(SUMS + 32, first, firstB);
  addLanes(SUMS + 48, second, secondB);
  addLanes(SUMS + 64, third, thirdB);
  addLanes(SUMS + 80, fourth, fourthB);
}

/** sum += the eight lanes, in f64. */
// @ts-ignore: decorator
@inline
function addLanes(sum: usize, a: v128, b: v128): void {
  const low = f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 2, 3)));
  const high = f64x2.add(f64x2.promote_low_f32x4(b), f64x2.promote_low_f32x4(v128.shuffle<f32>(b, b, 2, 3, 2, 3)));
  v128.store(sum, f64x2.add(v128.load(sum), f64x2.add(low, high)));
}

// @ts-ignore: decorator
@inline
function addTo(sum: usize, x: f64): void {
  store<f64>(sum, load<f64>(sum) + x);
}

// @ts-ignore: decorator
@inline
function sumOf(sum: usize): f64 {
  return load<f64>(sum) + load<f64>(sum, 8);
}

function sumSpanAboutZero(p: usize, end: usize): void {
  sumSpan(false, f32x4.splat(0), p, end);
}

function sumSpanShifted(shift: f32, p: usize, end: usize): void {
  sumSpan(true, f32x4.splat(shift), p, end);
}

/** One value more, in f64. */
function sumValue(shift: f64, p: usize): void {
  const any = v128.load_splat<u32>(p);
  const x = <f64>load<f32>(p);
  const y = x - shift;
  const y2 = y * y;
  addTo(SUMS, x);
  addTo(SUMS + 16, x * x);
  addTo(SUMS + 32, y);
  addTo(SUMS + 48, y2);
  addTo(SUMS + 64, y2 * y);
  addTo(SUMS + 80, y2 * y2);
  v128.store(PATTERNS, i32x4.max_s(v128.load(PATTERNS), any));
  v128.store(PATTERNS, i32x4.max_u(v128.load(PATTERNS, 16), any), 16);
}

/**
 * The sums of a row (of no use where f32 cannot hold its fourth powers) into SUMS, its largest patterns into PATTERNS.
 */
function sumRow(shift: f64, row: usize, end: usize): void {
  for (let k: usize = 0; k < 96; k += 16) v128.store(SUMS + k, f64x2.splat(0));
  const any = v128.load_splat<u32>(row);
  v128.store(PATTERNS, any);
  v128.store(PATTERNS, any, 16);
  const pairs = row + ((end - row) & ~31);
  let p = row;
  for (; p < pairs; p += SPAN) {
    if (shift == 0) sumSpanAboutZero(p, min(pairs, p + SPAN));
    else sumSpanShifted(<f32>shift, p, min(pairs, p + SPAN));
  }
  if (shift == 0) {
    v128.store(SUMS, v128.load(SUMS, 32));
    v128.store(SUMS, v128.load(SUMS, 48), 16);
  }
  for (p = pairs; p < end; p += 4) sumValue(shift, p);
}

/**
 * Adds rows at `stride` values to `m`. For each row, `rowSums` gets Σx, Σx² (finite values) and the largest
 * |x| as f64 (Infinity where a value is not finite).
 */
export function addMoments(m: Moments, weights: usize, rows: i32, columns: i32, stride: i32, rowSums: usize): void {
  if (columns == 0) memory.fill(rowSums, 0, <usize>rows * 24);
  else
    for (let i = 0; i < rows; i++, rowSums += 24)
      addRow(m, weights + <usize>i * ((<usize>stride) << 2), columns, rowSums);
}

function addRow(m: Moments, row: usize, columns: i32, rowSums: usize): void {
  const end = row + ((<usize>columns) << 2);
  sumRow(m.shift, row, end);
  const away = sumOf(SUMS + 32) / <f64>columns;
  if (away * away > FAR * max(sumOf(SUMS + 48) / <f64>columns - away * away, 0)) {
    moveShift(m, <f64>(<f32>(m.shift + away)));
    sumRow(m.shift, row, end);
  }
  const top = largestSigned(v128.load(PATTERNS));
  const bottom = largestUnsigned(v128.load(PATTERNS, 16));
  const largest = max(<u32>max(top, 0), bottom >= SIGN ? bottom - SIGN : 0);
  let finite = columns;
  const second = sumOf(SUMS + 48);
  const spread = m.shift == 0 || second == 0 || second > LEAST_SPREAD * <f64>columns;
  if (largest < LARGE && (largest > SMALL || largest == 0) && Math.abs(m.shift) < 268435456 && spread) {
    if (bottom >= SIGN) m.minimum = min(m.minimum, <f64>reinterpret<f32>(bottom));
    else if (!(m.minimum < 0)) m.minimum = min(m.minimum, nearestToZero(row, end));
    if (top >= 0) m.maximum = max(m.maximum, <f64>reinterpret<f32>(top));
    else if (!(m.maximum > 0)) m.maximum = max(m.maximum, nearestToZero(row, end));
    store<f64>(rowSums, sumOf(SUMS));
    store<f64>(rowSums, sumOf(SUMS + 16), 8);
    m.first += sumOf(SUMS + 32);
    m.second += second;
    m.third += sumOf(SUMS + 64);
    m.fourth += sumOf(SUMS + 80);
  } else finite = addRowInDouble(m, row, end, rowSums);
  store<f64>(rowSums, largest >= INFINITY_BITS ? Infinity : <f64>reinterpret<f32>(largest), 16);
  m.finite += <f64>finite;
  m.nonFinite += <f64>(columns - finite);
  m.squares += load<f64>(rowSums, 8);
}
