/** How the finite values of a matrix are spread, beside what a normal distribution needs: mean and deviation. */
export interface Histogram {
  /** Finite values, and the others. */
  count: number;
  nonFinite: number;
  /** 0 where there is no finite value. */
  mean: number;
  /** √ of the mean squared distance from the mean. */
  deviation: number;
  /** Fourth central moment over the squared variance, less 3: 0 of a normal one; null where all values are one. */
  excessKurtosis: number | null;
  minimum: number;
  maximum: number;
  /** Where the first bin begins, and the width of each. */
  from: number;
  step: number;
  counts: Uint32Array;
  /** Values before the first bin, and behind the last. */
  below: number;
  above: number;
}

/** Bins reach so many deviations from the mean, as far as there are values. */
const REACH = 6;
const MOST_BINS = 101;
const FEWEST_BINS = 9;

/**
 * Counts in bins that the values alone fix: from mean ± 6 σ, as far as there are values, √count of them within 9 and
 * 101. Sums are in f64, in the order of the values.
 */
export function histogram(values: ArrayLike<number>): Histogram {
  let [count, sum, minimum, maximum] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const nonFinite = values.length - count;
  if (count === 0) [minimum, maximum] = [0, 0];
  const mean = count === 0 ? 0 : sum / count;
  // In units of the largest distance: fourth powers of tiny and of huge values stay finite and above zero.
  const unit = Math.max(maximum - mean, mean - minimum);
  let [second, fourth] = [0, 0];
  for (let i = 0; unit > 0 && i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    const square = ((value - mean) / unit) * ((value - mean) / unit);
    second += square;
    fourth += square * square;
  }
  const spread = minimum === maximum ? 0 : second / count;
  const deviation = Math.sqrt(spread) * unit;
  const from = spread > 0 ? Math.max(minimum, mean - REACH * deviation) : minimum;
  const to = spread > 0 ? Math.min(maximum, mean + REACH * deviation) : minimum;
  const bins = to > from ? Math.min(MOST_BINS, Math.max(FEWEST_BINS, Math.ceil(Math.sqrt(count)))) : 1;
  const step = (to - from) / bins;
  const counts = new Uint32Array(bins);
  let [below, above] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < from) below++;
    else if (value > to) above++;
    else counts[step > 0 ? Math.min(bins - 1, Math.floor((value - from) / step)) : 0]++;
  }
  const excessKurtosis = spread > 0 ? fourth / count / (spread * spread) - 3 : null;
  return {
    count,
    nonFinite,
    mean,
    deviation,
    excessKurtosis,
    minimum,
    maximum,
    from,
    step,
    counts,
    below,
    above,
  };
}
