/**
 * One step of matching pursuit (Mallat & Zhang 1993): of a dictionary of Gaussians on positions × log-spaced widths,
 * the one that explains most of a residual, that is the largest ⟨g, r⟩²/‖g‖². It only has to point at a place to start
 * from, so it runs in f32.
 */
import { allocate } from "./memory";

/** ± σ of the dictionary's windows: e^-8 of the height is left out. */
const REACH: f64 = 4;
/** Ratio of neighbouring widths, at most. */
const WIDTH_RATIO: f64 = 1.5;
/** Distance of neighbouring positions in σ, at most, and at least one column. */
const SPACING: f64 = 0.5;
/** Terms that a lane may sum in f32. */
const LANE_TERMS: i32 = 512;

// One entry a width: σ f64, reach i32, spacing i32, positions i32, samples u32, inverse squared norms u32.
const ENTRY: usize = 32;
let entries: usize = 0;
let widths: i32 = 0;
let columns: i32 = 0;

/** Where the last search found its best: position and σ. */
export let bestCentre: f64 = 0;
export let bestSigma: f64 = 0;

/** f32 zeros needed on each side of a residual that is searched. */
export const PADDING: i32 = 16;

/** Builds the dictionary for rows of `width` columns; 0 where the arena is full. */
export function prepareDictionary(width: i32, minimumSigma: f64, maximumSigma: f64): usize {
  columns = width;
  const ratio = maximumSigma / minimumSigma;
  widths = 1 + <i32>Math.ceil(Math.log(ratio) / Math.log(WIDTH_RATIO) - 1e-9);
  entries = allocate(<f64>widths * <f64>ENTRY);
  if (!entries) return 0;
  for (let i = 0; i < widths; i++) {
    const sigma = widths == 1 ? minimumSigma : minimumSigma * Math.exp((Math.log(ratio) * <f64>i) / <f64>(widths - 1));
    const entry = entries + <usize>i * ENTRY;
    const reach = <i32>Math.min(Math.ceil(REACH * sigma), <f64>(width - 1));
    const spacing = <i32>Math.max(1, Math.min(Math.floor(SPACING * sigma), <f64>width));
    const positions = (width - 1) / spacing + 1;
    const samples = allocate(<f64>(2 * reach + 1 + 8) * 4);
    const norms = allocate(<f64>(positions + 4) * 4);
    const sums = allocate(<f64>(2 * reach + 2) * 8);
    if (!samples || !norms || !sums) return 0;
    store<f64>(entry, sigma);
    store<i32>(entry, reach, 8);
    store<i32>(entry, spacing, 12);
    store<i32>(entry, positions, 16);
    store<u32>(entry, <u32>samples, 20);
    store<u32>(entry, <u32>norms, 24);
    memory.fill(samples, 0, (<usize>(2 * reach + 1 + 8)) << 2);
    store<f64>(sums, 0);
    for (let t = 0; t <= 2 * reach; t++) {
      const z = <f64>(t - reach) / sigma;
      const value = Math.exp(-0.5 * z * z);
      store<f32>(samples + ((<usize>t) << 2), <f32>value);
      store<f64>(sums + ((<usize>t) << 3), load<f64>(sums + ((<usize>t) << 3)) + value * value, 8);
    }
    for (let p = 0; p < positions + 4; p++) {
      const position = p * spacing;
      const from = max(0, reach - position);
      const to = min(2 * reach + 1, width - position + reach);
      const norm = to > from ? load<f64>(sums + ((<usize>to) << 3)) - load<f64>(sums + ((<usize>from) << 3)) : 0;
      store<f32>(norms + ((<usize>p) << 2), p < positions ? <f32>(1 / norm) : 0);
    }
  }
  return entries;
}

/** Σ a[j] b[j] over `count` f32, a multiple of 4. */
function dot(a: usize, b: usize, count: i32): f32 {
  let total: f32 = 0;
  while (count > 0) {
    const part = min(count, LANE_TERMS * 8);
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    const stop = a + ((<usize>(part & ~7)) << 2);
    while (a < stop) {
      sum0 = f32x4.add(sum0, f32x4.mul(v128.load(a), v128.load(b)));
      sum1 = f32x4.add(sum1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
      a += 32;
      b += 32;
    }
    if (part & 4) {
      sum0 = f32x4.add(sum0, f32x4.mul(v128.load(a), v128.load(b)));
      a += 16;
      b += 16;
    }
    sum0 = f32x4.add(sum0, sum1);
    total +=
      f32x4.extract_lane(sum0, 0) +
      f32x4.extract_lane(sum0, 1) +
      f32x4.extract_lane(sum0, 2) +
      f32x4.extract_lane(sum0, 3);
    count -= part;
  }
  return total;
}

let bestScore: f32 = 0;

/** Every column is a position: four neighbouring positions at once. */
function searchDense(residual: usize, reach: i32, positions: i32, samples: usize, norms: usize): i32 {
  let found = -1;
  for (let p = 0; p < positions; p += 4) {
    let sums = f32x4.splat(0);
    let from = residual + ((<usize>(p - reach)) << 2);
    for (let t = samples, stop = samples + ((<usize>(2 * reach + 1)) << 2); t < stop; t += 4) {
      sums = f32x4.add(sums, f32x4.mul(v128.load32_splat(t), v128.load(from)));
      from += 4;
    }
    const scores = f32x4.mul(f32x4.mul(sums, sums), v128.load(norms + ((<usize>p) << 2)));
    if (!v128.any_true(f32x4.gt(scores, f32x4.splat(bestScore)))) continue;
    for (let lane = 0; lane < 4; lane++) {
      const score =
        lane == 0
          ? f32x4.extract_lane(scores, 0)
          : lane == 1
            ? f32x4.extract_lane(scores, 1)
            : lane == 2
              ? f32x4.extract_lane(scores, 2)
              : f32x4.extract_lane(scores, 3);
      if (score > bestScore) {
        bestScore = score;
        found = p + lane;
      }
    }
  }
  return found;
}

/** Positions apart: one window after another. */
function searchSpaced(residual: usize, reach: i32, spacing: i32, positions: i32, samples: usize, norms: usize): i32 {
  let found = -1;
  for (let p = 0; p < positions; p++) {
    const position = p * spacing;
    const from = max(0, position - reach);
    const to = min(columns, position + reach + 1);
    const sum = dot(
      samples + ((<usize>(from - position + reach)) << 2),
      residual + ((<usize>from) << 2),
      (to - from + 3) & ~3,
    );
    const score = sum * sum * load<f32>(norms + ((<usize>p) << 2));
    if (score > bestScore) {
      bestScore = score;
      found = p;
    }
  }
  return found;
}

/** The best Gaussian for a residual of f32 with PADDING zeros on each side; its score, ⟨g, r⟩²/‖g‖², 0 for none. */
export function search(residual: usize): f64 {
  bestScore = 0;
  for (let i = 0; i < widths; i++) {
    const entry = entries + <usize>i * ENTRY;
    const reach = load<i32>(entry, 8);
    const spacing = load<i32>(entry, 12);
    const positions = load<i32>(entry, 16);
    const samples = <usize>load<u32>(entry, 20);
    const norms = <usize>load<u32>(entry, 24);
    const found =
      spacing == 1 && reach <= PADDING
        ? searchDense(residual, reach, positions, samples, norms)
        : searchSpaced(residual, reach, spacing, positions, samples, norms);
    if (found < 0) continue;
    bestCentre = <f64>(found * spacing);
    bestSigma = load<f64>(entry);
  }
  return <f64>bestScore;
}
