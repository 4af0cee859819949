/** Power sums of a part of a matrix about a place near its values, and what is summed one value after the other. */

export const INFINITY_BITS: u32 = 0x7f800000;

export const SIGN: u32 = 0x80000000;

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

/**
 * Clears `m` and sets its shift to the mean of the finite values of the first row, or to 0 where that is small beside
 * their size: then moments about 0 lose no digits and cost half.
 */
export function startMoments(m: Moments, row: usize, columns: i32): void {
  memory.fill(changetype<usize>(m), 0, offsetof<Moments>());
  m.minimum = Infinity;
  m.maximum = -Infinity;
  let sum: f64 = 0;
  let squares: f64 = 0;
  let finite = 0;
  for (let p = row, end = row + ((<usize>columns) << 2); p < end; p += 4) {
    if ((load<u32>(p) & 0x7fffffff) >= INFINITY_BITS) continue;
    const x = <f64>load<f32>(p);
    sum += x;
    squares += x * x;
    finite++;
  }
  m.shift = 64 * sum * sum > squares * <f64>finite ? <f64>(<f32>(sum / <f64>finite)) : 0;
}

/**
 * Moves the place that moments are about. What f64 rounds of the sums is small beside what the values at the old place
 * add to those at the new.
 */
export function moveShift(m: Moments, shift: f64): void {
  const n = m.finite;
  const d = m.shift - shift;
  m.fourth += d * (4 * m.third + d * (6 * m.second + d * (4 * m.first + d * n)));
  m.third += d * (3 * m.second + d * (3 * m.first + d * n));
  m.second += d * (2 * m.first + d * n);
  m.first += d * n;
  m.shift = shift;
}

/** m += a row whose values are not finite, or whose powers leave f32's range. Gives how many are finite. */
export function addRowInDouble(m: Moments, p: usize, end: usize, rowSums: usize): i32 {
  let finite = 0;
  let s: f64 = 0;
  let q: f64 = 0;
  const shift = m.shift;
  for (; p < end; p += 4) {
    if ((load<u32>(p) & ~SIGN) >= INFINITY_BITS) continue;
    const x = <f64>load<f32>(p);
    const y = x - shift;
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
  store<f64>(rowSums, s);
  store<f64>(rowSums, q, 8);
  return finite;
}
