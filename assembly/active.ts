/**
 * The Gaussians that are moved together, in two states (the current one and a trial), and their least-squares
 * amplitudes: the linear half of variable projection. Samples are f64, a row of them a Gaussian, indexed by column.
 */
import { allocate } from "./memory";
import { sample, windowEnd, windowFirst } from "./atom";
import { dot } from "./vector";

/** Gaussians that are moved together. */
export const ACTIVE: i32 = 16;
/** ± σ within which a Gaussian is evaluated while searching: e^-18 of its height is left out. */
const REACH: f64 = 6;
/**
 * Relative weight of a ridge on the amplitudes: what rounding centres and widths to f32 costs, so that two Gaussians
 * that all but cancel gain nothing.
 */
const RIDGE: f64 = 1e-9;

// A state: centre, σ and amplitude (f64 each), window (i32 each), then ACTIVE rows of samples.
const SIGMA: usize = (<usize>ACTIVE) << 3;
const AMPLITUDE: usize = SIGMA * 2;
const FIRST: usize = SIGMA * 3;
const END: usize = FIRST + ((<usize>ACTIVE) << 2);
const SAMPLES: usize = END + ((<usize>ACTIVE) << 2);

export let current: usize = 0;
export let trial: usize = 0;
/** Columns of the row that is fitted. */
export let columns: i32 = 0;
/** Lower triangle of the Cholesky factor of the current Gram matrix, ACTIVE × ACTIVE. */
export let factor: usize = 0;

/** Bytes of a row of samples. */
let stride: usize = 0;
let rightSide: usize = 0; // Gᵀ target, then L⁻¹ of it

/** Takes the two states from the arena; 0 where they do not fit. */
export function prepareActive(width: i32): usize {
  columns = width;
  stride = (<usize>((width + 1) & ~1)) << 3;
  const state = <f64>SAMPLES + <f64>ACTIVE * <f64>stride;
  current = allocate(state);
  trial = allocate(state);
  factor = allocate(<f64>(ACTIVE * ACTIVE * 8));
  rightSide = allocate(<f64>(ACTIVE * 8));
  return current && trial && factor ? rightSide : 0;
}

// @ts-ignore: decorator
@inline
export function at(base: usize, index: i32): f64 {
  return load<f64>(base + ((<usize>index) << 3));
}
// @ts-ignore: decorator
@inline
export function put(base: usize, index: i32, value: f64): void {
  store<f64>(base + ((<usize>index) << 3), value);
}
// @ts-ignore: decorator
@inline
export function first(state: usize, k: i32): i32 {
  return load<i32>(state + ((<usize>k) << 2), FIRST);
}
// @ts-ignore: decorator
@inline
export function end(state: usize, k: i32): i32 {
  return load<i32>(state + ((<usize>k) << 2), END);
}
// @ts-ignore: decorator
@inline
export function samplesOf(state: usize, k: i32): usize {
  return state + SAMPLES + <usize>k * stride;
}

export function centre(k: i32): f64 {
  return at(current, k);
}
export function sigma(k: i32): f64 {
  return at(current + SIGMA, k);
}
export function amplitude(k: i32): f64 {
  return at(current + AMPLITUDE, k);
}

/** Places Gaussian k of a state. */
export function place(state: usize, k: i32, centre: f64, sigma: f64): void {
  put(state, k, centre);
  put(state + SIGMA, k, sigma);
}

/** The trial becomes the current state. */
export function accept(): void {
  const other = current;
  current = trial;
  trial = other;
}

/**
 * Samples all Gaussians of a state and solves for their amplitudes. Returns Σ (target - fit)², the ridge's cost
 * included.
 */
export function evaluate(state: usize, count: i32, target: usize, energy: f64): f64 {
  for (let k = 0; k < count; k++) {
    const centre = at(state, k);
    const sigma = at(state + SIGMA, k);
    const from = windowFirst(columns, centre, sigma, REACH);
    const to = windowEnd(columns, centre, sigma, REACH);
    store<i32>(state + ((<usize>k) << 2), from, FIRST);
    store<i32>(state + ((<usize>k) << 2), to, END);
    const samples = samplesOf(state, k);
    sample(centre, sigma, from, to, samples);
    put(rightSide, k, dot(samples + ((<usize>from) << 3), target + ((<usize>from) << 3), to - from));
  }
  // Cholesky, row by row, with the forward substitution of the right side carried along.
  let explained = 0.0;
  for (let k = 0; k < count; k++) {
    const rowK = factor + ((<usize>(k * ACTIVE)) << 3);
    const samples = samplesOf(state, k);
    let right = at(rightSide, k);
    for (let l = 0; l <= k; l++) {
      const from = max(first(state, k), first(state, l));
      const to = min(end(state, k), end(state, l));
      let value =
        to > from ? dot(samples + ((<usize>from) << 3), samplesOf(state, l) + ((<usize>from) << 3), to - from) : 0;
      const rowL = factor + ((<usize>(l * ACTIVE)) << 3);
      const own = value;
      for (let m = 0; m < l; m++) value -= at(rowK, m) * at(rowL, m);
      if (l < k) {
        value /= at(rowL, l);
        right -= value * at(rightSide, l);
        put(rowK, l, value);
      } else {
        put(rowK, k, Math.sqrt(Math.max(value + RIDGE * own, 0.25 * RIDGE * own + 1e-290)));
      }
    }
    right /= at(rowK, k);
    put(rightSide, k, right);
    explained += right * right;
  }
  for (let k = count - 1; k >= 0; k--) {
    let value = at(rightSide, k);
    for (let m = k + 1; m < count; m++)
      value -= at(factor + ((<usize>(m * ACTIVE)) << 3), k) * at(state + AMPLITUDE, m);
    put(state + AMPLITUDE, k, value / at(factor + ((<usize>(k * ACTIVE)) << 3), k));
  }
  return energy - explained;
}
