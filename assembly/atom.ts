/**
 * One Gaussian exp(-(j - μ)²/(2σ²)) on the columns 0 … d-1, sampled where it is not negligible, in f64.
 * A row of samples is indexed by column; only [first, end) of it is written.
 */

/** The window of ± reach·σ, from this column up to, not including, `windowEnd`; at least the nearest column. */
// @ts-ignore: decorator
@inline
export function windowFirst(columns: i32, centre: f64, sigma: f64, reach: f64): i32 {
  const first = Math.ceil(centre - reach * sigma);
  return first <= 0 ? 0 : first >= <f64>(columns - 1) ? columns - 1 : <i32>first;
}

// @ts-ignore: decorator
@inline
export function windowEnd(columns: i32, centre: f64, sigma: f64, reach: f64): i32 {
  const last = Math.floor(centre + reach * sigma);
  return last <= 0 ? 1 : last >= <f64>(columns - 1) ? columns : <i32>last + 1;
}

/**
 * Samples the Gaussian on [first, end) outwards from the column nearest to its centre: each sample is the
 * one before times a ratio, each ratio the one before times e^(-1/σ²). Two multiplications a sample, four exponentials
 * in all, a relative error of n²/2 roundings after n steps. Outwards every ratio is at most 1, so nothing overflows.
 */
export function sample(centre: f64, sigma: f64, first: i32, end: i32, samples: usize): void {
  const inverse = 1.0 / sigma;
  const half = 0.5 * inverse * inverse;
  const nearest = Math.min(Math.max(Math.floor(centre + 0.5), <f64>first), <f64>(end - 1));
  const z = (nearest - centre) * inverse;
  const ratioOfRatios = Math.exp(-2 * half);
  const top = Math.exp(-0.5 * z * z);
  const from = samples + ((<usize>(<i32>nearest)) << 3);

  let value = top;
  let ratio = Math.exp(-z * inverse - half);
  const stop = samples + ((<usize>end) << 3);
  for (let at = from; at < stop; at += 8) {
    store<f64>(at, value);
    value *= ratio;
    ratio *= ratioOfRatios;
  }
  value = top;
  ratio = Math.exp(z * inverse - half);
  for (let at = from, stop = samples + ((<usize>first) << 3); at > stop; ) {
    at -= 8;
    value *= ratio;
    ratio *= ratioOfRatios;
    store<f64>(at, value);
  }
}

/** Σ a[j] b[j] over `count` f64. */
export function dot(a: usize, b: usize, count: i32): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  const stop = a + ((<usize>(count & ~3)) << 3);
  while (a < stop) {
    sum0 = f64x2.add(sum0, f64x2.mul(v128.load(a), v128.load(b)));
    sum1 = f64x2.add(sum1, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  sum0 = f64x2.add(sum0, sum1);
  let sum = f64x2.extract_lane(sum0, 0) + f64x2.extract_lane(sum0, 1);
  for (let i = 0; i < (count & 3); i++) {
    sum += load<f64>(a) * load<f64>(b);
    a += 8;
    b += 8;
  }
  return sum;
}

/** y[j] += factor · x[j] over `count` f64. */
export function addScaled(y: usize, x: usize, factor: f64, count: i32): void {
  const factors = f64x2.splat(factor);
  const stop = y + ((<usize>(count & ~1)) << 3);
  while (y < stop) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(factors, v128.load(x))));
    y += 16;
    x += 16;
  }
  if (count & 1) store<f64>(y, load<f64>(y) + factor * load<f64>(x));
}
