/** Which Gaussians of a row can push one another. */
import { ACTIVE, amplitude, at, put } from "./active";
import { allocate } from "./memory";

/** Cosine below which two Gaussians leave each other alone, and -2 ln of it. */
const LEAST_OVERLAP: f64 = 1e-4;

const FARTHEST: f64 = 18.5;

export let active: usize = 0; // i32 × ACTIVE, the Gaussians that are refined

let overlaps: usize = 0; // f64 × K ≤ columns, of each with the nearest of those

/** Takes the lists from the arena, `bytes` for an f64 each column; 0 where they do not fit. */
export function prepareNeighbours(bytes: f64): usize {
  active = allocate(<f64>(ACTIVE * 4));
  overlaps = allocate(bytes);
  return active ? overlaps : 0;
}

// @ts-ignore: decorator
@inline
export function parameter(base: usize, k: i32): f64 {
  return <f64>load<f32>(base + ((<usize>k) << 2));
}

/** The f32 that stands for an amplitude of a row that was divided by `scale`, and never infinity. */
// @ts-ignore: decorator
@inline
export function rounded(amplitude: f64, scale: f64): f32 {
  return <f32>Math.max(-(<f64>f32.MAX_VALUE), Math.min(<f64>f32.MAX_VALUE, amplitude * scale));
}

/** The cosine of two Gaussians as functions of a real j; 0 where it is below LEAST_OVERLAP. */
function overlap(k: i32, l: i32, centres: usize, sigmas: usize): f64 {
  const widthK = parameter(sigmas, k);
  const widthL = parameter(sigmas, l);
  const distance = parameter(centres, k) - parameter(centres, l);
  const squares = widthK * widthK + widthL * widthL;
  const farness = (distance * distance) / squares;
  if (farness > FARTHEST) return 0;
  const cosine = Math.sqrt((2 * widthK * widthL) / squares) * Math.exp(-0.5 * farness);
  return cosine >= LEAST_OVERLAP ? cosine : 0;
}

/**
 * Lists Gaussian k, then of those before it always the one that overlaps a listed one most, while there is one and
 * fewer than ACTIVE: what the newcomer can push, directly or through others.
 */
export function listNeighbours(k: i32, centres: usize, sigmas: usize): i32 {
  store<i32>(active, k);
  for (let l = 0; l < k; l++) put(overlaps, l, 0);
  let count = 1;
  for (let last = k; count < ACTIVE; count++) {
    let most = 0.0;
    let next = -1;
    for (let l = 0; l < k; l++) {
      const known = at(overlaps, l);
      if (known < 0) continue; // listed
      const value = Math.max(known, overlap(last, l, centres, sigmas));
      put(overlaps, l, value);
      if (value > most) {
        most = value;
        next = l;
      }
    }
    if (next < 0) break;
    store<i32>(active + ((<usize>count) << 2), next);
    put(overlaps, next, -1);
    last = next;
  }
  return count;
}
