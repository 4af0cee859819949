/** Rows of factor · B · A, a low-rank adapter: `rank` numbers of B against the rows of A. */

/** Terms that are summed in f32 before they join the row. */
const TERMS = 512;

/** B: rows × rank, A: rank × columns, target: rows × columns, all f32 without padding. */
export function multiplyLowRank(
  b: usize,
  rows: i32,
  rank: i32,
  a: usize,
  columns: i32,
  factor: f32,
  target: usize,
): void {
  const across = (<usize>columns) << 2;
  const by = f32x4.splat(factor);
  for (let row = 0; row < rows; row++) {
    memory.fill(target, 0, across);
    for (let from = 0; from < rank; from += TERMS) {
      const to = min(rank, from + TERMS);
      let j = 0;
      for (; j + 4 <= columns; j += 4) {
        let sum = f32x4.splat(0);
        let at = a + <usize>from * across + ((<usize>j) << 2);
        for (let k = from; k < to; k++) {
          sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(b + ((<usize>k) << 2)), v128.load(at)));
          at += across;
        }
        const out = target + ((<usize>j) << 2);
        v128.store(out, f32x4.add(v128.load(out), f32x4.mul(sum, by)));
      }
      for (; j < columns; j++) {
        let sum: f32 = 0;
        for (let k = from; k < to; k++)
          sum += load<f32>(b + ((<usize>k) << 2)) * load<f32>(a + <usize>k * across + ((<usize>j) << 2));
        const out = target + ((<usize>j) << 2);
        store<f32>(out, load<f32>(out) + sum * factor);
      }
    }
    b += (<usize>rank) << 2;
    target += across;
  }
}
