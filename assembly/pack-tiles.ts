import { ROW, SIDE, TILE } from "./tile";

/**
 * Two rows of tiles are held, so that tiles may be written over the matrix they come from: those of rows 0 … i end
 * before row i + 2 of tiles begins (SIDE Σ (count - i) ≤ (i + 2) · stride where all of them fit into the matrix at
 * all).
 */
export function packTiles(matrix: usize, order: i32, stride: i32, factor: f64, tiles: usize, held: usize): void {
  const count = (order + SIDE - 1) / SIDE;
  const bytes = (<usize>stride) << 8;
  memory.copy(held, matrix, (<usize>(min(SIDE, order) * stride)) << 3);
  for (let i = 0, tile = tiles; i < count; i++) {
    const first = (i + 1) * SIDE;
    const ahead = held + <usize>(~i & 1) * bytes;
    if (first < order)
      memory.copy(
        ahead,
        matrix + ((<usize>first * <usize>stride) << 3),
        (<usize>min(SIDE, order - first) * <usize>stride) << 3,
      );
    const rows = min(SIDE, order - i * SIDE);
    const block = held + <usize>(i & 1) * bytes;
    for (let j = i; j < count; j++, tile += TILE) {
      packTile(
        block + ((<usize>(j * SIDE)) << 3),
        rows,
        min(SIDE, order - j * SIDE),
        (<usize>stride) << 3,
        factor,
        tile,
      );
      if (i == j) mirrorTile(tile);
    }
  }
}

function packTile(from: usize, rows: i32, columns: i32, bytes: usize, factor: f64, tile: usize): void {
  const f = f64x2.splat(factor);
  const pairs = (<usize>(columns & ~1)) << 3;
  if (rows < SIDE || columns < SIDE) memory.fill(tile, 0, TILE);
  for (let r = 0; r < rows; r++, from += bytes, tile += ROW) {
    let k: usize = 0;
    for (; k < pairs; k += 16) v128.store(tile + k, f64x2.mul(f, v128.load(from + k)));
    if (columns & 1) store<f64>(tile + k, factor * load<f64>(from + k));
  }
}

/** The lower triangle from the upper. */
function mirrorTile(tile: usize): void {
  for (let i: usize = 1; i < <usize>SIDE; i++) {
    for (let j: usize = 0; j < i; j++) store<f64>(tile + i * ROW + (j << 3), load<f64>(tile + j * ROW + (i << 3)));
  }
}

/** The largest |x| of the upper triangle. */
export function largestEntry(matrix: usize, order: i32, stride: i32): f64 {
  let largest: f64 = 0;
  for (let i: usize = 0; i < <usize>order; i++) {
    const row = matrix + ((i * <usize>stride) << 3);
    const end = row + ((<usize>order) << 3);
    let pair = f64x2.splat(0);
    let p = row + (i << 3);
    for (; p + 8 < end; p += 16) pair = f64x2.max(pair, f64x2.abs(v128.load(p)));
    if (p < end) pair = f64x2.max(pair, f64x2.splat(Math.abs(load<f64>(p))));
    largest = max(largest, max(f64x2.extract_lane(pair, 0), f64x2.extract_lane(pair, 1)));
  }
  return largest;
}
