import { arctangent } from "../base/mathematics.js";

/**
 * The Marchenko–Pastur law: where the eigenvalues of XᵀX/N lie for N × M independent entries of unit variance,
 * M ≤ N, in the limit at the ratio β = M/N. docs/method.md §8.
 */

/** Ends of the law's support, (1 ∓ √β)². */
export function support(ratio: number): [lower: number, upper: number] {
  const root = Math.sqrt(ratio);
  return [(1 - root) * (1 - root), (1 + root) * (1 + root)];
}

/** ‖W‖²/σ₁² of noise of a shape, its largest singular value at the end of the support. docs/method.md §3. */
export function noiseStableRank(rows: number, columns: number): number {
  const [, upper] = support(Math.min(rows, columns) / Math.max(rows, columns));
  return Math.min(rows, columns) / upper;
}

/** Share of eigenvalues at most `x`, in closed form; `ratio` is β in (0, 1]. Right to some 1e-15/β. */
export function marchenkoPasturShare(x: number, ratio: number): number {
  const [lower, upper] = support(ratio);
  if (!(x > lower)) return 0;
  if (x >= upper) return 1;
  const above = Math.sqrt(x - lower);
  const below = Math.sqrt(upper - x);
  // With u = √((x - a)/(b - x)): the antiderivative of √((b - x)(x - a))/x, each arc from 0 at the lower end.
  const half = arctangent(above / below);
  const skew = ratio < 1 ? arctangent((above / below) * Math.sqrt(upper / lower)) : Math.PI / 2;
  const area = above * below + (1 + ratio) * (2 * half) - (1 - ratio) * (2 * skew);
  return Math.min(1, Math.max(0, area / (2 * Math.PI * ratio)));
}

/** Where the share of the law below is `share`, for `ratio` in (0, 1]: bisection, to the last bits. */
export function marchenkoPasturQuantile(share: number, ratio: number): number {
  let [low, high] = support(ratio);
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (marchenkoPasturShare(middle, ratio) < share) low = middle;
    else high = middle;
  }
}

const medians = new Map<number, number>();
/** Ratios kept; a checkpoint's matrices and their rounds have few different ones. */
const MOST_MEDIANS = 4096;

/** Median of the law, `ratio` in (0, 1]. */
export function marchenkoPasturMedian(ratio: number): number {
  const known = medians.get(ratio);
  if (known !== undefined) return known;
  const median = marchenkoPasturQuantile(0.5, ratio);
  if (medians.size >= MOST_MEDIANS) medians.clear();
  medians.set(ratio, median);
  return median;
}

/** 99 % point of the Tracy–Widom law of real matrices (β = 1). */
export const TRACY_WIDOM_99 = 2.0234;
/** Its 99.5 % point. */
export const TRACY_WIDOM_995 = 2.4224;

/**
 * What the largest eigenvalue of XᵀX stays below at a point of the Tracy–Widom law, X of `rows` × `columns` independent
 * entries of unit variance (Johnstone 2001, with the shifts of Ma 2012). Both sides at least 1.
 */
export function largestOfNoise(rows: number, columns: number, point: number): number {
  const a = Math.sqrt(rows - 0.5);
  const b = Math.sqrt(columns - 0.5);
  return (a + b) * (a + b) + point * (a + b) * cubeRoot(1 / a + 1 / b);
}

/** By Newton's iteration from above, for 0 < x ≤ 4. */
function cubeRoot(x: number): number {
  let root = Math.max(1, x);
  for (;;) {
    const next = (2 * root + x / (root * root)) / 3;
    if (!(next < root)) return root;
    root = next;
  }
}
