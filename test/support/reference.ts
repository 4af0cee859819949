/** Float64 references in plain TypeScript: short, slow, and obviously what they claim to be. */
import { Random } from "../../src/base/random.js";
import type { Matrix } from "../../src/types.js";

/** Gram matrix of the smaller side of the weights as f32, row by row in f64. */
export function gram64({ rows, columns, data }: Matrix): { gram: Float64Array; side: number } {
  const wide = rows < columns;
  const side = wide ? rows : columns;
  const other = wide ? columns : rows;
  const x = new Float64Array(side * other);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) x[wide ? i * other + j : j * other + i] = Math.fround(data[i * columns + j]);
  const gram = new Float64Array(side * side);
  for (let i = 0; i < side; i++) {
    const a = x.subarray(i * other, (i + 1) * other);
    for (let j = i; j < side; j++) {
      const b = x.subarray(j * other, (j + 1) * other);
      let sum = 0;
      for (let k = 0; k < other; k++) sum += a[k] * b[k];
      gram[i * side + j] = gram[j * side + i] = sum;
    }
  }
  return { gram, side };
}

/** (Σσ²)² / Σσ⁴. */
export function participation64(matrix: Matrix): number {
  const { gram, side } = gram64(matrix);
  let trace = 0;
  let squares = 0;
  for (let i = 0; i < side; i++) trace += gram[i * (side + 1)];
  for (const x of gram) squares += (x / trace) * (x / trace);
  return 1 / squares;
}

/** Eigenvalues of a symmetric matrix, largest first: classical two-sided Jacobi. */
export function eigenvalues64(matrix: ArrayLike<number>, n: number): Float64Array {
  const a = Float64Array.from(matrix);
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q];
        off += apq * apq;
        if (apq === 0) continue;
        const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const x = a[k * n + p];
          const y = a[k * n + q];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const x = a[p * n + k];
          const y = a[q * n + k];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
        }
      }
    }
    if (off === 0) break;
  }
  return Float64Array.from({ length: n }, (_, i) => a[i * (n + 1)])
    .sort()
    .reverse();
}

/** Singular values, largest first. */
export function singularValues64(matrix: Matrix): Float64Array {
  const { gram, side } = gram64(matrix);
  return eigenvalues64(gram, side).map((x) => Math.sqrt(Math.max(0, x)));
}

/**
 * Sum of `rank` random rank-one terms with the given weights, plus white noise. Singular values follow the weights,
 * roughly.
 */
export function randomMatrix(
  rows: number,
  columns: number,
  seed: number,
  weights: (index: number) => number,
  rank: number,
  noise = 0,
): Matrix {
  const random = new Random(seed);
  const data = new Float32Array(rows * columns);
  const sums = new Float64Array(rows * columns);
  for (let r = 0; r < rank; r++) {
    const u = Float64Array.from({ length: rows }, () => random.normal() / Math.sqrt(rows));
    const v = Float64Array.from({ length: columns }, () => random.normal() / Math.sqrt(columns));
    const weight = weights(r);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) sums[i * columns + j] += weight * u[i] * v[j];
  }
  for (let i = 0; i < data.length; i++) data[i] = sums[i] + noise * random.normal();
  return { rows, columns, data };
}

/** Independent normal weights, row i times `scale(i)`. */
export function noiseMatrix(
  rows: number,
  columns: number,
  seed: number,
  scale: (row: number) => number = () => 1,
): Matrix {
  const random = new Random(seed);
  return {
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, (_, i) => random.normal() * scale(Math.floor(i / columns))),
  };
}
