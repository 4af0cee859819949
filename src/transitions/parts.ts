import type { Machine } from "../kernels/machine.js";
import { transpose } from "../kernels/sparse.js";
import type { SparseMatrix } from "../types.js";
import { antisymmetricCells } from "./unrounded.js";

/** Cells in rows, without their values. */
interface Pattern {
  offsets: Uint32Array;
  indices: Uint32Array;
}

/**
 * One part of a transition matrix in the arena: stored values (assembly/sparse.ts) plus p₀q₀ᵀ + p₁q₁ᵀ of smoothing, and
 * so antisymmetric (sign -1) or symmetric (sign 1).
 */
export interface Part {
  sign: 1 | -1;
  size: number;
  offsets: number;
  indices: number;
  values: number;
  /** `size` × 2 f64 each, or 0 without smoothing. */
  p: number;
  q: number;
  /** ‖part‖². */
  squares: number;
  /** ‖ ‖² of what it is the difference or sum of, where that was rounded: a part far below is what rounding left. */
  terms: number;
  /** Of a smoothed part whose terms cancel, up to a side that is asked for: its cells in f64. */
  cells: Float64Array | null;
  /** How much larger the norms of its two terms are than that of their sum: what rounding is multiplied by. */
  cancellation: number;
}

/**
 * T = (C + α)/(row sums + αV) as P + e 1ᵀ: what a row's counts are multiplied by, and e. A row without counts or α
 * stays zero. `uneven` is e less 1/V, which all have in common where α > 0: their differences without cancellation.
 */
function rowFactors(
  counts: SparseMatrix,
  smoothing: number,
  transition: boolean,
): { factors: Float64Array; even: Float64Array; uneven: Float64Array } {
  const size = counts.rows;
  const factors = new Float64Array(size).fill(1);
  const even = new Float64Array(size);
  const uneven = new Float64Array(size);
  for (let i = 0; transition && i < size; i++) {
    let counted = 0;
    for (let k = counts.offsets[i]; k < counts.offsets[i + 1]; k++) counted += counts.values[k];
    const sum = smoothing * size + counted;
    factors[i] = sum > 0 ? 1 / sum : 0;
    even[i] = smoothing * factors[i];
    uneven[i] = -(counted * factors[i]) / size;
  }
  return { factors, even, uneven };
}

/** Σ over all cells of ((e_i ± e_j)/2)². */
function evenSquares(even: Float64Array, sign: 1 | -1): number {
  const size = even.length;
  const sum = even.reduce((total, x) => total + x, 0);
  const mean = sign < 0 ? sum / size : 0;
  // Antisymmetric: (V/2) Σ(e - mean)², without cancellation.
  const squares = even.reduce((total, x) => total + (x - mean) * (x - mean), 0);
  return sign < 0 ? (size / 2) * squares : (size * squares + sum * sum) / 2;
}

/** Where the two terms of a smoothed part cancel by more, f32 values leave too little of what is exact. */
export const CANCELLATION = 4;
/** And by more than this, too little of what the power method tells. */
const LOST = 1000;
/** Sides up to which all cells of a part whose terms cancel are looked at, in f64: 128 MiB where they are kept. */
const DENSE_SIDE = 4096;

/**
 * Antisymmetric and symmetric part of T, or of the counts where not `transition`, on their common pattern. Terms of
 * the antisymmetric one may cancel (those of the other are of one sign): it has its cells then, for `exact` figures
 * always, for others where they lose too much.
 */
export function placeParts(
  machine: Machine,
  counts: SparseMatrix,
  smoothing: number,
  transition: boolean,
  exact: boolean,
): { antisymmetric: Part; symmetric: Part } {
  const size = counts.rows;
  const across = transpose(counts);
  const { factors, even: whole, uneven } = rowFactors(counts, smoothing, transition);
  const evens = { [-1]: uneven, [1]: whole };
  const pattern = union(counts, across);
  const cells = pattern.indices.length;
  const offsets = machine.copyUint32(pattern.offsets);
  const indices = machine.copyUint32(pattern.indices);
  const pointers = { [-1]: machine.allocate(cells * 4), [1]: machine.allocate(cells * 4) };
  const part = (sign: 1 | -1): Part => {
    const values = pointers[sign];
    // What all cells have in common is no part of the antisymmetric one.
    const even = evens[sign];
    const target = machine.float32(values, cells);
    let stored = 0;
    let mixed = 0;
    let terms = 0;
    for (let i = 0; i < size; i++) {
      let here = counts.offsets[i];
      let there = across.offsets[i];
      for (let k = pattern.offsets[i]; k < pattern.offsets[i + 1]; k++) {
        const j = pattern.indices[k];
        const forth =
          here < counts.offsets[i + 1] && counts.indices[here] === j ? counts.values[here++] * factors[i] : 0;
        const back =
          there < across.offsets[i + 1] && across.indices[there] === j ? across.values[there++] * factors[j] : 0;
        const value = (forth + sign * back) / 2;
        target[k] = value;
        stored += value * value;
        terms += (forth * forth + back * back) / 2;
        if (smoothing > 0) mixed += value * (even[i] + sign * even[j]);
      }
    }
    const rest = smoothing > 0 ? evenSquares(even, sign) : 0;
    if (smoothing > 0) terms += even.reduce((sum, x) => sum + size * x * x, 0);
    const cancelled = (squares: number): number =>
      stored + rest > 0 ? Math.max(1, (Math.sqrt(stored) + Math.sqrt(rest)) / Math.sqrt(squares)) : 1;
    const summed = Math.max(0, stored + mixed + rest);
    const unrounded =
      smoothing > 0 && sign < 0 && size <= DENSE_SIDE && cancelled(summed) > CANCELLATION
        ? antisymmetricCells(counts, across, smoothing, exact || cancelled(summed) > LOST)
        : { squares: summed, cells: null };
    const cancellation = cancelled(unrounded.squares);
    if (unrounded.cells) terms = unrounded.squares;
    return { sign, size, offsets, indices, values, p: 0, q: 0, terms, cancellation, ...unrounded };
  };
  const antisymmetric = part(-1);
  const symmetric = part(1);
  if (smoothing > 0) for (const each of [antisymmetric, symmetric]) placeEven(machine, each, evens[each.sign]);
  return { antisymmetric, symmetric };
}

/** (e 1ᵀ ± 1 eᵀ)/2 as rank-one terms. */
function placeEven(machine: Machine, part: Part, even: Float64Array): void {
  part.p = machine.allocate(part.size * 16);
  part.q = machine.allocate(part.size * 16);
  const p = machine.float64(part.p, part.size * 2);
  const q = machine.float64(part.q, part.size * 2);
  for (let i = 0; i < part.size; i++) {
    p[2 * i] = even[i] / 2;
    p[2 * i + 1] = part.sign / 2;
    q[2 * i] = 1;
    q[2 * i + 1] = even[i];
  }
}

/** The cells that C or its transpose holds. */
function union(counts: SparseMatrix, across: SparseMatrix): Pattern {
  const size = counts.rows;
  const offsets = new Uint32Array(size + 1);
  const merge = (i: number, take: (j: number) => void): void => {
    let a = counts.offsets[i];
    let b = across.offsets[i];
    const endA = counts.offsets[i + 1];
    const endB = across.offsets[i + 1];
    while (a < endA || b < endB) {
      const j = a < endA ? counts.indices[a] : Infinity;
      const k = b < endB ? across.indices[b] : Infinity;
      if (j <= k) a++;
      if (k <= j) b++;
      take(Math.min(j, k));
    }
  };
  for (let i = 0; i < size; i++) {
    offsets[i + 1] = offsets[i];
    merge(i, () => {
      offsets[i + 1]++;
    });
  }
  const indices = new Uint32Array(offsets[size]);
  let at = 0;
  for (let i = 0; i < size; i++)
    merge(i, (j) => {
      indices[at++] = j;
    });
  return { offsets, indices };
}
