/**
 * Left singular vectors and singular values of a wide f64 matrix: Householder LQ, then one-sided Jacobi on the
 * rows of L (Hestenes 1958; Demmel & Veselić 1992), which keeps small singular values to a relative accuracy
 * that an eigenproblem of the Gram matrix would lose.
 */
import { addScaled } from "./vector";

const SWEEPS: i32 = 60;

/** Not that of vector.ts, which sums four lanes: this order of the sum is in figures. */
function dot(a: usize, b: usize, count: usize): f64 {
  let sum = f64x2.splat(0);
  const end = a + ((count & ~1) << 3);
  for (; a < end; a += 16, b += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(a), v128.load(b)));
  const total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  return count & 1 ? total + load<f64>(a) * load<f64>(b) : total;
}

/** Lower triangle of `a` (rows × columns, rows ≤ columns), in place; what lies right of it becomes zero. */
function reduceToLower(a: usize, rows: usize, columns: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    const v = a + ((i * columns + i) << 3);
    const count = columns - i;
    const norm = Math.sqrt(dot(v, v, count));
    if (norm == 0) continue;
    const head = load<f64>(v);
    const alpha = head > 0 ? -norm : norm;
    store<f64>(v, head - alpha);
    const scale = 2 / dot(v, v, count);
    for (let r = i + 1; r < rows; r++) {
      const row = a + ((r * columns + i) << 3);
      addScaled(row, -scale * dot(v, row, count), v, count);
    }
    store<f64>(v, alpha);
    memory.fill(v + 8, 0, (count - 1) << 3);
  }
}

function rotate(a: usize, b: usize, count: usize, cosine: f64, sine: f64): void {
  for (let i: usize = 0; i < count; i++) {
    const x = load<f64>(a + (i << 3));
    const y = load<f64>(b + (i << 3));
    store<f64>(a + (i << 3), cosine * x - sine * y);
    store<f64>(b + (i << 3), sine * x + cosine * y);
  }
}

/**
 * a = U S Vᵀ (`rows` × `columns`, rows ≤ columns; overwritten). Column i of `u` (rows × rows) belongs to s[i]; no
 * order.
 */
export function leftSingularVectors(a: usize, rows: i32, columns: i32, u: usize, s: usize): void {
  const n = <usize>rows;
  const width = <usize>columns;
  reduceToLower(a, n, width);
  // Rows of `u` accumulate the rotations: row i ends as column i of U.
  memory.fill(u, 0, (n * n) << 3);
  for (let i: usize = 0; i < n; i++) store<f64>(u + ((i * n + i) << 3), 1);
  // Rows below 1e-14 of the whole are rounding noise: turning them never ends and changes nothing.
  let floor: f64 = 0;
  for (let i: usize = 0; i < n; i++) floor += dot(a + ((i * width) << 3), a + ((i * width) << 3), n);
  floor *= 1e-28;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let turned = false;
    for (let i: usize = 0; i + 1 < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const p = a + ((i * width) << 3);
        const q = a + ((j * width) << 3);
        const pp = dot(p, p, n);
        const qq = dot(q, q, n);
        const pq = dot(p, q, n);
        if (Math.min(pp, qq) <= floor || Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq)) continue;
        turned = true;
        const zeta = (qq - pp) / (2 * pq);
        const t = (zeta >= 0 ? 1.0 : -1.0) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        const sine = cosine * t;
        rotate(p, q, n, cosine, sine);
        rotate(u + ((i * n) << 3), u + ((j * n) << 3), n, cosine, sine);
      }
    }
    if (!turned) break;
  }
  for (let i: usize = 0; i < n; i++) {
    const row = a + ((i * width) << 3);
    store<f64>(s + (i << 3), Math.sqrt(dot(row, row, n)));
    for (let j: usize = 0; j < i; j++) {
      const x = u + ((i * n + j) << 3);
      const y = u + ((j * n + i) << 3);
      const held = load<f64>(x);
      store<f64>(x, load<f64>(y));
      store<f64>(y, held);
    }
  }
}
