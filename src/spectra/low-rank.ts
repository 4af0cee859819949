import type { ParticipationRatio } from "../types.js";

/** Symmetric r × r matrix, row-major. */
type Square = Float64Array;

/** Eigenvalues, and vectors as columns, by cyclic Jacobi rotations: for the small matrices of adapters. */
function jacobi(matrix: Square, r: number): { values: Float64Array; vectors: Square } {
  const a = matrix.slice();
  const vectors = new Float64Array(r * r);
  for (let i = 0; i < r; i++) vectors[i * r + i] = 1;
  for (let sweep = 0; sweep < 40; sweep++) {
    let off = 0;
    let trace = 0;
    for (let p = 0; p < r; p++) {
      trace += Math.abs(a[p * r + p]);
      for (let q = p + 1; q < r; q++) {
        const apq = a[p * r + q];
        off += Math.abs(apq);
        if (apq === 0) continue;
        const theta = (a[q * r + q] - a[p * r + p]) / (2 * apq);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        rotate(a, vectors, { r, p, q, c, s: t * c });
      }
    }
    if (off <= 1e-17 * trace) break;
  }
  return { values: Float64Array.from({ length: r }, (_, i) => a[i * r + i]), vectors };
}

function rotate(
  a: Square,
  v: Square,
  { r, p, q, c, s }: { r: number; p: number; q: number; c: number; s: number },
): void {
  for (let k = 0; k < r; k++) {
    const [x, y] = [a[k * r + p], a[k * r + q]];
    a[k * r + p] = c * x - s * y;
    a[k * r + q] = s * x + c * y;
    const [u, w] = [v[k * r + p], v[k * r + q]];
    v[k * r + p] = c * u - s * w;
    v[k * r + q] = s * u + c * w;
  }
  for (let k = 0; k < r; k++) {
    const [x, y] = [a[p * r + k], a[q * r + k]];
    a[p * r + k] = c * x - s * y;
    a[q * r + k] = s * x + c * y;
  }
}

/**
 * Squared singular values of factor · B · A, largest first, from the r × r Gram matrices BᵀB and AAᵀ alone: those of
 * D^½ Vᵀ (AAᵀ) V D^½, where BᵀB = V D Vᵀ.
 */
export function lowRankSquares(gramB: Square, gramA: Square, r: number, factor: number): Float64Array {
  const { values, vectors } = jacobi(gramB, r);
  const root = values.map((value) => Math.sqrt(Math.max(0, value)));
  const half = new Float64Array(r * r);
  for (let i = 0; i < r; i++)
    for (let j = 0; j < r; j++) {
      let sum = 0;
      for (let k = 0; k < r; k++) sum += gramA[i * r + k] * vectors[k * r + j];
      half[i * r + j] = sum * root[j];
    }
  const whole = new Float64Array(r * r);
  for (let i = 0; i < r; i++)
    for (let j = 0; j < r; j++) {
      let sum = 0;
      for (let k = 0; k < r; k++) sum += vectors[k * r + i] * half[k * r + j];
      whole[i * r + j] = sum * root[i];
    }
  const squares = jacobi(whole, r).values.map((value) => Math.max(0, value) * factor * factor);
  return squares.sort((x, y) => y - x);
}

/** XᵀX of rows × r values, summed in f64. */
export function smallGram(values: Float32Array, r: number): Square {
  const gram = new Float64Array(r * r);
  for (let at = 0; at < values.length; at += r)
    for (let i = 0; i < r; i++) {
      const x = values[at + i];
      for (let j = i; j < r; j++) gram[i * r + j] += x * values[at + j];
    }
  for (let i = 0; i < r; i++) for (let j = 0; j < i; j++) gram[i * r + j] = gram[j * r + i];
  return gram;
}

/** X Xᵀ of r rows, summed in f64. */
export function rowGram(values: Float32Array, r: number): Square {
  const length = values.length / r;
  const gram = new Float64Array(r * r);
  for (let i = 0; i < r; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += values[i * length + k] * values[j * length + k];
      gram[i * r + j] = gram[j * r + i] = sum;
    }
  return gram;
}

/** (Σσ²)² / Σσ⁴ and what goes with it; null where all are zero. */
export function lowRankParticipation(squares: Float64Array): ParticipationRatio | null {
  let sum = 0;
  let fourth = 0;
  for (const square of squares) {
    sum += square;
    fourth += square * square;
  }
  return sum > 0 ? exactParticipation(sum, fourth, squares[0]) : null;
}

/** From Σσ², Σσ⁴ and σ₁², where all singular values are known. */
export function exactParticipation(sum: number, fourth: number, largest: number): ParticipationRatio {
  const value = (sum * sum) / fourth;
  return {
    value,
    lower: value,
    upper: value,
    standardError: 0,
    method: "exact",
    convergedBy: "exact",
    iterations: 0,
    squaredNorm: sum,
    stableRank: sum / largest,
    spectralNorm: Math.sqrt(largest),
    spectralNormResidual: 0,
  };
}
