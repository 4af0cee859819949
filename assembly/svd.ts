/**
 * Left singular vectors and singular values of a wide f64 matrix: Householder LQ, then one-sided Jacobi on the
 * rows of L (Hestenes 1958; Demmel & Veselić 1992), which keeps small singular values to a relative accuracy
 * that an eigenproblem of the Gram matrix would lose. In steps, of which the caller does as many as it has time for.
 */
import { allocate } from "./memory";
import { addScaled } from "./vector";

const SWEEPS: i32 = 60;

/** What a step does; each ends with the next. */
const REFLECT: i32 = 0;
const MEASURE: i32 = 1;
const ROTATE: i32 = 2;
const TRANSPOSE: i32 = 3;
const DONE: i32 = 4;

/** a = U S Vᵀ on its way. */
@unmanaged
export class Decomposition {
  /** rows × columns, overwritten; row i at a + 8·i·columns. */
  a: usize;
  rows: usize;
  columns: usize;
  /** Rows × rows: its rows accumulate the rotations, row i ends as column i of U. */
  u: usize;
  /** Squares of the rows of L while they turn, in the end the singular values. */
  s: usize;
  stage: i32;
  sweep: i32;
  turned: bool;
  i: usize;
  j: usize;
  /** Of the reflector of row i. */
  alpha: f64;
  scale: f64;
  /** Rows below 1e-14 of the whole are rounding noise: turning them never ends and changes nothing. */
  floor: f64;
}

/** Not that of vector.ts, which sums four lanes: this order of the sum is in figures. */
function dot(a: usize, b: usize, count: usize): f64 {
  let sum = f64x2.splat(0);
  const end = a + ((count & ~1) << 3);
  for (; a < end; a += 16, b += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(a), v128.load(b)));
  const total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  return count & 1 ? total + load<f64>(a) * load<f64>(b) : total;
}

function rotate(a: usize, b: usize, count: usize, cosine: f64, sine: f64): void {
  const c = f64x2.splat(cosine);
  const s = f64x2.splat(sine);
  for (const end = a + ((count & ~1) << 3); a < end; a += 16, b += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(a, f64x2.sub(f64x2.mul(c, x), f64x2.mul(s, y)));
    v128.store(b, f64x2.add(f64x2.mul(s, x), f64x2.mul(c, y)));
  }
  if (!(count & 1)) return;
  const x = load<f64>(a);
  const y = load<f64>(b);
  store<f64>(a, cosine * x - sine * y);
  store<f64>(b, sine * x + cosine * y);
}

/**
 * a = U S Vᵀ (`rows` × `columns`, rows ≤ columns; overwritten). Column i of `u` (rows × rows, the identity at first)
 * belongs to s[i]; no order. 0 where memory ends.
 */
export function createDecomposition(a: usize, rows: i32, columns: i32, u: usize, s: usize): usize {
  const record = changetype<Decomposition>(allocate(<f64>offsetof<Decomposition>()));
  if (!changetype<usize>(record)) return 0;
  record.a = a;
  record.rows = <usize>rows;
  record.columns = <usize>columns;
  record.u = u;
  record.s = s;
  record.stage = REFLECT;
  record.sweep = 0;
  record.turned = false;
  record.i = 0;
  record.j = 0;
  record.floor = 0;
  return changetype<usize>(record);
}

/** Steps of about `budget` multiplications together. Gives what is left of them: above 0 when all is done. */
export function decompose(record: Decomposition, budget: f64): f64 {
  const n = <f64>record.rows;
  while (budget > 0 && record.stage != DONE) {
    const stage = record.stage;
    if (stage == REFLECT) {
      reflect(record);
      budget -= 2 * <f64>(record.columns - record.i);
    } else if (stage == MEASURE) {
      measure(record);
      budget -= n;
    } else if (stage == ROTATE) budget -= turnPair(record) ? 7 * n : n;
    else {
      transpose(record);
      budget -= n;
    }
  }
  return budget;
}

function enter(record: Decomposition, stage: i32): void {
  record.stage = stage;
  record.i = 0;
  record.j = 1;
}

/** One row below the reflector of row i, which begins with the first of them and ends with the last. */
function reflect(record: Decomposition): void {
  const i = record.i;
  const v = record.a + ((i * record.columns + i) << 3);
  const count = record.columns - i;
  if (record.j <= i) {
    const norm = Math.sqrt(dot(v, v, count));
    record.scale = 0;
    record.j = norm == 0 ? record.rows : i + 1;
    if (norm != 0) {
      const head = load<f64>(v);
      record.alpha = head > 0 ? -norm : norm;
      store<f64>(v, head - record.alpha);
      record.scale = 2 / dot(v, v, count);
    }
  } else {
    const row = record.a + ((record.j++ * record.columns + i) << 3);
    addScaled(row, -record.scale * dot(v, row, count), v, count);
  }
  if (record.j < record.rows) return;
  if (record.scale != 0) {
    // What lies right of the lower triangle becomes zero.
    store<f64>(v, record.alpha);
    memory.fill(v + 8, 0, (count - 1) << 3);
  }
  record.j = 0;
  if (++record.i == record.rows) enter(record, MEASURE);
}

function measure(record: Decomposition): void {
  const row = record.a + ((record.i * record.columns) << 3);
  const squares = dot(row, row, record.rows);
  store<f64>(record.s + (record.i << 3), squares);
  record.floor += squares;
  if (++record.i < record.rows) return;
  record.floor *= 1e-28;
  enter(record, record.rows > 1 ? ROTATE : TRANSPOSE);
}

/** Makes rows i and j orthogonal, and goes on to the next pair; whether they were not. */
function turnPair(record: Decomposition): bool {
  const n = record.rows;
  const i = record.i;
  const j = record.j;
  const p = record.a + ((i * record.columns) << 3);
  const q = record.a + ((j * record.columns) << 3);
  const squares = record.s + (i << 3);
  const squaresOfOther = record.s + (j << 3);
  const pp = load<f64>(squares);
  const qq = load<f64>(squaresOfOther);
  let turns = false;
  if (!(Math.min(pp, qq) <= record.floor)) {
    const pq = dot(p, q, n);
    turns = !(Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq));
    if (turns) {
      const zeta = (qq - pp) / (2 * pq);
      const t = (zeta >= 0 ? 1.0 : -1.0) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const cosine = 1 / Math.sqrt(1 + t * t);
      const sine = cosine * t;
      rotate(p, q, n, cosine, sine);
      rotate(record.u + ((i * n) << 3), record.u + ((j * n) << 3), n, cosine, sine);
      store<f64>(squares, dot(p, p, n));
      store<f64>(squaresOfOther, dot(q, q, n));
      record.turned = true;
    }
  }
  if (++record.j == n) {
    record.j = ++record.i + 1;
    if (record.j == n) {
      record.sweep++;
      enter(record, record.turned && record.sweep < SWEEPS ? ROTATE : TRANSPOSE);
      record.turned = false;
    }
  }
  return turns;
}

function transpose(record: Decomposition): void {
  const n = record.rows;
  const i = record.i;
  const s = record.s + (i << 3);
  store<f64>(s, Math.sqrt(load<f64>(s)));
  for (let j: usize = 0; j < i; j++) {
    const x = record.u + ((i * n + j) << 3);
    const y = record.u + ((j * n + i) << 3);
    const held = load<f64>(x);
    store<f64>(x, load<f64>(y));
    store<f64>(y, held);
  }
  if (++record.i == n) record.stage = DONE;
}
