/**
 * Eigenvectors of a symmetric tridiagonal matrix for eigenvalues that are known to its roundings: inverse iteration
 * from random values (Golub & Van Loan §8.2.2; LAPACK's dstein), vectors of eigenvalues that lie close taken out of
 * each other. Entries should lie about 1.
 */
import { addScaled, dot } from "./vector";

const ROUNDOFF: f64 = 2.220446049250313e-16;
/**
 * Solves for each vector: each divides what belongs to other eigenvalues by their distance over the roundings, 1e7 at
 * least.
 */
const SOLVES: i32 = 3;
/**
 * Where taking others out left less of a vector, what is left is half rounding, and it is solved for again; a solve
 * that begins without the others keeps most of it.
 */
const KEPT: f64 = 0.1;
const MOST: i32 = 12;
/** What keeps a solve's growth within f64. */
const SMALL: f64 = 4.909093465297727e-91;

let state: u32 = 1;

/** Plain xorshift, uniform in (-1, 1). */
function random(): f64 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return <f64>state * (2 / 4294967296.0) - 1;
}

/**
 * T - λ = P L U, `order` values each: L's factors, U's three diagonals (a vanishing pivot becomes `least`), and whether
 * rows were exchanged (as 0 or 1).
 */
function factor(d: usize, e: usize, order: usize, value: f64, least: f64, work: usize): void {
  const bytes = order << 3;
  const l = work;
  const u = l + bytes;
  const u1 = u + bytes;
  const u2 = u1 + bytes;
  const exchanged = u2 + bytes;
  let head = load<f64>(d) - value;
  let beside = order > 1 ? load<f64>(e) : 0;
  for (let i: usize = 0; i + 8 < bytes; i += 8) {
    const below = load<f64>(e + i);
    const next = load<f64>(d + i, 8) - value;
    const far = i + 16 < bytes ? load<f64>(e + i, 8) : 0;
    if (Math.abs(head) >= Math.abs(below) || Math.abs(below) < least) {
      if (Math.abs(head) < least) head = head < 0 ? -least : least;
      const by = below / head;
      store<f64>(l + i, by);
      store<f64>(u + i, head);
      store<f64>(u1 + i, beside);
      store<f64>(u2 + i, 0);
      store<f64>(exchanged + i, 0);
      head = next - by * beside;
      beside = far;
    } else {
      const by = head / below;
      store<f64>(l + i, by);
      store<f64>(u + i, below);
      store<f64>(u1 + i, next);
      store<f64>(u2 + i, far);
      store<f64>(exchanged + i, 1);
      head = beside - by * next;
      beside = -by * far;
    }
  }
  if (Math.abs(head) < least) head = head < 0 ? -least : least;
  store<f64>(u + bytes - 8, head);
}

/** x = (T - λ)⁻¹ x. */
function solve(order: usize, work: usize, x: usize): void {
  const bytes = order << 3;
  const l = work;
  const u = l + bytes;
  const u1 = u + bytes;
  const u2 = u1 + bytes;
  const exchanged = u2 + bytes;
  for (let i: usize = 0; i + 8 < bytes; i += 8) {
    const own = load<f64>(x + i);
    const next = load<f64>(x + i, 8);
    const by = load<f64>(l + i);
    if (load<f64>(exchanged + i) == 0) {
      store<f64>(x + i, next - by * own, 8);
    } else {
      store<f64>(x + i, next);
      store<f64>(x + i, own - by * next, 8);
    }
  }
  let after: f64 = 0;
  let last: f64 = 0;
  for (let i = bytes; i > 0; ) {
    i -= 8;
    let own = load<f64>(x + i);
    if (i + 8 < bytes) own -= load<f64>(u1 + i) * last;
    if (i + 16 < bytes) own -= load<f64>(u2 + i) * after;
    after = last;
    last = own / load<f64>(u + i);
    store<f64>(x + i, last);
  }
}

/** x times what makes its length `length`; false where x is zero. */
function scaleTo(length: f64, x: usize, order: usize): bool {
  const end = x + (order << 3);
  let largest: f64 = 0;
  for (let p = x; p < end; p += 8) largest = max(largest, Math.abs(load<f64>(p)));
  if (!(largest > 0)) return false;
  const inverse = 1 / largest;
  let squares: f64 = 0;
  for (let p = x; p < end; p += 8) {
    const y = load<f64>(p) * inverse;
    squares += y * y;
  }
  const by = length / Math.sqrt(squares);
  for (let p = x; p < end; p += 8) store<f64>(p, load<f64>(p) * inverse * by);
  return true;
}

/** A symmetric tridiagonal matrix, and where its vectors go. The host writes it by offset. */
@unmanaged
export class Tridiagonal {
  diagonal: usize;
  /** Entry i joins i and i + 1. */
  beside: usize;
  order: i32;
  /** Bytes from vector to vector. */
  stride: i32;
  /** The largest |eigenvalue|. */
  largest: f64;
  /** Room for 5 · order values. */
  work: usize;
}

/**
 * The unit eigenvector of `value` at `x`, orthogonal to the `close` vectors before it; `index` is its own seed.
 */
export function tridiagonalVector(pointer: usize, value: f64, index: i32, x: usize, close: i32): void {
  const matrix = changetype<Tridiagonal>(pointer);
  const n = <usize>matrix.order;
  state = <u32>index * 2654435761 + 1;
  if (state == 0) state = 1;
  fill(x, n);
  factor(matrix.diagonal, matrix.beside, n, value, ROUNDOFF * matrix.largest, matrix.work);
  for (let round = 0; round < MOST; round++) {
    scaleTo(SMALL, x, n);
    solve(n, matrix.work, x);
    scaleTo(1, x, n);
    // The first solve only turns random values towards the eigenspace.
    const left = round == 0 ? 0 : close == 0 ? 1 : takeOut(x, n, <usize>matrix.stride, close);
    if (round + 1 >= SOLVES && left > KEPT) break;
  }
}

/**
 * Takes the `close` vectors before x out of it, twice; gives the length that the first time left, and makes it 1 again.
 */
function takeOut(x: usize, order: usize, stride: usize, close: i32): f64 {
  let left: f64 = 0;
  for (let twice = 0; twice < 2; twice++) {
    for (let before = 1; before <= close; before++) {
      const other = x - <usize>before * stride;
      addScaled(x, -dot(x, other, order), other, order);
    }
    if (twice == 0) left = Math.sqrt(dot(x, x, order));
    if (!scaleTo(1, x, order)) {
      fill(x, order);
      left = 0;
    }
  }
  return left;
}

function fill(x: usize, order: usize): void {
  for (const end = x + (order << 3); x < end; x += 8) store<f64>(x, random());
}
