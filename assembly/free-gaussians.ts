import { ACTIVE, amplitude, at, centre, current, evaluate, place, put, sigma } from "./active";
import { sample, windowEnd, windowFirst } from "./atom";
import { allocate } from "./memory";
import { PADDING, bestCentre, bestSigma, prepareDictionary, search } from "./pursuit";
import { converged, prepareProjection, refine } from "./varpro";
import { active, listNeighbours, parameter, prepareNeighbours, rounded } from "./neighbours";
import { addScaled, dot } from "./vector";

/**
 * Free Gaussians row by row: 3K parameters each. docs/method.md §1.
 *
 * The pursuit's answer for K is made from its answer for K-1: it adds the Gaussian that explains most of what is left,
 * then refines it together with its neighbours. What is kept after every addition is already rounded to f32, and an
 * addition that does not lower the squared error of those rounded parameters is left out, a Gaussian of amplitude 0 in
 * its place. So answers are nested, and the error never rises with K, to the last bit.
 */

/** ± σ of the Gaussians of an answer: e^-40 of the height is left out, less than a rounding. */
const REACH: f64 = 9;

const CONVERGED: i32 = 0;

const ITERATION_LIMIT: i32 = 1;

const DEGENERATE: i32 = 2;

let columns: i32 = 0;

let smallest: f64 = 0;

let largest: f64 = 0;

let residual: usize = 0; // f64, the row less the kept Gaussians

let target: usize = 0; // f64, residual and the active Gaussians

let candidate: usize = 0; // f64, residual of what may be kept next

let samples: usize = 0; // f64, one Gaussian

let searched: usize = 0; // f32, the residual with zeros around it

// The row's answer so far: K f32 each, where the host wants them.
let amplitudes: usize = 0;

let centres: usize = 0;

let sigmas: usize = 0;

/** The row is worked on as w / scale, scale a power of two. */
let scale: f64 = 1;

/** Σ residual². */
let error: f64 = 0;

let iterationsLeft: i32 = 0;

let limited: bool = false;

/** The workspace for rows of `width` columns; both bounds of σ are f32 values. 0 where the arena is full. */
export function prepareFree(width: i32, minimumSigma: f64, maximumSigma: f64): usize {
  columns = width;
  smallest = minimumSigma;
  largest = maximumSigma;
  const bytes = <f64>width * 8;
  const padded = <f64>(width + 2 * PADDING + 8) * 4;
  residual = allocate(bytes);
  target = allocate(bytes);
  candidate = allocate(bytes);
  samples = allocate(bytes);
  searched = allocate(padded);
  if (!residual || !target || !candidate || !samples || !searched || !prepareNeighbours(bytes)) return 0;
  memory.fill(searched, 0, <usize>padded);
  return prepareProjection(width, minimumSigma, maximumSigma)
    ? prepareDictionary(width, minimumSigma, maximumSigma)
    : 0;
}

function keep(k: i32, amplitude: f32, centre: f64, sigma: f64): void {
  const offset = (<usize>k) << 2;
  store<f32>(amplitudes + offset, amplitude);
  store<f32>(centres + offset, <f32>centre);
  store<f32>(sigmas + offset, <f32>sigma);
}

/** to += amplitude × Gaussian, on its window. */
function addGaussian(to: usize, centre: f64, sigma: f64, amplitude: f64): void {
  if (amplitude == 0) return;
  const first = windowFirst(columns, centre, sigma, REACH);
  const end = windowEnd(columns, centre, sigma, REACH);
  sample(centre, sigma, first, end, samples);
  const offset = (<usize>first) << 3;
  addScaled(to + offset, amplitude, samples + offset, end - first);
}

/**
 * Fits the `count` Gaussians in `active` anew, where `move` their centres and widths too. Keeps the rounded answer if
 * it is better.
 */
function improve(count: i32, move: bool, tolerance: f64): bool {
  memory.copy(target, residual, (<usize>columns) << 3);
  for (let i = 0; i < count; i++) {
    const k = load<i32>(active + ((<usize>i) << 2));
    place(current, i, parameter(centres, k), parameter(sigmas, k));
    addGaussian(target, parameter(centres, k), parameter(sigmas, k), parameter(amplitudes, k) / scale);
  }
  const energy = dot(target, target, columns);
  if (move) {
    iterationsLeft -= refine(count, target, energy, iterationsLeft, tolerance);
    if (!converged) limited = true;
    for (let i = 0; i < count; i++) place(current, i, <f64>(<f32>centre(i)), <f64>(<f32>sigma(i)));
  }
  evaluate(current, count, target, energy);
  memory.copy(candidate, target, (<usize>columns) << 3);
  for (let i = 0; i < count; i++)
    addGaussian(candidate, centre(i), sigma(i), -(<f64>rounded(amplitude(i), scale)) / scale);
  const lower = dot(candidate, candidate, columns);
  if (!(lower < error)) return false;
  error = lower;
  const swap = residual;
  residual = candidate;
  candidate = swap;
  for (let i = 0; i < count; i++)
    keep(load<i32>(active + ((<usize>i) << 2)), rounded(amplitude(i), scale), centre(i), sigma(i));
  return true;
}

/** Adds one Gaussian after another while they lower the error. Returns how many were kept. */
function pursue(gaussians: i32, tolerance: f64): i32 {
  const padded = searched + ((<usize>PADDING) << 2);
  for (let k = 0; k < gaussians; k++) {
    for (let j = 0; j < columns; j++) store<f32>(padded + ((<usize>j) << 2), <f32>at(residual, j));
    if (!(search(padded) > 0)) return k;
    keep(k, 0, bestCentre, bestSigma);
    if (iterationsLeft == 0) limited = true;
    if (!improve(listNeighbours(k, centres, sigmas), iterationsLeft > 0, tolerance)) return k;
  }
  return gaussians;
}

/** Lists the Gaussians from `from` on, ACTIVE at most. */
function listFrom(from: i32, gaussians: i32): i32 {
  const count = min(ACTIVE, gaussians - from);
  for (let i = 0; i < count; i++) store<i32>(active + ((<usize>i) << 2), from + i);
  return count;
}

/**
 * From evenly spaced centres and σ = d/2K, as a plain curve fit starts. Above ACTIVE Gaussians they move in
 * groups of neighbours that overlap by half, sweep after sweep.
 */
function spread(gaussians: i32, tolerance: f64): void {
  for (let k = 0; k < gaussians; k++) {
    const position = gaussians == 1 ? 0.5 : <f64>k / <f64>(gaussians - 1);
    const width = (0.5 * <f64>columns) / <f64>gaussians;
    keep(k, 0, position * <f64>(columns - 1), Math.min(largest, Math.max(smallest, width)));
  }
  const shift = ACTIVE >> 1;
  if (gaussians > ACTIVE)
    for (let from = 0; from < gaussians - shift; from += shift) improve(listFrom(from, gaussians), false, tolerance);
  for (;;) {
    const before = error;
    let from = 0;
    do {
      improve(listFrom(from, gaussians), true, tolerance);
      from += shift;
    } while (from < gaussians - shift && iterationsLeft > 0);
    if (gaussians <= ACTIVE || before - error <= tolerance * error) return;
    if (iterationsLeft == 0) {
      limited = true;
      return;
    }
  }
}

/**
 * Copies a row, scaled so that its largest weight lies in [1, 2), to the residual. Returns Σ (w - mean)² at that scale.
 */
function takeRow(source: usize): f64 {
  let greatest: f32 = 0;
  for (let j = 0; j < columns; j++) greatest = max(greatest, abs(load<f32>(source + ((<usize>j) << 2))));
  // An f64's exponent bits alone are a power of two, and an f32 below its normal range is a normal f64.
  scale = greatest == 0 ? 1 : reinterpret<f64>(reinterpret<u64>(<f64>greatest) & 0x7ff0000000000000);
  // Shifted by its first weight, a constant row has a variation of exactly 0.
  const shift = <f64>load<f32>(source) / scale;
  let sum = 0.0;
  for (let j = 0; j < columns; j++) {
    const value = <f64>load<f32>(source + ((<usize>j) << 2)) / scale;
    put(residual, j, value);
    sum += value - shift;
  }
  const mean = shift + sum / <f64>columns;
  let variation = 0.0;
  for (let j = 0; j < columns; j++) variation += (at(residual, j) - mean) * (at(residual, j) - mean);
  return variation;
}

/**
 * Fits `rows` rows of `columns` f32 at `weights`. Per row: K amplitudes, centres and σ (f32); iterations and status
 * (i32); and in `sums` the squared error, ‖w‖² and Σ (w - mean)² (f64). `maximumIterations` are those of a row, over
 * all its steps.
 */
export function fitFreeRows(
  weights: usize,
  rows: i32,
  gaussians: i32,
  even: i32,
  tolerance: f64,
  maximumIterations: i32,
  amplitudesOut: usize,
  centresOut: usize,
  sigmasOut: usize,
  iterationsOut: usize,
  statusOut: usize,
  sums: usize,
): void {
  for (let i = 0; i < rows; i++) {
    const offset = (<usize>i * <usize>gaussians) << 2;
    amplitudes = amplitudesOut + offset;
    centres = centresOut + offset;
    sigmas = sigmasOut + offset;
    const variation = takeRow(weights + ((<usize>i * <usize>columns) << 2));
    const energy = dot(residual, residual, columns);
    error = energy;
    iterationsLeft = maximumIterations;
    limited = false;
    let used = 0;
    if (energy > 0) {
      if (even) {
        spread(gaussians, tolerance);
        used = gaussians;
      } else {
        used = pursue(gaussians, tolerance);
      }
    }
    for (let k = used; k < gaussians; k++) keep(k, 0, 0.5 * <f64>(columns - 1), smallest);
    store<i32>(iterationsOut + ((<usize>i) << 2), maximumIterations - iterationsLeft);
    store<i32>(statusOut + ((<usize>i) << 2), limited ? ITERATION_LIMIT : used < gaussians ? DEGENERATE : CONVERGED);
    const sum = sums + <usize>i * 24;
    put(sum, 0, error * scale * scale);
    put(sum, 1, energy * scale * scale);
    put(sum, 2, variation * scale * scale);
  }
}
