import { allocate } from "./memory";

/** Beyond this many σ a Gaussian is below 3e-18. */
const REACH: f64 = 9;

/**
 * target (rows × columns, f32) = amplitudes (rows × gaussians) · Gaussians at `centres` with `sigmas` (f64), summed in
 * f64. False where memory ends.
 */
export function reconstructRows(
  amplitudes: usize,
  rows: i32,
  gaussians: i32,
  columns: i32,
  centres: usize,
  sigmas: usize,
  target: usize,
): bool {
  const starts = allocate(<f64>gaussians * 4);
  const ends = allocate(<f64>gaussians * 4);
  const tables = allocate(<f64>gaussians * 4);
  const row = allocate(<f64>columns * 8);
  if (!starts || !ends || !tables || !row) return false;
  for (let k: usize = 0; k < <usize>gaussians; k++) {
    const mu = load<f64>(centres + (k << 3));
    const sigma = load<f64>(sigmas + (k << 3));
    const start = <i32>Math.min(<f64>columns, Math.max(0, Math.ceil(mu - REACH * sigma)));
    const end = <i32>Math.max(<f64>start, Math.min(<f64>columns, Math.floor(mu + REACH * sigma) + 1));
    const table = allocate(<f64>(end - start) * 8);
    if (!table) return false;
    for (let j = start; j < end; j++) {
      const z = (<f64>j - mu) / sigma;
      store<f64>(table + ((<usize>(j - start)) << 3), Math.exp(-0.5 * z * z));
    }
    store<i32>(starts + (k << 2), start);
    store<i32>(ends + (k << 2), end);
    store<usize>(tables + (k << 2), table);
  }
  for (let i = 0; i < rows; i++) {
    memory.fill(row, 0, (<usize>columns) << 3);
    for (let k: usize = 0; k < <usize>gaussians; k++) {
      const a = <f64>load<f32>(amplitudes);
      const from = load<i32>(starts + (k << 2));
      const to = load<i32>(ends + (k << 2));
      let g = load<usize>(tables + (k << 2));
      for (let p = row + ((<usize>from) << 3), stop = row + ((<usize>to) << 3); p < stop; p += 8, g += 8) {
        store<f64>(p, load<f64>(p) + a * load<f64>(g));
      }
      amplitudes += 4;
    }
    for (let j: usize = 0; j < <usize>columns; j++) store<f32>(target + (j << 2), <f32>load<f64>(row + (j << 3)));
    target += (<usize>columns) << 2;
  }
  return true;
}
