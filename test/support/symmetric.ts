import { Random } from "../../src/base/random.js";

/** Structures of symmetric matrices that a test goes through. */
export const symmetricKinds = [
  "full",
  "diagonal",
  "zero",
  "ones",
  "graded",
  "sparse",
  "huge",
  "tiny",
  "clustered",
  "rank 3",
  "constant",
] as const;
type Kind = (typeof symmetricKinds)[number];

/** A symmetric matrix with the structure of `kind`. */
export function symmetric(n: number, seed: number, kind: Kind): Float64Array {
  const random = new Random(seed);
  const a = new Float64Array(n * n);
  const three = Float64Array.from({ length: 3 * n }, () => random.normal());
  const entry = (i: number, j: number): number => {
    if (kind === "diagonal") return i === j ? random.normal() : 0;
    if (kind === "zero") return 0;
    if (kind === "ones") return 1;
    if (kind === "constant") return i === j ? 1 / 3 : 0;
    if (kind === "graded") return random.normal() * 10 ** -(i + j > 24 ? 12 : (i + j) / 2);
    if (kind === "sparse") return random.float() < 0.8 ? 0 : random.normal();
    if (kind === "huge") return random.normal() * 1e150;
    if (kind === "tiny") return random.normal() * 1e-300;
    if (kind === "clustered") return (i === j ? 1 + (i % 3) : 0) + 1e-13 * random.normal();
    if (kind === "rank 3")
      return three[3 * i] * three[3 * j] + three[3 * i + 1] * three[3 * j + 1] + three[3 * i + 2] * three[3 * j + 2];
    return random.normal();
  };
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = entry(i, j);
  return a;
}

/** Eigenvalues of D turned by a few random reflectors: D's own. */
export function turned(d: Float64Array, seed: number, reflectors: number): Float64Array {
  const n = d.length;
  const random = new Random(seed);
  const a = new Float64Array(n * n);
  d.forEach((value, i) => (a[i * n + i] = value));
  for (let r = 0; r < reflectors; r++) {
    const v = Float64Array.from({ length: n }, () => random.normal());
    const scale = 2 / v.reduce((sum, x) => sum + x * x, 0);
    const w = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) w[i] += scale * a[i * n + j] * v[j];
    const half = (scale / 2) * w.reduce((sum, x, i) => sum + x * v[i], 0);
    for (let i = 0; i < n; i++) w[i] -= half * v[i];
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
  }
  return a;
}
