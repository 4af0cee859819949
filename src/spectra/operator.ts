/** Of the symmetric M that the bounds are about. */
export interface Operator {
  /** Of the vectors. */
  dimension: number;
  /** M has at most this rank. */
  rank: number;
  /** tr M, and its relative error. */
  trace: number;
  traceError: number;
  /** ‖computed Mq - Mq‖ ≤ error · √λ₁ · √(tr M) · ‖q‖, λ₁ the largest eigenvalue. */
  error: number;
}

/** QᵀMQ and (MQ)ᵀMQ, n × n, of an orthonormal Q. */
export interface Compressed {
  n: number;
  compressed: Float64Array;
  images: Float64Array;
}

/** xᵀ a x. */
export function quadraticForm(a: Float64Array, x: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += a[i * n + j] * x[j];
    sum += x[i] * row;
  }
  return sum;
}

/** (a + aᵀ)/2. */
export function symmetrised(a: Float64Array, n: number): Float64Array {
  return a.map((x, at) => (x + a[(at % n) * n + Math.floor(at / n)]) / 2);
}
