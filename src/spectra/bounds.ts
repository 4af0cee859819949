import type { Machine } from "../kernels/machine.js";
import { type Basis, type Breaths, WIDTH } from "./krylov.js";
import { type Largest, largestFrom } from "./largest.js";
import type { Compressed, Operator } from "./operator.js";

/** What an orthonormal Q and M Q prove about Σσ⁴ = ‖M‖² (docs/method.md §3). */
export interface Bounds extends Largest {
  /** ‖M₁₁‖² + 2‖R‖² as computed. */
  known: number;
  /** The trace left over, t₂, not below 0. */
  rest: number;
  /** Proved bounds of ‖M‖², rounding included. */
  lower: number;
  upper: number;
}

/** Inner products, in f64, of a basis and its images. */
export class Products {
  /** QᵀQ and YᵀY (upper triangles) and QᵀY, `side` × `side`, of the blocks that joined. */
  readonly qq: Float64Array;
  readonly qy: Float64Array;
  readonly yy: Float64Array;
  readonly side: number;
  /** Columns of Q that joined and are not zero. */
  readonly active: number[] = [];

  constructor(
    private readonly basis: Basis,
    blocks: number,
  ) {
    this.side = blocks * WIDTH;
    this.qq = new Float64Array(this.side * this.side);
    this.qy = new Float64Array(this.side * this.side);
    this.yy = new Float64Array(this.side * this.side);
  }

  private put(target: Float64Array, i: number, j: number, block: Float64Array): void {
    for (let k = 0; k < 64; k++) target[(8 * i + (k >> 3)) * this.side + 8 * j + (k & 7)] = block[k];
  }

  /** Block `index` with its image; blocks join in order. */
  *join(index: number): Breaths {
    const {
      basis: { q, y },
      basis,
    } = this;
    for (let i = 0; i <= index; i++) {
      this.put(this.qq, i, index, basis.inner(q[i], q[index]));
      yield null;
      this.put(this.yy, i, index, basis.inner(y[i], y[index]));
      yield null;
      this.put(this.qy, i, index, basis.inner(q[i], y[index]));
      yield null;
      if (i < index) this.put(this.qy, index, i, basis.inner(q[index], y[i]));
    }
    for (let k = WIDTH * index; k < WIDTH * (index + 1); k++) if (this.qq[k * this.side + k] > 0) this.active.push(k);
  }
}

/** Rounding of the f64 sums and small products here, far above what they do. */
const SLACK = 1e-10;

/** L of a = L Lᵀ, n × n. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const l = a.slice();
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) l[j * n + j] -= l[j * n + k] * l[j * n + k];
    l[j * n + j] = Math.sqrt(l[j * n + j]);
    for (let i = j + 1; i < n; i++) {
      for (let k = 0; k < j; k++) l[i * n + j] -= l[i * n + k] * l[j * n + k];
      l[i * n + j] /= l[j * n + j];
    }
  }
  return l;
}

/** L⁻¹ a L⁻ᵀ in place. */
function congruence(l: Float64Array, a: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      const factor = l[i * n + k];
      for (let column = 0; column < n; column++) a[i * n + column] -= factor * a[k * n + column];
    }
    for (let column = 0; column < n; column++) a[i * n + column] /= l[i * n + i];
  }
  for (let row = 0; row < n * n; row += n) {
    for (let i = 0; i < n; i++) {
      let x = a[row + i];
      for (let k = 0; k < i; k++) x -= l[i * n + k] * a[row + k];
      a[row + i] = x / l[i * n + i];
    }
  }
  return a;
}

const sumOfSquares = (values: Float64Array): number => values.reduce((sum, x) => sum + x * x, 0);

/** The rows and columns in use; the lower triangle from the upper where `symmetric`. */
function gather(from: Float64Array, side: number, active: number[], symmetric: boolean): Float64Array {
  const n = active.length;
  const part = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++)
      part[i * n + j] = symmetric && j < i ? from[active[j] * side + active[i]] : from[active[i] * side + active[j]];
  }
  return part;
}

/**
 * QᵀMQ and (MQ)ᵀMQ, n × n, for the orthonormal Q that the joined columns span: their departure from orthonormality is
 * taken out exactly, by the Cholesky factor of QᵀQ.
 */
export function compress({ active, side, qq, qy, yy }: Products): Compressed {
  const n = active.length;
  const l = cholesky(gather(qq, side, active, true), n);
  return {
    n,
    compressed: congruence(l, gather(qy, side, active, false), n),
    images: congruence(l, gather(yy, side, active, true), n),
  };
}

/** The bounds from all blocks that have joined. */
export function boundsOf(machine: Machine, products: Products, operator: Operator): Bounds {
  const { n, compressed, images } = compress(products);
  const { trace } = operator;
  let captured = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    captured += compressed[i * n + i];
    squares += images[i * n + i];
  }
  const known = Math.max(0, 2 * squares - sumOfSquares(compressed));
  const rest = Math.max(0, trace - captured);

  const tail = Math.min(operator.rank, operator.dimension - n);
  // ‖L⁻¹‖² is at most the trace of (QᵀQ)⁻¹, itself n up to the f32 rounding of Q.
  const error = operator.error * Math.sqrt(trace * n) * 1.001;
  let largestEigenvalue = trace * (1 + operator.traceError);
  let lower = 0;
  let upper = 0;
  for (let round = 0; round < 4; round++) {
    const norm = error * Math.sqrt(largestEigenvalue);
    const restError = operator.traceError * trace + Math.sqrt(n) * norm;
    const least = tail > 0 ? Math.max(0, trace - captured - restError) : 0;
    const most = tail > 0 ? Math.max(0, trace - captured + restError) : 0;
    lower = Math.max(0, Math.sqrt(known) - Math.SQRT2 * norm) ** 2 + (tail > 0 ? (least * least) / tail : 0);
    upper = (Math.sqrt(known) + Math.SQRT2 * norm) ** 2 + most * most;
    lower *= 1 - SLACK;
    upper *= 1 + SLACK;
    largestEigenvalue = Math.min(largestEigenvalue, Math.sqrt(upper));
  }
  const largest = largestFrom(machine, { n, compressed, images }, operator);
  return { known, rest, lower, upper, ...largest };
}
