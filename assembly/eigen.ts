import { dot, addScaled } from "./vector";

/**
 * Symmetric eigenproblems in f64: Householder tridiagonalisation, implicit QL, and back. Matrices are full and
 * row-major.
 */

/** y = a x for a symmetric `a` (order × order, `stride` values a row), of which only the upper triangle is read. */
export function symmetricProduct(a: usize, order: i32, stride: i32, x: usize, y: usize): void {
  const bytes = (<usize>stride) << 3;
  const end = y + ((<usize>order) << 3);
  memory.fill(y, 0, (<usize>order) << 3);
  for (; y + 8 < end; a += (bytes << 1) + 16, x += 16, y += 16) {
    const x0 = load<f64>(x);
    const x1 = load<f64>(x, 8);
    const beside = load<f64>(a, 8);
    store<f64>(y, load<f64>(y) + (load<f64>(a) * x0 + beside * x1));
    store<f64>(y, load<f64>(y, 8) + (beside * x0 + load<f64>(a + bytes, 8) * x1), 8);
    sweepPair(a + 16, a + bytes + 16, x, y, end);
  }
  if (y < end) store<f64>(y, load<f64>(y) + load<f64>(a) * load<f64>(x));
}

/**
 * Two rows' parts beyond their 2 × 2 corner, from both sides of the diagonal: y₀, y₁ += rows · x and y += x₀, x₁ ·
 * rows.
 */
function sweepPair(row0: usize, row1: usize, x: usize, y: usize, end: usize): void {
  const own = y;
  const x0 = v128.load_splat<f64>(x);
  const x1 = v128.load_splat<f64>(x, 8);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  x += 16;
  y += 16;
  for (; y + 8 < end; row0 += 16, row1 += 16, x += 16, y += 16) {
    const a0 = v128.load(row0);
    const a1 = v128.load(row1);
    const xs = v128.load(x);
    s0 = f64x2.add(s0, f64x2.mul(a0, xs));
    s1 = f64x2.add(s1, f64x2.mul(a1, xs));
    v128.store(y, f64x2.add(v128.load(y), f64x2.add(f64x2.mul(a0, x0), f64x2.mul(a1, x1))));
  }
  let sums = f64x2.add(v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3));
  if (y < end) {
    const a0 = load<f64>(row0);
    const a1 = load<f64>(row1);
    sums = f64x2.add(sums, f64x2.mul(f64x2(a0, a1), v128.load_splat<f64>(x)));
    store<f64>(y, load<f64>(y) + (a0 * f64x2.extract_lane(x0, 0) + a1 * f64x2.extract_lane(x1, 0)));
  }
  v128.store(own, f64x2.add(v128.load(own), sums));
}

/** row[j] -= u_i q[j] + q_i u[j] for j < count. */
function updateRow(row: usize, count: usize, u: usize, ui: f64, q: usize, qi: f64): void {
  addScaled(row, -ui, q, count);
  addScaled(row, -qi, u, count);
}

/**
 * One row of the lower triangle below its diagonal: the pending update, then its part of y = a x from both sides of the
 * diagonal (y[j] += a_ij x_i). Gives Σ_j a_ij x_j.
 */
function sweepRow(row: usize, count: usize, u: usize, ui: f64, q: usize, qi: f64, x: usize, xi: f64, y: usize): f64 {
  const us = f64x2.splat(ui);
  const qs = f64x2.splat(qi);
  const xs = f64x2.splat(xi);
  const pairs = (count & ~1) << 3;
  let sums = f64x2.splat(0);
  let k: usize = 0;
  for (; k < pairs; k += 16) {
    let a = f64x2.sub(v128.load(row + k), f64x2.mul(us, v128.load(q + k)));
    a = f64x2.sub(a, f64x2.mul(qs, v128.load(u + k)));
    v128.store(row + k, a);
    sums = f64x2.add(sums, f64x2.mul(a, v128.load(x + k)));
    v128.store(y + k, f64x2.add(v128.load(y + k), f64x2.mul(xs, a)));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (k < count << 3) {
    const a = load<f64>(row + k) - ui * load<f64>(q + k) - qi * load<f64>(u + k);
    store<f64>(row + k, a);
    sum += a * load<f64>(x + k);
    store<f64>(y + k, load<f64>(y + k) + xi * a);
  }
  return sum;
}

/**
 * Householder tridiagonalisation from the last row upwards (Golub & Van Loan §8.3.1); of `a` (order × order, `stride`
 * values a row) only the lower triangle is read, and destroyed: row k ends with its reflector's vector u in its first k
 * entries and ‖u‖²/2 on the diagonal. The rank-2 update of one step rides on the product of the next, so each step
 * reads the triangle once. `diagonal` and `beside` get order values; beside[i] joins i and i + 1. `scratch` holds
 * 2·order values.
 */
export function tridiagonalise(
  a: usize,
  order: i32,
  stride: i32,
  diagonal: usize,
  beside: usize,
  scratch: usize,
): void {
  const n = <usize>order;
  const bytes = (<usize>stride) << 3;
  if (n == 0) return;
  let u = scratch;
  let q = scratch;
  let y = scratch + (n << 3);
  // With u = q = 0 nothing is pending.
  memory.fill(scratch, 0, n << 4);
  for (let k = n - 1; k > 0; k--) {
    const row = a + k * bytes;
    updateRow(row, k + 1, u, load<f64>(u + (k << 3)), q, load<f64>(q + (k << 3)));
    store<f64>(diagonal + (k << 3), load<f64>(row + (k << 3)));
    const head = load<f64>(row + ((k - 1) << 3));
    const norm = Math.sqrt(dot(row, row, k));
    const alpha = head > 0 ? -norm : norm;
    store<f64>(beside + ((k - 1) << 3), alpha);
    store<f64>(row + ((k - 1) << 3), head - alpha);
    const half = norm * (norm + Math.abs(head));
    store<f64>(row + (k << 3), half);
    memory.fill(y, 0, n << 3);
    for (let i: usize = 0; i < k; i++) {
      const own = a + i * bytes;
      const at = i << 3;
      const xi = load<f64>(row + at);
      const ui = load<f64>(u + at);
      const qi = load<f64>(q + at);
      const sum = sweepRow(own, i, u, ui, q, qi, row, xi, y);
      const corner = load<f64>(own + at) - 2 * ui * qi;
      store<f64>(own + at, corner);
      store<f64>(y + at, load<f64>(y + at) + sum + corner * xi);
    }
    if (half == 0) {
      memory.fill(y, 0, n << 3);
    } else {
      const inverse = 1 / half;
      for (let i: usize = 0; i < k << 3; i += 8) store<f64>(y + i, load<f64>(y + i) * inverse);
      addScaled(y, -0.5 * inverse * dot(row, y, k), row, k);
    }
    u = row;
    const spare = q;
    q = y;
    y = spare;
  }
  store<f64>(diagonal, load<f64>(a) - 2 * load<f64>(u) * load<f64>(q));
  store<f64>(beside + ((n - 1) << 3), 0);
}

/**
 * Eigenvalues of a symmetric tridiagonal matrix by implicit QL with Wilkinson's shift (Golub & Van Loan §8.3.4), in no
 * order. `diagonal` ends with them; `beside` is destroyed. `rows` (order × width) has its rows turned as the basis is:
 * begun as the identity it ends with the eigenvectors as its rows; width 0 leaves it out. Gives 0 where 60 steps an
 * eigenvalue do not do.
 */
export function tridiagonalEigenvalues(diagonal: usize, beside: usize, order: i32, rows: usize, width: i32): i32 {
  const n = <isize>order;
  const d = diagonal;
  const e = beside;
  const length = <usize>width;
  for (let first: isize = 0; first < n; first++) {
    for (let steps = 0; ; steps++) {
      let last = first;
      for (; last < n - 1; last++) {
        const size = Math.abs(load<f64>(d + (last << 3))) + Math.abs(load<f64>(d + (last << 3), 8));
        if (Math.abs(load<f64>(e + (last << 3))) <= 1.1102230246251565e-16 * size) break;
      }
      if (last == first) break;
      if (steps == 60) return 0;
      const off = load<f64>(e + (first << 3));
      const top = load<f64>(d + (first << 3));
      let g = (load<f64>(d + (first << 3), 8) - top) / (2 * off);
      let r = Math.sqrt(g * g + 1);
      g = load<f64>(d + (last << 3)) - top + off / (g + (g >= 0 ? r : -r));
      let s: f64 = 1;
      let c: f64 = 1;
      let p: f64 = 0;
      let i = last - 1;
      for (; i >= first; i--) {
        const at = i << 3;
        const f = s * load<f64>(e + at);
        const b = c * load<f64>(e + at);
        r = Math.sqrt(f * f + g * g);
        store<f64>(e + at, r, 8);
        if (r == 0) break;
        s = f / r;
        c = g / r;
        g = load<f64>(d + at, 8) - p;
        const t = (load<f64>(d + at) - g) * s + 2 * c * b;
        p = s * t;
        store<f64>(d + at, g + p, 8);
        g = c * t - b;
        turn(rows + <usize>i * (length << 3), length, c, s);
      }
      // A rotation that vanished splits the matrix: the step ends there.
      if (i >= first) store<f64>(d + (i << 3), load<f64>(d + (i << 3), 8) - p, 8);
      else {
        store<f64>(d + (first << 3), load<f64>(d + (first << 3)) - p);
        store<f64>(e + (first << 3), g);
      }
      store<f64>(e + (last << 3), 0);
    }
  }
  return 1;
}

/** Two neighbouring rows: lower' = s · upper + c · lower, upper' = c · upper - s · lower. */
function turn(upper: usize, length: usize, c: f64, s: f64): void {
  const lower = upper + (length << 3);
  const cs = f64x2.splat(c);
  const ss = f64x2.splat(s);
  const pairs = (length & ~1) << 3;
  let k: usize = 0;
  for (; k < pairs; k += 16) {
    const x = v128.load(upper + k);
    const y = v128.load(lower + k);
    v128.store(lower + k, f64x2.add(f64x2.mul(ss, x), f64x2.mul(cs, y)));
    v128.store(upper + k, f64x2.sub(f64x2.mul(cs, x), f64x2.mul(ss, y)));
  }
  if (length & 1) {
    const x = load<f64>(upper + k);
    const y = load<f64>(lower + k);
    store<f64>(lower + k, s * x + c * y);
    store<f64>(upper + k, c * x - s * y);
  }
}

/**
 * Eigenvalues and unit eigenvectors of a symmetric matrix (its lower triangle, destroyed): `values` (order), in no
 * order, and their vectors as the rows of `vectors` (order × order). `scratch` holds 3·order values. Gives 0 where QL
 * did not converge.
 */
export function symmetricEigen(a: usize, order: i32, values: usize, vectors: usize, scratch: usize): i32 {
  const n = <usize>order;
  const beside = scratch + (n << 4);
  tridiagonalise(a, order, order, values, beside, scratch);
  memory.fill(vectors, 0, (n * n) << 3);
  for (let i: usize = 0; i < n; i++) store<f64>(vectors + ((i * n + i) << 3), 1);
  if (!tridiagonalEigenvalues(values, beside, order, vectors, order)) return 0;
  for (let i: usize = 0; i < n; i++) {
    const vector = vectors + ((i * n) << 3);
    for (let k: usize = 1; k < n; k++) {
      const u = a + ((k * n) << 3);
      const half = load<f64>(u + (k << 3));
      if (half != 0) addScaled(vector, -dot(u, vector, k) / half, u, k);
    }
  }
  return 1;
}
