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
