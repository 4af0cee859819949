import { Reduction } from "./band";
import { tileOf } from "./tiles";
import { allocate } from "./memory";
import { addProduct, addTransposedProduct, ROW, SIDE, TILE, transposeTile } from "./tile";

/**
 * From the eigenvectors of the tridiagonal matrix to those of the matrix that was reduced: its reflectors once more,
 * the last first. Those of the sweeps turn vectors four at a time; those of the panels are products of tiles.
 */

/** Bytes of a reflector of a sweep. */
const BLOCK: usize = 256;

/** Lets the reduction keep its reflectors: asked for before it begins. 0 where memory ends. */
export function keepReflectors(pointer: usize): i32 {
  const state = changetype<Reduction>(pointer);
  const order = state.order;
  const panels = allocate(<f64>state.count * <f64>TILE);
  const firsts = allocate(<f64>order * 4);
  if (!panels || !firsts) return 0;
  let count = 0;
  for (let sweep = 0; sweep < order; sweep++) {
    store<i32>(firsts + ((<usize>sweep) << 2), count);
    count += (order - 1 - sweep + SIDE - 1) / SIDE;
  }
  state.vectors = allocate(<f64>count * <f64>BLOCK);
  state.taus = allocate(<f64>count * 8);
  if (!state.vectors || !state.taus) return 0;
  state.panels = panels;
  state.firsts = firsts;
  return 1;
}

/** Values of a row of vectors while they are turned: SIDE zeros at least follow the order. */
export function vectorWidth(pointer: usize): i32 {
  return (changetype<Reduction>(pointer).count + 1) * SIDE;
}

// @ts-ignore: decorator
@inline
function sum(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Four rows at `stride` bytes: x -= τ (v · x) v over a reflector's length. */
function reflectFour(v: usize, tau: f64, x0: usize, stride: usize): void {
  const x1 = x0 + stride;
  const x2 = x1 + stride;
  const x3 = x2 + stride;
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let k: usize = 0; k < BLOCK; k += 16) {
    const own = v128.load(v + k);
    s0 = f64x2.add(s0, f64x2.mul(own, v128.load(x0 + k)));
    s1 = f64x2.add(s1, f64x2.mul(own, v128.load(x1 + k)));
    s2 = f64x2.add(s2, f64x2.mul(own, v128.load(x2 + k)));
    s3 = f64x2.add(s3, f64x2.mul(own, v128.load(x3 + k)));
  }
  s0 = f64x2.splat(tau * sum(s0));
  s1 = f64x2.splat(tau * sum(s1));
  s2 = f64x2.splat(tau * sum(s2));
  s3 = f64x2.splat(tau * sum(s3));
  for (let k: usize = 0; k < BLOCK; k += 16) {
    const own = v128.load(v + k);
    v128.store(x0 + k, f64x2.sub(v128.load(x0 + k), f64x2.mul(s0, own)));
    v128.store(x1 + k, f64x2.sub(v128.load(x1 + k), f64x2.mul(s1, own)));
    v128.store(x2 + k, f64x2.sub(v128.load(x2 + k), f64x2.mul(s2, own)));
    v128.store(x3 + k, f64x2.sub(v128.load(x3 + k), f64x2.mul(s3, own)));
  }
}

/** Turns SIDE vectors (rows of `vectorWidth` values at `rows`) back through all sweeps. */
export function turnThroughSweeps(pointer: usize, rows: usize): void {
  const state = changetype<Reduction>(pointer);
  const order = state.order;
  const stride = (<usize>vectorWidth(pointer)) << 3;
  // Eight vectors stay near while all reflectors pass.
  for (let eight: usize = 0; eight < <usize>SIDE; eight += 8) {
    const first = rows + eight * stride;
    for (let sweep = order - 2; sweep >= 0; sweep--) {
      const index = <usize>load<i32>(state.firsts + ((<usize>sweep) << 2));
      let v = state.vectors + index * BLOCK;
      let tau = state.taus + (index << 3);
      for (let start = sweep + 1; start < order; start += SIDE, v += BLOCK, tau += 8) {
        const t = load<f64>(tau);
        const x = first + ((<usize>start) << 3);
        reflectFour(v, t, x, stride);
        reflectFour(v, t, x + (stride << 2), stride);
      }
    }
  }
}

/**
 * Turns SIDE vectors back through all panels, and writes their `order` values to `out` one row after the other.
 * `scratch` has room for count + 2 tiles.
 */
export function turnThroughPanels(pointer: usize, rows: usize, scratch: usize, count: i32, out: usize): void {
  const state = changetype<Reduction>(pointer);
  const tiles = <usize>state.count;
  const order = (<usize>state.order) << 3;
  const stride = (<usize>vectorWidth(pointer)) << 3;
  const z = scratch + tiles * TILE;
  const turned = z + TILE;
  // Tiles of the vectors as columns.
  for (let j: usize = 0; j < tiles; j++) {
    for (let r: usize = 0; r < <usize>SIDE; r++) memory.copy(z + r * ROW, rows + r * stride + j * ROW, ROW);
    transposeTile(z, scratch + j * TILE);
  }
  for (let k = state.count - 2; k >= 0; k--) {
    const panel = tileOf(state.tiles, state.count, k, k + 1);
    const first = scratch + <usize>(k + 1) * TILE;
    const length = <usize>(state.count - 1 - k) * TILE;
    memory.fill(z, 0, TILE);
    for (let at: usize = 0; at < length; at += TILE) addProduct(panel + at, first + at, z);
    memory.fill(turned, 0, TILE);
    addProduct(state.panels + <usize>k * TILE, z, turned);
    for (let at: usize = 0; at < TILE; at += 16) v128.store(turned + at, f64x2.neg(v128.load(turned + at)));
    for (let at: usize = 0; at < length; at += TILE) addTransposedProduct(panel + at, turned, first + at);
  }
  for (let j: usize = 0; j < tiles; j++) {
    transposeTile(scratch + j * TILE, z);
    const bytes = min(ROW, order - j * ROW);
    for (let r: usize = 0; r < <usize>count; r++) memory.copy(out + r * order + j * ROW, z + r * ROW, bytes);
  }
}
