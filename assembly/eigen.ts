/** Symmetric eigenproblems in f64. Matrices are square, full and row-major. */

const SWEEPS: i32 = 40;

// @ts-ignore: decorator
@inline
function at(a: usize, n: usize, i: usize, j: usize): usize {
  return a + ((i * n + j) << 3);
}

/** Turns rows (stride 8 bytes apart) or columns p and q: x' = c x - s y, y' = s x + c y. */
function turn(p: usize, q: usize, step: usize, count: usize, c: f64, s: f64): void {
  for (let i: usize = 0; i < count; i++, p += step, q += step) {
    const x = load<f64>(p), y = load<f64>(q);
    store<f64>(p, c * x - s * y);
    store<f64>(q, s * x + c * y);
  }
}

/**
 * Cyclic Jacobi (Golub & Van Loan §8.5). `a` (n × n) ends with its eigenvalues on the diagonal, in no order; row i of
 * `vectors` (n × n) is the unit eigenvector of a[i][i].
 */
export function jacobi(a: usize, order: i32, vectors: usize): void {
  const n = <usize>order;
  memory.fill(vectors, 0, n * n << 3);
  for (let i: usize = 0; i < n; i++) store<f64>(at(vectors, n, i, i), 1);
  let square: f64 = 0;
  for (let i: usize = 0; i < n * n; i++) square += load<f64>(a + (i << 3)) * load<f64>(a + (i << 3));
  const negligible = 1e-16 * Math.sqrt(square);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let turned = false;
    for (let p: usize = 0; p + 1 < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = load<f64>(at(a, n, p, q));
        if (!(Math.abs(off) > negligible)) continue;
        turned = true;
        const theta = (load<f64>(at(a, n, q, q)) - load<f64>(at(a, n, p, p))) / (2 * off);
        const t = (theta >= 0 ? 1.0 : -1.0) / (Math.abs(theta) + Math.sqrt(1 + theta * theta));
        const c = 1 / Math.sqrt(1 + t * t), s = c * t;
        turn(at(a, n, p, 0), at(a, n, q, 0), 8, n, c, s);
        turn(at(a, n, 0, p), at(a, n, 0, q), n << 3, n, c, s);
        turn(at(vectors, n, p, 0), at(vectors, n, q, 0), 8, n, c, s);
      }
    }
    if (!turned) break;
  }
}

/** y = a x for a symmetric `a` (n × n at `stride` values a row). */
export function symmetricProduct(a: usize, order: i32, stride: i32, x: usize, y: usize): void {
  const pairs = <usize>(order & ~1) << 3;
  for (let i = 0; i < order; i++, a += <usize>stride << 3) {
    let s0 = f64x2.splat(0), s1 = s0;
    let k: usize = 0;
    for (; k + 32 <= pairs; k += 32) {
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a + k), v128.load(x + k)));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(a + k, 16), v128.load(x + k, 16)));
    }
    if (k < pairs) s0 = f64x2.add(s0, f64x2.mul(v128.load(a + k), v128.load(x + k)));
    s0 = f64x2.add(s0, s1);
    let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
    if (order & 1) sum += load<f64>(a + pairs) * load<f64>(x + pairs);
    store<f64>(y + (<usize>i << 3), sum);
  }
}

/**
 * Eigenvalues of a symmetric tridiagonal matrix by implicit QL with Wilkinson's shift (Golub & Van Loan §8.3), in no order.
 * `diagonal` (n) ends with them; `beside` (n, the last unused) is destroyed. `row` (n), where not 0, is a row vector that is
 * multiplied by the eigenvectors. Gives 0 where 60 steps an eigenvalue do not do.
 */
export function tridiagonalEigenvalues(diagonal: usize, beside: usize, order: i32, row: usize): i32 {
  const n = <isize>order, d = diagonal, e = beside;
  for (let first: isize = 0; first < n; first++) {
    for (let steps = 0; ; steps++) {
      let last = first;
      for (; last < n - 1; last++) {
        const size = Math.abs(load<f64>(d + (last << 3))) + Math.abs(load<f64>(d + (last << 3), 8));
        if (Math.abs(load<f64>(e + (last << 3))) <= 1.1102230246251565e-16 * size) break;
      }
      if (last == first) break;
      if (steps == 60) return 0;
      const off = load<f64>(e + (first << 3)), top = load<f64>(d + (first << 3));
      let g = (load<f64>(d + (first << 3), 8) - top) / (2 * off);
      let r = Math.sqrt(g * g + 1);
      g = load<f64>(d + (last << 3)) - top + off / (g + (g >= 0 ? r : -r));
      let s: f64 = 1, c: f64 = 1, p: f64 = 0;
      let i = last - 1;
      for (; i >= first; i--) {
        const f = s * load<f64>(e + (i << 3)), b = c * load<f64>(e + (i << 3));
        r = Math.sqrt(f * f + g * g);
        store<f64>(e + (i << 3), r, 8);
        if (r == 0) {
          store<f64>(d + (i << 3), load<f64>(d + (i << 3), 8) - p, 8);
          store<f64>(e + (last << 3), 0);
          break;
        }
        s = f / r;
        c = g / r;
        g = load<f64>(d + (i << 3), 8) - p;
        r = (load<f64>(d + (i << 3)) - g) * s + 2 * c * b;
        p = s * r;
        store<f64>(d + (i << 3), g + p, 8);
        g = c * r - b;
        if (row) {
          const z = row + (i << 3), y = load<f64>(z, 8), x = load<f64>(z);
          store<f64>(z, s * x + c * y, 8);
          store<f64>(z, c * x - s * y);
        }
      }
      if (r == 0 && i >= first) continue;
      store<f64>(d + (first << 3), load<f64>(d + (first << 3)) - p);
      store<f64>(e + (first << 3), g);
      store<f64>(e + (last << 3), 0);
    }
  }
  return 1;
}
