import { ROW, SIDE, TILE } from "./tile";

/**
 * Householder QR of a row of tiles (assembly/tile.ts), read as vectors along its rows: row c runs through all of them.
 */

/** Σ over `tiles` tiles of row c · row c2, from column `first` of the first tile on. */
function dotRows(a: usize, b: usize, tiles: i32, first: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let head: f64 = 0;
  let k = (<usize>first) << 3;
  while (k & 31) {
    head += load<f64>(a + k) * load<f64>(b + k);
    k += 8;
  }
  for (let t = 0; t < tiles; t++, a += TILE, b += TILE, k = 0) {
    for (; k < ROW; k += 32) {
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a + k), v128.load(b + k)));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(a + k, 16), v128.load(b + k, 16)));
    }
  }
  s0 = f64x2.add(s0, s1);
  return head + f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
}

/** The products of row v with four rows from a on, at `out`. */
function dotFourRows(v: usize, a: usize, tiles: i32, out: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let t = 0; t < tiles; t++, a += TILE, v += TILE) {
    for (let k: usize = 0; k < ROW; k += 16) {
      const x = v128.load(v + k);
      s0 = f64x2.add(s0, f64x2.mul(x, v128.load(a + k)));
      s1 = f64x2.add(s1, f64x2.mul(x, v128.load(a + k, ROW)));
      s2 = f64x2.add(s2, f64x2.mul(x, v128.load(a + k, 2 * ROW)));
      s3 = f64x2.add(s3, f64x2.mul(x, v128.load(a + k, 3 * ROW)));
    }
  }
  v128.store(out, f64x2.add(v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3)));
  v128.store(out, f64x2.add(v128.shuffle<f64>(s2, s3, 0, 2), v128.shuffle<f64>(s2, s3, 1, 3)), 16);
}

/** Four rows from a on -= factors[0..3] · row v. */
function reflectFourRows(v: usize, a: usize, tiles: i32, factors: usize): void {
  const f0 = v128.load_splat<f64>(factors);
  const f1 = v128.load_splat<f64>(factors, 8);
  const f2 = v128.load_splat<f64>(factors, 16);
  const f3 = v128.load_splat<f64>(factors, 24);
  for (let t = 0; t < tiles; t++, a += TILE, v += TILE) {
    for (let k: usize = 0; k < ROW; k += 16) {
      const x = v128.load(v + k);
      v128.store(a + k, f64x2.sub(v128.load(a + k), f64x2.mul(f0, x)));
      v128.store(a + k, f64x2.sub(v128.load(a + k, ROW), f64x2.mul(f1, x)), ROW);
      v128.store(a + k, f64x2.sub(v128.load(a + k, 2 * ROW), f64x2.mul(f2, x)), 2 * ROW);
      v128.store(a + k, f64x2.sub(v128.load(a + k, 3 * ROW), f64x2.mul(f3, x)), 3 * ROW);
    }
  }
}

/**
 * Squares of so little have lost their digits, and a reflector made of them would be none. Of a matrix whose largest
 * entry is about 1 what they come from may go.
 */
export const NEGLIGIBLE: f64 = 1e-200;

const FACTORS = memory.data(32, 16);
const TAUS = memory.data(256, 16);

/**
 * panelᵀ = Q R of a panel of `tiles` tiles. R ends in `r` (a tile: R[i][j] at row j, column i, zeros elsewhere), the
 * unit vectors of the reflectors in the panel (zeros before their head), T in `t`; `s` is scratch.
 */
export function factorPanel(panel: usize, tiles: i32, r: usize, t: usize, s: usize): void {
  memory.fill(r, 0, TILE);
  for (let c: usize = 0; c < <usize>SIDE; c++) {
    const row = panel + c * ROW;
    const at = row + (c << 3);
    memory.copy(r + c * ROW, row, c << 3);
    memory.fill(row, 0, c << 3);
    const head = load<f64>(at);
    store<f64>(at, 0);
    const below = dotRows(row, row, tiles, <i32>c);
    const norm = Math.sqrt(head * head + below);
    let tau: f64 = 0;
    if (below > NEGLIGIBLE) {
      const beta = head > 0 ? -norm : norm;
      const inverse = 1 / (head - beta);
      tau = (beta - head) / beta;
      store<f64>(r + c * ROW + (c << 3), beta);
      scaleRow(row, tiles, inverse);
    } else {
      store<f64>(r + c * ROW + (c << 3), head);
      scaleRow(row, tiles, 0);
    }
    store<f64>(at, 1);
    store<f64>(TAUS + (c << 3), tau);
    if (tau == 0) continue;
    let other = c + 1;
    for (; other & 3; other++) {
      const y = panel + other * ROW;
      addRow(y, -tau * dotRows(row, y, tiles, <i32>c), row, tiles);
    }
    for (; other < <usize>SIDE; other += 4) {
      const y = panel + other * ROW;
      dotFourRows(row, y, tiles, FACTORS);
      for (let q: usize = 0; q < 32; q += 8) store<f64>(FACTORS + q, tau * load<f64>(FACTORS + q));
      reflectFourRows(row, y, tiles, FACTORS);
    }
  }
  joinReflectors(panel, tiles, t, s);
}

function scaleRow(row: usize, tiles: i32, by: f64): void {
  const f = f64x2.splat(by);
  for (let t = 0; t < tiles; t++, row += TILE)
    for (let k: usize = 0; k < ROW; k += 16) v128.store(row + k, f64x2.mul(f, v128.load(row + k)));
}

function addRow(y: usize, by: f64, row: usize, tiles: i32): void {
  const f = f64x2.splat(by);
  for (let t = 0; t < tiles; t++, row += TILE, y += TILE) {
    for (let k: usize = 0; k < ROW; k += 16)
      v128.store(y + k, f64x2.add(v128.load(y + k), f64x2.mul(f, v128.load(row + k))));
  }
}

/** T, upper triangular: H₀ H₁ … = I - V T Vᵀ (Schreiber & Van Loan 1989). */
function joinReflectors(panel: usize, tiles: i32, t: usize, s: usize): void {
  memory.fill(t, 0, TILE);
  for (let c: usize = 0; c < <usize>SIDE; c++) {
    const tau = load<f64>(TAUS + (c << 3));
    store<f64>(t + c * ROW + (c << 3), tau);
    if (tau == 0) continue;
    for (let i: usize = 0; i < c; i++)
      store<f64>(s + (i << 3), dotRows(panel + i * ROW, panel + c * ROW, tiles, <i32>c));
    for (let i: usize = 0; i < c; i++) {
      let sum: f64 = 0;
      for (let k = i; k < c; k++) sum += load<f64>(t + i * ROW + (k << 3)) * load<f64>(s + (k << 3));
      store<f64>(t + i * ROW + (c << 3), -tau * sum);
    }
  }
}
