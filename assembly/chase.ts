import { symmetricProduct } from "./eigen";
import { COLUMN, Reduction } from "./band";
import { NEGLIGIBLE } from "./panel";
import { SIDE } from "./tile";
import { dotOfFours } from "./vector";

/**
 * A symmetric band of SIDE diagonals on each side to tridiagonal form by Householder reflectors that chase the bulge
 * they make down the band (Lang 1993; Murata & Horikoshi 1975). Columns have 2·SIDE values from the diagonal on, so
 * that seen with a step of COLUMN values from column to column any block in the band is an ordinary one, column by
 * column:
 *
 *     column j:  [(j,j) … (j+31,j)] the band, [(j+32,j)] and what bulges below it
 *
 * Sweep j makes column j tridiagonal. Its step s turns rows and columns j+1+32s … of a reflector's length by it: the
 * block on the diagonal from both sides, the one below from the right; that one's first column gives the next step's
 * reflector, which turns it from the left. Beyond the order there are 2·SIDE columns of zeros at least, so that no
 * block has an end of its own.
 */
const BLOCK: usize = 256;
const STEP: usize = COLUMN << 3;

const PRODUCT = memory.data(256, 16);
const AHEAD = memory.data(256, 16);

// @ts-ignore: decorator
@inline
function sum(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

function dot(a: usize, b: usize): f64 {
  return dotOfFours(a, b, BLOCK);
}

/**
 * The reflector that makes x a multiple of its first entry: its vector v with v₀ = 1 at `v`, its τ given; x becomes (β,
 * 0, …).
 */
function reflector(x: usize, v: usize): f64 {
  const head = load<f64>(x);
  memory.copy(v, x, BLOCK);
  store<f64>(v, 0);
  const below = dot(v, v);
  if (below <= NEGLIGIBLE) {
    memory.fill(v, 0, BLOCK);
    memory.fill(x + 8, 0, BLOCK - 8);
    store<f64>(v, 1);
    return 0;
  }
  const norm = Math.sqrt(head * head + below);
  const beta = head > 0 ? -norm : norm;
  const scale = f64x2.splat(1 / (head - beta));
  for (let k: usize = 0; k < BLOCK; k += 16) v128.store(v + k, f64x2.mul(scale, v128.load(v + k)));
  store<f64>(v, 1);
  memory.fill(x, 0, BLOCK);
  store<f64>(x, beta);
  return (beta - head) / beta;
}

/** Lower triangle of a (SIDE columns) -= v wᵀ + w vᵀ. */
function subtractPairs(a: usize, v: usize, w: usize): void {
  for (const end = v + BLOCK; v < end; a += (STEP << 1) + 16, v += 16, w += 16) {
    const v0 = v128.load_splat<f64>(v);
    const v1 = v128.load_splat<f64>(v, 8);
    const w0 = v128.load_splat<f64>(w);
    const w1 = v128.load_splat<f64>(w, 8);
    // The upper right corner of a 2 × 2 block on the diagonal lies in the column before, beyond the band: it keeps its
    // value.
    const second = load<f64>(a + STEP);
    let p = a;
    for (let k: usize = 0; v + k < end; k += 16, p += 16) {
      const x = v128.load(v + k);
      const y = v128.load(w + k);
      v128.store(p, f64x2.sub(v128.load(p), f64x2.add(f64x2.mul(v0, y), f64x2.mul(w0, x))));
      v128.store(p + STEP, f64x2.sub(v128.load(p + STEP), f64x2.add(f64x2.mul(v1, y), f64x2.mul(w1, x))));
    }
    store<f64>(a + STEP, second);
  }
}

/** The block on the diagonal from both sides. */
function turnDiagonal(a: usize, v: usize, tau: f64): void {
  symmetricProduct(a, SIDE, <i32>COLUMN, v, PRODUCT);
  const half = -0.5 * tau * tau * dot(v, PRODUCT);
  const t = f64x2.splat(tau);
  const h = f64x2.splat(half);
  for (let k: usize = 0; k < BLOCK; k += 16)
    v128.store(PRODUCT + k, f64x2.add(f64x2.mul(t, v128.load(PRODUCT + k)), f64x2.mul(h, v128.load(v + k))));
  subtractPairs(a, v, PRODUCT);
}

/** PRODUCT = τ C v. */
function blockProduct(c: usize, v: usize, tau: f64): void {
  for (let k: usize = 0; k < BLOCK; k += 16) v128.store(PRODUCT + k, f64x2.splat(0));
  for (const end = v + BLOCK; v < end; v += 32, c += STEP << 2) {
    const v0 = f64x2.splat(tau * load<f64>(v));
    const v1 = f64x2.splat(tau * load<f64>(v, 8));
    const v2 = f64x2.splat(tau * load<f64>(v, 16));
    const v3 = f64x2.splat(tau * load<f64>(v, 24));
    for (let k: usize = 0; k < BLOCK; k += 16) {
      const low = f64x2.add(f64x2.mul(v0, v128.load(c + k)), f64x2.mul(v1, v128.load(c + k, STEP)));
      const high = f64x2.add(f64x2.mul(v2, v128.load(c + k, 2 * STEP)), f64x2.mul(v3, v128.load(c + k, 3 * STEP)));
      v128.store(PRODUCT + k, f64x2.add(v128.load(PRODUCT + k), f64x2.add(low, high)));
    }
  }
}

/** Two columns c -= v[0..1] · PRODUCT + s[0..1] · u, s = τ (uᵀc - v[0..1] · uᵀPRODUCT). */
function turnColumns(c: usize, v: usize, u: usize, tau: f64, along: f64): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  for (let k: usize = 0; k < BLOCK; k += 16) {
    const x = v128.load(u + k);
    s0 = f64x2.add(s0, f64x2.mul(x, v128.load(c + k)));
    s1 = f64x2.add(s1, f64x2.mul(x, v128.load(c + k, STEP)));
  }
  const v0 = load<f64>(v);
  const v1 = load<f64>(v, 8);
  const u0 = f64x2.splat(tau * (sum(s0) - v0 * along));
  const u1 = f64x2.splat(tau * (sum(s1) - v1 * along));
  const p0 = f64x2.splat(v0);
  const p1 = f64x2.splat(v1);
  for (let k: usize = 0; k < BLOCK; k += 16) {
    const x = v128.load(u + k);
    const y = v128.load(PRODUCT + k);
    v128.store(c + k, f64x2.sub(v128.load(c + k), f64x2.add(f64x2.mul(p0, y), f64x2.mul(u0, x))));
    v128.store(c + k, f64x2.sub(v128.load(c + k, STEP), f64x2.add(f64x2.mul(p1, y), f64x2.mul(u1, x))), STEP);
  }
}

/**
 * The block below: C (I - τ v vᵀ), then its first column's reflector from the left. Gives that one's τ; its vector
 * replaces v.
 */
function turnBelow(c: usize, v: usize, tau: f64): f64 {
  blockProduct(c, v, tau);
  const first = load<f64>(v);
  const second = load<f64>(v, 8);
  for (let k: usize = 0; k < BLOCK; k += 16)
    v128.store(c + k, f64x2.sub(v128.load(c + k), f64x2.mul(f64x2.splat(first), v128.load(PRODUCT + k))));
  const next = reflector(c, AHEAD);
  const along = dot(AHEAD, PRODUCT);
  // The first column is done: its reflector has nothing to add.
  c += STEP;
  turnColumn(c, second, next, along);
  c += STEP;
  for (let j: usize = 16; j < BLOCK; j += 16, c += STEP << 1) turnColumns(c, v + j, AHEAD, next, along);
  memory.copy(v, AHEAD, BLOCK);
  return next;
}

function turnColumn(c: usize, v0: f64, tau: f64, along: f64): void {
  const u0 = f64x2.splat(tau * (dot(AHEAD, c) - v0 * along));
  const p0 = f64x2.splat(v0);
  for (let k: usize = 0; k < BLOCK; k += 16) {
    v128.store(
      c + k,
      f64x2.sub(
        v128.load(c + k),
        f64x2.add(f64x2.mul(p0, v128.load(PRODUCT + k)), f64x2.mul(u0, v128.load(AHEAD + k))),
      ),
    );
  }
}

/** Sweeps that follow each other down the band, so that what one touched is still near for the next. */
const TOGETHER: i32 = 8;
const VECTORS = memory.data(2048, 16);
const TAUS = memory.data(64, 16);

/** Sweeps [first, last) of the band: what they leave is tridiagonal up to column `last`. */
export function chase(pointer: usize, first: i32, last: i32): void {
  const state = changetype<Reduction>(pointer);
  const order = state.order;
  for (; first < last; first += TOGETHER) {
    const sweeps = min(TOGETHER, last - first);
    const steps = (order - first - 1 + SIDE - 1) / SIDE;
    for (let wave = 0; wave < steps + 2 * sweeps; wave++) {
      for (let s = 0; s < sweeps; s++) {
        const step = wave - 2 * s;
        if (step >= 0) chaseStep(state, first + s, step, VECTORS + <usize>s * BLOCK, TAUS + ((<usize>s) << 3));
      }
    }
  }
}

/** Step `step` of a sweep, whose reflector is `v` with τ at `tau`: the next step's at the end. */
function chaseStep(state: Reduction, sweep: i32, step: i32, v: usize, tau: usize): void {
  const band = state.band;
  const order = state.order;
  const start = sweep + 1 + step * SIDE;
  if (start >= order) return;
  if (step == 0) store<f64>(tau, reflector(band + ((<usize>sweep * (COLUMN + 1) + 1) << 3), v));
  const diagonal = band + ((<usize>start * (COLUMN + 1)) << 3);
  const t = load<f64>(tau);
  if (state.panels) {
    const index = <usize>(load<i32>(state.firsts + ((<usize>sweep) << 2)) + step);
    memory.copy(state.vectors + index * BLOCK, v, BLOCK);
    store<f64>(state.taus + (index << 3), t);
  }
  if (t != 0) turnDiagonal(diagonal, v, t);
  if (start + SIDE < order) store<f64>(tau, turnBelow(diagonal + BLOCK, v, t));
}

/** The tridiagonal matrix that all sweeps left: its diagonal and what stands beside it, each joining i and i + 1. */
export function tridiagonalOf(pointer: usize, diagonal: usize, beside: usize): void {
  const state = changetype<Reduction>(pointer);
  const order = <usize>state.order;
  for (let i: usize = 0; i < order; i++) {
    const column = state.band + ((i * (COLUMN + 1)) << 3);
    store<f64>(diagonal + (i << 3), load<f64>(column));
    store<f64>(beside + (i << 3), i + 1 < order ? load<f64>(column, 8) : 0);
  }
}
