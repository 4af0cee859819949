/** Eigenvalues alone of a symmetric tridiagonal matrix, without square roots but for shifts. */

/** The square of the unit roundoff of f64. */
const ROUNDOFF2: f64 = 1.232595164407831e-32;

/**
 * Pal–Walker–Kahan QL (Parlett, The Symmetric Eigenvalue Problem, §8.14–15), from eigenvalue `first` on until all are
 * found or `budget` of its rotations are spent. `diagonal` ends with the eigenvalues, in no order; `squares`
 * (squares[i] joins i and i + 1; the last is 0) is destroyed. Entries should lie about 1. Gives where to go on, `order`
 * at the end, -1 where 60 steps an eigenvalue do not do.
 */
export function tridiagonalValues(diagonal: usize, squares: usize, order: i32, first: i32, budget: i32): i32 {
  while (first < order && budget > 0) {
    let last = first;
    for (; last < order - 1; last++) if (splits(diagonal, squares, last)) break;
    store<f64>(squares + ((<usize>last) << 3), 0);
    // The end with the smaller entries first: graded matrices converge there.
    if (Math.abs(load<f64>(diagonal + ((<usize>last) << 3))) < Math.abs(load<f64>(diagonal + ((<usize>first) << 3))))
      reverse(diagonal, squares, first, last);
    for (let steps = 0; first <= last && budget > 0; ) {
      let end = first;
      for (; end < last; end++) if (splits(diagonal, squares, end)) break;
      if (end < last) store<f64>(squares + ((<usize>end) << 3), 0);
      if (end == first) {
        first++;
        steps = 0;
        continue;
      }
      if (++steps > 60) return -1;
      budget -= end - first + 8;
      step(diagonal + ((<usize>first) << 3), squares + ((<usize>first) << 3), (<usize>(end - first)) << 3);
    }
  }
  return first;
}

// @ts-ignore: decorator
@inline
function splits(diagonal: usize, squares: usize, i: i32): bool {
  const at = diagonal + ((<usize>i) << 3);
  return load<f64>(squares + ((<usize>i) << 3)) <= ROUNDOFF2 * Math.abs(load<f64>(at) * load<f64>(at, 8));
}

function reverse(diagonal: usize, squares: usize, first: i32, last: i32): void {
  turnRound(diagonal + ((<usize>first) << 3), diagonal + ((<usize>last) << 3));
  if (last > first) turnRound(squares + ((<usize>first) << 3), squares + ((<usize>(last - 1)) << 3));
}

function turnRound(from: usize, to: usize): void {
  for (; from < to; from += 8, to -= 8) {
    const x = load<f64>(from);
    store<f64>(from, load<f64>(to));
    store<f64>(to, x);
  }
}

/** One step with Wilkinson's shift from entry 0 to the one `length` bytes on. */
function step(d: usize, squares: usize, length: usize): void {
  const head = load<f64>(d);
  const root = Math.sqrt(load<f64>(squares));
  const half = (load<f64>(d, 8) - head) / (2 * root);
  const r = Math.sqrt(half * half + 1);
  const shift = head - root / (half + (half >= 0 ? r : -r));
  let c: f64 = 1;
  let s: f64 = 0;
  let gamma = load<f64>(d + length) - shift;
  let p = gamma * gamma;
  for (let i = length; i > 0; ) {
    i -= 8;
    const square = load<f64>(squares + i);
    const sum = p + square;
    const before = c;
    const own = load<f64>(d + i);
    const old = gamma;
    if (i + 8 < length) store<f64>(squares + i, s * sum, 8);
    c = p / sum;
    s = square / sum;
    gamma = c * (own - shift) - s * old;
    store<f64>(d + i, old + (own - gamma), 8);
    p = c != 0 ? (gamma * gamma) / c : before * square;
  }
  store<f64>(squares, s * p);
  store<f64>(d, shift + gamma);
}
