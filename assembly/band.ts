import { allocate } from "./memory";
import { factorPanel } from "./panel";
import { addProduct, addTransposedProduct, ROW, SIDE, subtractTransposedProducts, TILE, transposeTile } from "./tile";
import { tileOf, packTiles } from "./tiles";

/**
 * A symmetric f64 matrix to a band of SIDE diagonals on each side by blocked Householder reflectors (successive band
 * reduction: Bischof, Lang & Sun 2000), nearly all of it in products of tiles. Of the upper triangle, tiles lie row by
 * row:
 *
 *     (0,0) (0,1) … (0,t-1)   (1,1) … (1,t-1)   …   (t-1,t-1)
 *
 * Row k of tiles right of the diagonal, read as vectors along its rows, is factored: panelᵀ = Q R, Q = I - V T Vᵀ. The
 * rest becomes QᵀAQ = A - V Wᵀ - W Vᵀ; that waits until the next panel's product A V meets the tile, so each tile is
 * read once a panel.
 */
@unmanaged
export class Reduction {
  order: i32;
  /** Tiles a side. */
  count: i32;
  /** The panel at hand, and the next row of tiles to meet; 0 before the panel is factored. */
  panel: i32;
  row: i32;
  tiles: usize;
  /** The lower half of the band and room for bulges: COLUMN + 1 values a column. */
  band: usize;
  /** V of the panel at hand, and Y = A V, then A V T, then W: a tile a block of rows. */
  v: usize;
  y: usize;
  /** Three tiles a block of rows: Vᵀ, Wᵀ and Vᵀ again of the panel before. */
  pending: usize;
  /** Tiles: T, VᵀX, and R and later -½ TᵀVᵀX. */
  t: usize;
  s: usize;
  r: usize;
  /**
   * What the vectors need (assembly/back.ts), or 0: T of each panel; of each sweep its first reflector's index, v and
   * τ.
   */
  panels: usize;
  firsts: usize;
  vectors: usize;
  taus: usize;
}

/**
 * Step, in values, from an entry of the band to its neighbour in the next column: any block within the band is an
 * ordinary one.
 */
export const COLUMN: usize = 63;

/**
 * Makes the upper triangle of `matrix` (`stride` values a row), times `factor`, ready to be reduced. It is destroyed:
 * its memory holds the tiles where they fit. 0 where memory ends.
 */
export function createReduction(matrix: usize, order: i32, stride: i32, factor: f64): usize {
  const count = (order + SIDE - 1) / SIDE;
  const bandBytes = <f64>((count + 2) * SIDE) * <f64>((COLUMN + 1) << 3);
  const tileBytes = <f64>((count * (count + 1)) >> 1) * <f64>TILE;
  const state = changetype<Reduction>(allocate(<f64>offsetof<Reduction>()));
  const work = allocate(<f64>(5 * count + 3) * <f64>TILE);
  const band = allocate(bandBytes);
  const held = allocate(<f64>stride * <f64>(2 * SIDE * 8));
  const inPlace = tileBytes <= <f64>order * <f64>stride * 8;
  const tiles = inPlace ? matrix : allocate(tileBytes);
  if (!changetype<usize>(state) || !work || !band || !held || !tiles) return 0;
  memory.fill(work, 0, <usize>(5 * count + 3) * TILE);
  memory.fill(band, 0, <usize>bandBytes);
  packTiles(matrix, order, stride, factor, tiles, held);
  state.order = order;
  state.count = count;
  state.panel = 0;
  state.row = 0;
  state.tiles = tiles;
  state.band = band;
  state.v = work;
  state.y = work + <usize>count * TILE;
  state.pending = work + <usize>(2 * count) * TILE;
  state.t = work + <usize>(5 * count) * TILE;
  state.s = state.t + TILE;
  state.r = state.s + TILE;
  state.panels = 0;
  return changetype<usize>(state);
}

/**
 * From Y = A V to what the rest of the matrix waits for: X = Y T, W = X - ½ V (Tᵀ Vᵀ X); then Vᵀ, Wᵀ and Vᵀ into
 * `pending`.
 */
function finishPanel(state: Reduction, panel: usize, tiles: i32, first: usize): void {
  const t = state.t;
  const s = state.s;
  const r = state.r;
  memory.fill(s, 0, TILE);
  for (let i: usize = 0; i < <usize>tiles; i++) {
    const v = state.v + (first + i) * TILE;
    const y = state.y + (first + i) * TILE;
    const x = state.pending + 3 * (first + i) * TILE;
    memory.fill(x, 0, TILE);
    addProduct(y, t, x);
    memory.copy(y, x, TILE);
    addTransposedProduct(v, x, s);
  }
  memory.fill(r, 0, TILE);
  addTransposedProduct(t, s, r);
  for (let k: usize = 0; k < TILE; k += 16) v128.store(r + k, f64x2.mul(f64x2.splat(-0.5), v128.load(r + k)));
  for (let i: usize = 0; i < <usize>tiles; i++) {
    const v = state.v + (first + i) * TILE;
    const x = state.y + (first + i) * TILE;
    const target = state.pending + 3 * (first + i) * TILE;
    addProduct(v, r, x);
    transposeTile(x, target + TILE);
    memory.copy(target, panel + i * TILE, TILE);
    memory.copy(target + 2 * TILE, target, TILE);
  }
}

/**
 * Goes on with the reduction until the band is done or at least `budget` tiles were met. Gives the panel it has come
 * to: the number of tiles a side at the end.
 */
export function reduceToBand(pointer: usize, budget: i32): i32 {
  const state = changetype<Reduction>(pointer);
  const count = state.count;
  const tiles = state.tiles;
  const band = state.band;
  const pending = state.pending;
  while (budget > 0 && state.panel < count) {
    const k = state.panel;
    const first = k + 1;
    const rest = count - first;
    const diagonal = tileOf(tiles, count, k, k);
    const panel = diagonal + TILE;
    if (state.row == 0) {
      storeDiagonal(diagonal, band, k);
      if (rest == 0) {
        state.panel = count;
        break;
      }
      factorPanel(panel, rest, state.r, state.t, state.s);
      storeCorner(state.r, band, k);
      for (let i: usize = 0; i < <usize>rest; i++) transposeTile(panel + i * TILE, state.v + (<usize>first + i) * TILE);
      memory.fill(state.y + <usize>first * TILE, 0, <usize>rest * TILE);
      state.row = first;
      budget -= rest;
    }
    for (; state.row < count && budget > 0; state.row++) {
      const i = <usize>state.row;
      const vi = state.v + i * TILE;
      const yi = state.y + i * TILE;
      const ui = pending + 3 * i * TILE;
      let tile = tileOf(tiles, count, state.row, state.row);
      const late = k > 0;
      if (late) subtractTransposedProducts(ui, ui + TILE, tile);
      addProduct(tile, vi, yi);
      for (let j = i + 1; j < <usize>count; j++) {
        tile += TILE;
        if (late) subtractTransposedProducts(ui, pending + (3 * j + 1) * TILE, tile);
        addProduct(tile, state.v + j * TILE, yi);
        addTransposedProduct(tile, vi, state.y + j * TILE);
      }
      budget -= count - <i32>i;
    }
    if (state.row < count) break;
    if (state.panels) memory.copy(state.panels + <usize>k * TILE, state.t, TILE);
    finishPanel(state, panel, rest, <usize>first);
    // The next panel, and the tile on the diagonal beside it, now.
    const i = <usize>first;
    const ui = pending + 3 * i * TILE;
    let tile = tileOf(tiles, count, first, first);
    for (let j = i; j < <usize>count; j++, tile += TILE)
      subtractTransposedProducts(ui, pending + (3 * j + 1) * TILE, tile);
    state.panel = first;
    state.row = 0;
  }
  return state.panel;
}

function storeDiagonal(tile: usize, band: usize, k: i32): void {
  const at = band + ((<usize>(k * SIDE) * (COLUMN + 1)) << 3);
  for (let c: usize = 0; c < <usize>SIDE; c++)
    memory.copy(at + ((c * (COLUMN + 1)) << 3), tile + c * ROW + (c << 3), ROW - (c << 3));
}

function storeCorner(r: usize, band: usize, k: i32): void {
  const at = band + ((<usize>(k * SIDE) * (COLUMN + 1)) << 3);
  for (let c: usize = 0; c < <usize>SIDE; c++) memory.copy(at + ((c * COLUMN + SIDE) << 3), r + c * ROW, (c + 1) << 3);
}
