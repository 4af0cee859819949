/** Moments of float32 or float64 values in whole numbers, rounded once: what no arithmetic of floats can give. */

const view = new DataView(new ArrayBuffer(8));

/** A finite value as mantissa · 2^exponent. */
function partsOf(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  return { mantissa: value < 0 ? -mantissa : mantissa, exponent: (biased === 0 ? 1 : biased) - 1075 };
}

/** numerator / denominator · 2^exponent as the nearest double, to a few units of its last place. */
export function quotient(numerator: bigint, denominator: bigint, exponent: number): number {
  if (numerator === 0n) return 0;
  const sign = numerator < 0n ? -1 : 1;
  const size = numerator < 0n ? -numerator : numerator;
  // 64 bits of the quotient, and the power of two that is left.
  const shift = 64 + denominator.toString(2).length - size.toString(2).length;
  const digits = shift >= 0 ? (size << BigInt(shift)) / denominator : size / (denominator << BigInt(-shift));
  let value = sign * Number(digits);
  let left = exponent - shift;
  // In two steps: neither leaves the range of doubles on its own.
  for (; left > 500; left -= 500) value *= 2 ** 500;
  for (; left < -500; left += 500) value *= 2 ** -500;
  return value * 2 ** left;
}

/** All values as whole numbers of one power of two. */
function whole(values: ArrayLike<number>): { numbers: bigint[]; exponent: number } {
  const parts = Array.from(values, partsOf);
  const exponent = parts.reduce((least, part) => Math.min(least, part.mantissa === 0n ? least : part.exponent), 1000);
  const numbers = parts.map(({ mantissa, exponent: own }) => mantissa << BigInt(Math.max(0, own - exponent)));
  return { numbers, exponent };
}

/** n times each value less the sum of all: n times its deviation from the mean, exactly. */
function deviations(numbers: readonly bigint[]): bigint[] {
  const n = BigInt(numbers.length);
  const sum = numbers.reduce((total, x) => total + x, 0n);
  return numbers.map((x) => n * x - sum);
}

/** Mean, standard deviation (population) and excess kurtosis (0 where nothing varies), and √Σx². */
export function exactMoments(values: ArrayLike<number>): {
  mean: number;
  deviation: number;
  kurtosis: number;
  norm: number;
} {
  const { numbers, exponent } = whole(values);
  const n = BigInt(numbers.length);
  const sum = numbers.reduce((total, x) => total + x, 0n);
  const squares = numbers.reduce((total, x) => total + x * x, 0n);
  let second = 0n;
  let fourth = 0n;
  for (const d of deviations(numbers)) {
    second += d * d;
    fourth += d * d * d * d;
  }
  return {
    mean: quotient(sum, n, exponent),
    // The root of a quotient that stays in range: that of an even power of two beside it.
    deviation: Math.sqrt(quotient(second, n * n * n, 0)) * 2 ** exponent,
    kurtosis: second === 0n ? 0 : quotient(fourth * n, second * second, 0) - 3,
    norm: Math.sqrt(quotient(squares, 1n, 0)) * 2 ** exponent,
  };
}

/** Pearson's r; NaN where one of the two does not vary. */
export function exactCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [a, b] = [x, y].map((values) => deviations(whole(values).numbers));
  const dot = (p: bigint[], q: bigint[]): bigint => p.reduce((total, value, i) => total + value * q[i], 0n);
  const [xx, yy, xy] = [dot(a, a), dot(b, b), dot(a, b)];
  if (xx === 0n || yy === 0n) return Number.NaN;
  const square = quotient(xy * xy, xx * yy, 0);
  return (xy < 0n ? -1 : 1) * Math.sqrt(square);
}
