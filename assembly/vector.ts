/** Sums over vectors of f64. */

/** Σ a b over `bytes` bytes of each, a multiple of 32: four sums side by side. */
// @ts-ignore: decorator
@inline
export function dotOfFours(a: usize, b: usize, bytes: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  for (let k: usize = 0; k < bytes; k += 32) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(a + k), v128.load(b + k)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(a + k, 16), v128.load(b + k, 16)));
  }
  s0 = f64x2.add(s0, s1);
  return f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
}

/** Σ a b. */
export function dot(a: usize, b: usize, count: usize): f64 {
  const fours = (count & ~3) << 3;
  let sum = dotOfFours(a, b, fours);
  for (let k = fours; k < count << 3; k += 8) sum += load<f64>(a + k) * load<f64>(b + k);
  return sum;
}

/** y += factor · x. */
export function addScaled(y: usize, factor: f64, x: usize, count: usize): void {
  const f = f64x2.splat(factor);
  const pairs = (count & ~1) << 3;
  let k: usize = 0;
  for (; k < pairs; k += 16) v128.store(y + k, f64x2.add(v128.load(y + k), f64x2.mul(f, v128.load(x + k))));
  if (k < count << 3) store<f64>(y + k, load<f64>(y + k) + factor * load<f64>(x + k));
}
