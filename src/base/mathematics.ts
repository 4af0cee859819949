/**
 * Elementary and special functions in plain IEEE arithmetic (+ − × ÷ and square roots only): hosts
 * disagree in the last bits of their own `Math.exp`, `Math.log` and friends, and no figure here may.
 * Relative errors are a few units of 2⁻⁵³ unless a function says otherwise.
 */

/** ln 2 in two parts; the first has 32 bits, so that exponent × LN2_HIGH is exact. */
const LN2_HIGH = 0xb17217f7 / 0x100000000;
const LN2_LOW = 1.9082149292705877e-10;
const LN2 = 0.6931471805599453;
const SQRT_2 = 1.4142135623730951;
/** ½ ln 2π. */
const HALF_LN_TWO_PI = 0.9189385332046727;

const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

/** 2^exponent for -1022 ≤ exponent ≤ 1023. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** e^r - 1 for |r| ≤ ½ ln 2: the Taylor series, 14 terms. */
function expm1Reduced(r: number): number {
  let sum = 0;
  for (let n = 15; n >= 2; n--) sum = (sum + 1) * (r / n);
  return r + r * sum;
}

/** e^x; 0 below -745.2, infinite above 709.79. */
export function exp(x: number): number {
  if (!(x > -746)) return Number.isNaN(x) ? x : 0;
  if (x > 709.8) return Infinity;
  const k = Math.floor(x / LN2 + 0.5);
  const value = 1 + expm1Reduced(x - k * LN2_HIGH - k * LN2_LOW);
  // Two factors, because 2^k alone leaves the range of normal numbers before the product does.
  const half = k >> 1;
  return value * powerOfTwo(half) * powerOfTwo(k - half);
}

/** e^x - 1, without cancellation near 0. */
export function expm1(x: number): number {
  if (x >= -0.34 && x <= 0.34) return expm1Reduced(x);
  return exp(x) - 1;
}

/** 2 atanh s for |s| ≤ 3 - 2√2, as a series in s². */
function twoAtanh(s: number): number {
  const z = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / n) * z;
  return 2 * s + 2 * s * sum;
}

/** The natural logarithm; -∞ at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  let exponent = 0;
  let mantissa = x;
  if (mantissa < 2.2250738585072014e-308) {
    mantissa *= 18014398509481984; // 2^54
    exponent = -54;
  }
  bits.setFloat64(0, mantissa);
  const high = bits.getUint32(0);
  exponent += (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  mantissa = bits.getFloat64(0);
  if (mantissa > SQRT_2) {
    mantissa *= 0.5;
    exponent++;
  }
  const f = mantissa - 1;
  return exponent * LN2_HIGH + (twoAtanh(f / (2 + f)) + exponent * LN2_LOW);
}

/** ln(1 + x), without cancellation near 0. */
export function log1p(x: number): number {
  if (x > -0.29 && x < 0.41) return twoAtanh(x / (2 + x));
  return log(1 + x);
}

/** base^exponent for base > 0; the relative error grows with |exponent · ln base|. */
export function power(base: number, exponent: number): number {
  return exp(exponent * log(base));
}

/** The hyperbolic tangent; exactly odd, and ±1 beyond |x| = 20, where a float64 holds no other value. */
export function tanh(x: number): number {
  if (x <= 0) return x === 0 ? x : -tanh(-x);
  if (x > 20) return 1;
  const e = expm1(2 * x);
  return e / (e + 2);
}

/** ±∞ at ±1, NaN outside. */
export function atanh(x: number): number {
  if (x <= 0) return x === 0 ? x : -atanh(-x);
  return 0.5 * log1p((2 * x) / (1 - x));
}

const HALF_PI = 1.5707963267948966;
/** tan π/12, the largest argument of the series. */
const TAN_15 = 0.2679491924311227;
const SQRT_3 = 1.7320508075688772;

/** atan x for |x| ≤ tan π/12: the Taylor series, 13 terms. */
function arctangentReduced(x: number): number {
  const z = x * x;
  let sum = 0;
  for (let n = 27; n >= 3; n -= 2) sum = (1 / n - sum) * z;
  return x - x * sum;
}

/** The angle in [-π/2, π/2] whose tangent is x; ±π/2 at ±∞. */
export function arctangent(x: number): number {
  if (x <= 0) return x === 0 ? x : -arctangent(-x);
  if (x > 1) return HALF_PI - arctangent(1 / x);
  // π/6 apart: atan x = π/6 + atan((√3 x - 1)/(√3 + x)).
  if (x > TAN_15) return HALF_PI / 3 + arctangentReduced((SQRT_3 * x - 1) / (SQRT_3 + x));
  return arctangentReduced(x);
}

/** ln Γ(x) - [(x - ½) ln x - x + ½ ln 2π] for x ≥ 10: Stirling's series in Bernoulli numbers. */
function stirlingRemainder(x: number): number {
  const z = 1 / (x * x);
  return (
    (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z * (1 / 156))))))) / x
  );
}

/** ln Γ(x) for x > 0; absolute error of some 1e-15 (1 + |ln Γ|). */
export function logGamma(x: number): number {
  let product = 1;
  let shifted = x;
  while (shifted < 10) product *= shifted++;
  return (shifted - 0.5) * log(shifted) - shifted + HALF_LN_TWO_PI + stirlingRemainder(shifted) - log(product);
}

/** ln B(a, b) for a, b > 0. Where one is large the difference of its two ln Γ is taken term by term. */
export function logBeta(a: number, b: number): number {
  if (a < b) return logBeta(b, a);
  if (a < 10) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const growth = (a - 0.5) * log1p(b / a) + b * (log(a + b) - 1) + stirlingRemainder(a + b) - stirlingRemainder(a);
  return logGamma(b) - growth;
}

/**
 * The regularised incomplete beta function I_x(a, b), given x and its complement 1 - x apart so that
 * neither loses digits. Continued fraction DLMF 8.17.22, evaluated by Lentz's method.
 */
export function regularisedBeta(x: number, complement: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularisedBeta(complement, x, b, a);
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) < 3e-16) break;
  }
  const logComplement = x < 0.5 ? log1p(-x) : log(complement);
  const logX = complement < 0.5 ? log1p(-complement) : log(x);
  return (exp(a * logX + b * logComplement - logBeta(a, b)) * fraction) / a;
}

/** P(|T| ≥ |t|) for Student's t with `degrees` > 0 degrees of freedom. */
export function studentTwoSided(t: number, degrees: number): number {
  const square = t * t;
  if (square === Infinity) return 0;
  return regularisedBeta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5);
}

/** The t > 0 with P(|T| ≥ t) = `probability`, 0 < probability < 1, for Student's t: bisection, to the last bits. */
export function studentQuantile(probability: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, degrees) > probability) {
    low = high;
    high *= 2;
  }
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentTwoSided(middle, degrees) > probability) low = middle;
    else high = middle;
  }
}
