/** What a Gaussian basis is in memory. */

/**
 * The uniform Gaussian basis G (gaussians × columns; docs/method.md §1) with everything that depends on it alone:
 * windowed tables for the product W Gᵀ, and either the banded Cholesky factor of G Gᵀ or, where the basis is
 * numerically dependent, the two factors of its pseudo-inverse.
 */
@unmanaged
export class Basis {
  columns: i32;
  gaussians: i32;
  sigma: f64;
  rank: i32;
  /** Whether the product runs in f64: above width 0.6 rounding to f32 would show in the amplitudes. */
  inDouble: bool;
  /** Whether its Gram matrix is too close to singular for Cholesky. */
  dependent: bool;
  /** Segments of windows: five i32 each, see Segment. */
  segments: usize;
  segmentCount: i32;
  /** gaussians × { start: i32, length: i32, table: usize (f64 values) }: ±9 σ, below 3e-18 outside. */
  windows: usize;
  /** Half bandwidth of G Gᵀ. */
  band: i32;
  /** gaussians × band: row k of the factor, columns k-band … k-1; its transpose; 1 / diagonal. */
  lower: usize;
  upper: usize;
  inverse: usize;
  /**
   * gaussians × rank and rank × gaussians (f64): products·project is the energy, ·expand the amplitudes. 0 with a
   * Cholesky factor.
   */
  project: usize;
  expand: usize;
  /**
   * Scratch for four rows: products [gaussians rounded up to 2][4]; solution [band + gaussians + band][4]; a residual
   * [columns]; four rows.
   */
  products: usize;
  solution: usize;
  residual: usize;
  rows: usize;
  /** How far it is made (assembly/basis.ts): what is being done, for which Gaussian, from where on. */
  stage: i32;
  k: i32;
  at: i32;
  /** Of row k of the Cholesky factor, squared, as far as it is known. */
  diagonal: f64;
  /** G, its decomposition and the parts of it; 0 with a Cholesky factor. */
  decomposition: usize;
  /** The arena above what stays. */
  marked: usize;
}

@unmanaged
export class Segment {
  /** First of the Gaussians it belongs to: two in f32, one in f64. */
  gaussian: i32;
  start: i32;
  /** A multiple of 4 in f32. */
  length: i32;
  table: usize;
}

/** Window k of a basis: { start: i32, length: i32, table: usize }. */
// @ts-ignore: decorator
@inline
export function windowOf(basis: Basis, k: i32): usize {
  return basis.windows + <usize>k * 12;
}
