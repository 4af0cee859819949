/** The normal equations of a row's Gaussians: centres and widths, amplitudes eliminated. */
import { ACTIVE, amplitude, at, centre, current, end, factor, first, put, samplesOf, sigma } from "./active";
import { allocate } from "./memory";

/** Unknowns, and f64 a row of the square arrays. */
export const WIDE: i32 = 2 * ACTIVE;

let projections: usize = 0; // Gram of Gaussians against derivatives, ACTIVE × WIDE

export let curvature: usize = 0; // normal matrix, lower triangle of WIDE × WIDE

export let gradient: usize = 0;

export let diagonal: usize = 0;

/** Takes the workspace from the arena; 0 where it does not fit. */
export function prepareNormalEquations(): usize {
  projections = allocate(<f64>(ACTIVE * WIDE * 8));
  curvature = allocate(<f64>(WIDE * WIDE * 8));
  gradient = allocate(<f64>(WIDE * 8));
  diagonal = allocate(<f64>(WIDE * 8));
  return projections && curvature && gradient ? diagonal : 0;
}

export let m0: f64 = 0;

export let m1: f64 = 0;

export let m2: f64 = 0;

export let m3: f64 = 0;

export let m4: f64 = 0;

/** Σ a[j] b[j] t^p for p = 0 … 4, t = j - origin, over columns [from, to). */
export function pairMoments(a: usize, b: usize, from: i32, to: i32, origin: f64): void {
  const start = <f64>from - origin;
  let t = f64x2(start, start + 1);
  const two = f64x2.splat(2);
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let s4 = f64x2.splat(0);
  a += (<usize>from) << 3;
  b += (<usize>from) << 3;
  const stop = a + ((<usize>((to - from) & ~1)) << 3);
  while (a < stop) {
    const p = f64x2.mul(v128.load(a), v128.load(b));
    const pt = f64x2.mul(p, t);
    const ptt = f64x2.mul(pt, t);
    const pttt = f64x2.mul(ptt, t);
    s0 = f64x2.add(s0, p);
    s1 = f64x2.add(s1, pt);
    s2 = f64x2.add(s2, ptt);
    s3 = f64x2.add(s3, pttt);
    s4 = f64x2.add(s4, f64x2.mul(pttt, t));
    t = f64x2.add(t, two);
    a += 16;
    b += 16;
  }
  m0 = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  m1 = f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1);
  m2 = f64x2.extract_lane(s2, 0) + f64x2.extract_lane(s2, 1);
  m3 = f64x2.extract_lane(s3, 0) + f64x2.extract_lane(s3, 1);
  m4 = f64x2.extract_lane(s4, 0) + f64x2.extract_lane(s4, 1);
  if ((to - from) & 1) {
    const p = load<f64>(a) * load<f64>(b);
    const t = <f64>(to - 1) - origin;
    m0 += p;
    m1 += p * t;
    m2 += p * t * t;
    m3 += p * t * t * t;
    m4 += p * t * t * t * t;
  }
}

/**
 * Kaufman's normal matrix and gradient at the current state. With z = (j - μ)/σ, the derivatives of a Gaussian
 * of amplitude a are (a/σ) g z by its centre and a g z² by its ln σ. Order of the unknowns: centres, then ln σ.
 */
export function normalEquations(count: i32, target: usize): void {
  const unknowns = 2 * count;
  for (let k = 0; k < count; k++) {
    const samplesK = samplesOf(current, k);
    const centreK = centre(k);
    const inverseK = 1 / sigma(k);
    const byLogK = amplitude(k);
    const byCentreK = byLogK * inverseK;
    pairMoments(samplesK, target, first(current, k), end(current, k), centreK);
    put(gradient, k, byCentreK * inverseK * m1);
    put(gradient, count + k, byLogK * inverseK * inverseK * m2);

    for (let l = 0; l <= k; l++) {
      const from = max(first(current, k), first(current, l));
      const to = min(end(current, k), end(current, l));
      const inverseL = 1 / sigma(l);
      const byLogL = amplitude(l);
      const byCentreL = byLogL * inverseL;
      if (to > from) {
        // The narrower one's centre is where their product lies.
        const origin = inverseK >= inverseL ? centreK : centre(l);
        pairMoments(samplesK, samplesOf(current, l), from, to, origin);
      } else {
        m0 = m1 = m2 = m3 = m4 = 0;
      }
      // z_k = c + e t, z_l = f + h t
      const origin = inverseK >= inverseL ? centreK : centre(l);
      const c = (origin - centreK) * inverseK;
      const e = inverseK;
      const f = (origin - centre(l)) * inverseL;
      const h = inverseL;
      const cc = c * c;
      const ce = 2 * c * e;
      const ee = e * e;
      const ff = f * f;
      const fh = 2 * f * h;
      const hh = h * h;
      const k1 = c * m0 + e * m1; // Σ g_l g_k z_k
      const k2 = cc * m0 + ce * m1 + ee * m2; // Σ g_l g_k z_k²
      const l1 = f * m0 + h * m1;
      const l2 = ff * m0 + fh * m1 + hh * m2;
      const t0 = f * m0 + h * m1;
      const t1 = f * m1 + h * m2;
      const t2 = f * m2 + h * m3; // moments of g_k g_l z_l
      const u0 = l2;
      const u1 = ff * m1 + fh * m2 + hh * m3;
      const u2 = ff * m2 + fh * m3 + hh * m4; // of g_k g_l z_l²
      const k1l1 = c * t0 + e * t1;
      const k2l1 = cc * t0 + ce * t1 + ee * t2;
      const k1l2 = c * u0 + e * u1;
      const k2l2 = cc * u0 + ce * u1 + ee * u2;
      const rowK = projections + ((<usize>(k * WIDE)) << 3);
      const rowL = projections + ((<usize>(l * WIDE)) << 3);
      put(rowL, k, k1 * byCentreK);
      put(rowL, count + k, k2 * byLogK);
      put(rowK, l, l1 * byCentreL);
      put(rowK, count + l, l2 * byLogL);
      put(curvature, k * WIDE + l, k1l1 * byCentreK * byCentreL);
      put(curvature, (count + k) * WIDE + l, k2l1 * byLogK * byCentreL);
      put(curvature, (count + l) * WIDE + k, k1l2 * byCentreK * byLogL);
      put(curvature, (count + k) * WIDE + count + l, k2l2 * byLogK * byLogL);
    }
  }
  for (let a = 0; a < unknowns; a++) put(diagonal, a, at(curvature, a * WIDE + a) + 1e-290);
  // The gradient so far is against the target; less the fit it is against the residual.
  for (let l = 0; l < count; l++) {
    const row = projections + ((<usize>(l * WIDE)) << 3);
    const by = f64x2.splat(amplitude(l));
    for (let a = 0; a < unknowns; a += 2) {
      const to = gradient + ((<usize>a) << 3);
      v128.store(to, f64x2.sub(v128.load(to), f64x2.mul(by, v128.load(row + ((<usize>a) << 3)))));
    }
  }
  // projections := L⁻¹ projections, and its square comes off the curvature (lower triangle).
  for (let k = 0; k < count; k++) {
    const row = projections + ((<usize>(k * WIDE)) << 3);
    for (let m = 0; m < k; m++) {
      const by = at(factor, k * ACTIVE + m);
      if (by == 0) continue;
      const other = projections + ((<usize>(m * WIDE)) << 3);
      const bys = f64x2.splat(by);
      for (let a: usize = 0; a < (<usize>unknowns) << 3; a += 16)
        v128.store(row + a, f64x2.sub(v128.load(row + a), f64x2.mul(bys, v128.load(other + a))));
    }
    const inverse = f64x2.splat(1 / at(factor, k * ACTIVE + k));
    for (let a: usize = 0; a < (<usize>unknowns) << 3; a += 16)
      v128.store(row + a, f64x2.mul(v128.load(row + a), inverse));
    for (let a = 0; a < unknowns; a++) {
      const by = at(row, a);
      if (by == 0) continue;
      const bys = f64x2.splat(by);
      const to = curvature + ((<usize>(a * WIDE)) << 3);
      for (let b: usize = 0; b <= (<usize>a) << 3; b += 16)
        v128.store(to + b, f64x2.sub(v128.load(to + b), f64x2.mul(bys, v128.load(row + b))));
    }
  }
}
