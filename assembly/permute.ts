/**
 * Column permutations of blocks of four rows (docs/method.md §5). Columns of four rows are first laid side by side,
 * so that one index fetches four weights:
 *
 *     columns: [row 0 … row 3 of column 0] [row 0 … row 3 of column 1] …      16 bytes each
 */

/** Four rows at `stride` values to columns of four; rows from `count` on are zeros. `columns` is rounded up to 4. */
export function interleaveFour(weights: usize, count: i32, columns: i32, stride: i32, target: usize): void {
  const bytes = (<usize>stride) << 2;
  const zero = f32x4.splat(0);
  for (let j: usize = 0; j < (<usize>columns) << 2; j += 16) {
    const x0 = v128.load(weights + j);
    const x1 = count > 1 ? v128.load(weights + bytes + j) : zero;
    const x2 = count > 2 ? v128.load(weights + (bytes << 1) + j) : zero;
    const x3 = count > 3 ? v128.load(weights + bytes * 3 + j) : zero;
    storeTransposed(x0, x1, x2, x3, target, 16);
    target += 64;
  }
}

// @ts-ignore: decorator
@inline
function storeTransposed(x0: v128, x1: v128, x2: v128, x3: v128, target: usize, stride: usize): void {
  const p = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
  const q = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const r = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const s = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f32>(p, r, 0, 1, 4, 5));
  v128.store(target + stride, v128.shuffle<f32>(p, r, 2, 3, 6, 7));
  v128.store(target + 2 * stride, v128.shuffle<f32>(q, s, 0, 1, 4, 5));
  v128.store(target + 3 * stride, v128.shuffle<f32>(q, s, 2, 3, 6, 7));
}

/** Column j of four rows at `target` (`stride` values apart) = column permutation[j] of the interleaved block. */
export function permuteFour(source: usize, permutation: usize, columns: i32, target: usize, stride: i32): void {
  const bytes = (<usize>stride) << 2;
  const whole = columns & ~3;
  for (let j = 0; j < whole; j += 4) {
    const x0 = v128.load(source + ((<usize>load<u32>(permutation)) << 4));
    const x1 = v128.load(source + ((<usize>load<u32>(permutation, 4)) << 4));
    const x2 = v128.load(source + ((<usize>load<u32>(permutation, 8)) << 4));
    const x3 = v128.load(source + ((<usize>load<u32>(permutation, 12)) << 4));
    storeTransposed(x0, x1, x2, x3, target, bytes);
    permutation += 16;
    target += 16;
  }
  for (let j = whole; j < columns; j++) {
    const x = source + ((<usize>load<u32>(permutation)) << 4);
    for (let r: usize = 0; r < 4; r++) store<f32>(target + r * bytes, load<f32>(x + (r << 2)));
    permutation += 4;
    target += 4;
  }
}

/** Columns of a rows × columns block become rows at `stride` values; the padding of each becomes zeros. */
export function transpose(source: usize, rows: i32, columns: i32, target: usize, stride: i32): void {
  const across = (<usize>columns) << 2;
  const down = (<usize>stride) << 2;
  for (let i = 0; i < rows; i += 4) {
    for (let j = 0; j < columns; j += 4) {
      const from = source + <usize>i * across + ((<usize>j) << 2);
      const to = target + <usize>j * down + ((<usize>i) << 2);
      if (i + 4 <= rows && j + 4 <= columns) {
        storeTransposed(
          v128.load(from),
          v128.load(from + across),
          v128.load(from + 2 * across),
          v128.load(from + 3 * across),
          to,
          down,
        );
        continue;
      }
      for (let r: usize = 0; r < <usize>min(4, rows - i); r++) {
        for (let c: usize = 0; c < <usize>min(4, columns - j); c++)
          store<f32>(to + c * down + (r << 2), load<f32>(from + r * across + (c << 2)));
      }
    }
  }
  if (stride == rows) return;
  for (let j = 0; j < columns; j++)
    memory.fill(target + <usize>j * down + ((<usize>rows) << 2), 0, (<usize>(stride - rows)) << 2);
}
