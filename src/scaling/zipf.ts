import { power } from "../base/mathematics.js";
import { Random, seedFor } from "../base/random.js";

/**
 * `length` independent tokens 0 … types-1, token i drawn with probability proportional to (i+1)^-exponent: a stream
 * with word frequencies like a language's and no grammar. Inverse of the cumulative sums, by bisection.
 */
export function zipfStream(length: number, types: number, exponent: number, seed: number): Uint32Array {
  const cumulative = new Float64Array(types);
  let total = 0;
  for (let i = 0; i < types; i++) cumulative[i] = total += exponent === 1 ? 1 / (i + 1) : power(i + 1, -exponent);
  const random = new Random(seedFor(seed, `zipf ${types} ${exponent} ${length}`));
  const tokens = new Uint32Array(length);
  for (let t = 0; t < length; t++) {
    const wanted = random.float() * total;
    let low = 0;
    let high = types - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] > wanted) high = middle;
      else low = middle + 1;
    }
    tokens[t] = low;
  }
  return tokens;
}
