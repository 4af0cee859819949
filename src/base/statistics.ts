import type { Correlation, PowerLaw } from "../types.js";
import { inShort } from "./arguments.js";
import { atanh, exp, log, studentQuantile, studentTwoSided, tanh } from "./mathematics.js";

/** Two-sided 95 % of the normal distribution. */
const NORMAL_95 = 1.959963984540054;

/** Mean and population standard deviation, both by way of deviations from the first value; 0 for no values. */
export function meanAndDeviation(values: ArrayLike<number>): { mean: number; standardDeviation: number } {
  const n = values.length;
  if (n === 0) return { mean: 0, standardDeviation: 0 };
  const shift = values[0];
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] - shift;
  const middle = sum / n;
  // From the middle of the deviations, not from the mean: that is rounded to what its size leaves.
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const deviation = values[i] - shift - middle;
    squares += deviation * deviation;
  }
  return { mean: shift + middle, standardDeviation: Math.sqrt(squares / n) };
}

/** @throws TypeError for what is no list of numbers */
function requireNumbers(caller: string, name: string, values: ArrayLike<number>): void {
  if (typeof values !== "object" || values === null || typeof values.length !== "number")
    throw new TypeError(`${caller}: ${name} must be a list of numbers, not ${inShort(values)}`);
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== "number")
      throw new TypeError(`${caller}: value ${i} of ${name} must be a number, not ${inShort(value)}`);
    if (!Number.isFinite(value)) throw new RangeError(`${caller}: value ${i} of ${name} is ${value}`);
  }
}

/**
 * Checks two samples and gives their deviations from the mean, each divided by its largest so that squares stay in
 * range.
 */
function deviations(caller: string, x: ArrayLike<number>, y: ArrayLike<number>) {
  requireNumbers(caller, "x", x);
  requireNumbers(caller, "y", y);
  if (x.length !== y.length) throw new RangeError(`${caller}: ${x.length} values of x and ${y.length} of y`);
  if (x.length < 3) throw new RangeError(`${caller}: ${x.length} points, at least 3 are needed`);
  return { a: centred(x), b: centred(y), n: x.length };
}

/**
 * Deviations from the mean by way of those from the first value, which lose nothing where the values lie near each
 * other and far from zero: the rounding of a large mean never enters them.
 */
function centred(values: ArrayLike<number>): { mean: number; scale: number; unit: number[] } {
  const n = values.length;
  const halved = Array.from(values, (value) => value / 2 - values[0] / 2);
  const middle = halved.reduce((sum, value) => sum + value / n, 0);
  let from = halved.map((value) => value - middle);
  // What rounding left in the mean of the deviations.
  const left = from.reduce((sum, value) => sum + value / n, 0);
  from = from.map((value) => value - left);
  let scale = 0;
  for (const value of from) scale = Math.max(scale, Math.abs(value));
  if (halved.every((value) => value === 0)) scale = 0;
  const unit = from.map((value) => (scale ? value / scale : 0));
  return { mean: values[0] + 2 * (middle + left), scale: 2 * scale, unit };
}

function dot(a: number[], b: number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Pearson's correlation with its two-sided p (Student's t, n-2 degrees of freedom) and 95 % interval
 * (Fisher's z; the whole of [-1, 1] for three points). docs/method.md §6.
 * @throws TypeError for what is no number; RangeError for samples of unequal length, fewer than 3 points, a value that
 *   is not finite, or no variance.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): Correlation {
  const { a, b, n } = deviations("pearson", x, y);
  if (a.scale === 0 || b.scale === 0)
    throw new RangeError(`pearson: all values of ${a.scale === 0 ? "x" : "y"} are equal, there is no correlation`);
  const xx = dot(a.unit, a.unit);
  const yy = dot(b.unit, b.unit);
  const r = Math.max(-1, Math.min(1, dot(a.unit, b.unit) / Math.sqrt(xx * yy)));
  // (1 - r)(1 + r) loses nothing where r is near ±1.
  const t = r * Math.sqrt((n - 2) / ((1 - r) * (1 + r)));
  const p = studentTwoSided(t, n - 2);
  if (n === 3) return { r, p, n, lower: -1, upper: 1 };
  const half = NORMAL_95 / Math.sqrt(n - 3);
  return { r, p, n, lower: tanh(atanh(r) - half), upper: tanh(atanh(r) + half) };
}

/**
 * y = prefactor · x^exponent by ordinary least squares on the logarithms, with the exponent's standard
 * error and 95 % interval (Student's t, n-2 degrees). `r2` is that of the logarithms, 1 for constant y. docs/method.md
 * §6.
 * @throws RangeError for samples of unequal length, fewer than 3 points, a value that is not positive and finite, or
 *   equal x.
 */
export function fitPowerLaw(x: ArrayLike<number>, y: ArrayLike<number>): PowerLaw {
  for (const [name, values] of [
    ["x", x],
    ["y", y],
  ] as const) {
    requireNumbers("fitPowerLaw", name, values);
    for (let i = 0; i < values.length; i++) {
      if (!(values[i] > 0 && values[i] < Infinity))
        throw new RangeError(`fitPowerLaw: value ${i} of ${name} is ${values[i]}, not positive and finite`);
    }
  }
  const { a, b, n } = deviations("fitPowerLaw", Array.from(x, log), Array.from(y, log));
  if (a.scale === 0) throw new RangeError("fitPowerLaw: all values of x are equal, there is no exponent");
  const xx = dot(a.unit, a.unit);
  const slope = dot(a.unit, b.unit) / xx;
  let residual = 0;
  for (let i = 0; i < n; i++) {
    const from = b.unit[i] - slope * a.unit[i];
    residual += from * from;
  }
  const unit = b.scale / a.scale;
  const exponent = slope * unit;
  const standardError = Math.sqrt(residual / ((n - 2) * xx)) * unit;
  const half = standardError * studentQuantile(0.05, n - 2);
  const yy = dot(b.unit, b.unit);
  return {
    exponent,
    standardError,
    lower: exponent - half,
    upper: exponent + half,
    prefactor: exp(b.mean - exponent * a.mean),
    r2: yy === 0 ? 1 : 1 - residual / yy,
    n,
  };
}
