import type { Slices } from "../base/chunks.js";
import { Random } from "../base/random.js";
import type { Machine } from "./machine.js";

/** Lanczos steps between looks at the Ritz values. */
const LOOK = 4;

/**
 * Largest eigenvalue of a symmetric non-negative matrix (`order` × `order` f64 at `stride` values a row, of which only
 * the upper triangle is read): Lanczos, from below, to a relative error of some 1e-8 (residual, or residual² over the
 * gap to the next Ritz value). Earlier vectors are not taken out anew: orthogonality is lost only where a Ritz value
 * has converged (Paige), the largest to the end of the iteration, others to copies of themselves, which cost steps and
 * no digits. A step is a slice.
 */
export function* largestEigenvalue(machine: Machine, pointer: number, order: number, stride: number): Slices<number> {
  const marked = machine.exports.mark();
  try {
    const most = 2 * order;
    const scratch = machine.allocate(most * 24);
    const pointers = [0, 1, 2].map(() => machine.zeros64(order));
    let [before, vector, next] = pointers.map((at) => ({ at, values: machine.float64(at, order) }));
    const random = new Random(1);
    for (let i = 0; i < order; i++) vector.values[i] = random.float() - 0.5;
    scale(vector.values, 1 / norm(vector.values));
    const diagonal: number[] = [];
    const beside: number[] = [];
    let length = 0;
    for (let step = 0; ; step++) {
      machine.exports.symmetricProduct(pointer, order, stride, vector.at, next.at);
      const own = dot(vector.values, next.values);
      diagonal.push(own);
      addScaled(next.values, -own, vector.values);
      addScaled(next.values, -length, before.values);
      length = norm(next.values);
      const last = step === most - 1 || !(length > 1e-14 * diagonal[0]);
      if (last || step % LOOK === LOOK - 1) {
        const { largest, second, component } = ritzValues(machine, scratch, diagonal, beside);
        const residual = length * component;
        if (last || residual <= 1e-8 * largest) return largest;
        if (residual <= 1e-4 * largest && residual * residual <= 1e-9 * largest * (largest - second)) return largest;
      }
      beside.push(length);
      scale(next.values, 1 / length);
      [before, vector, next] = [vector, next, before];
      yield;
    }
  } finally {
    machine.exports.release(marked);
  }
}

const notConverged = (): RangeError => new RangeError("the eigenvalue iteration did not converge");

/**
 * Eigenvalues, largest first, and unit eigenvectors (the rows of `vectors`) of a small symmetric matrix given by its
 * lower triangle.
 */
export function symmetricEigen(
  machine: Machine,
  matrix: Float64Array,
  order: number,
): { values: Float64Array; vectors: Float64Array[] } {
  return machine.scope(() => {
    const a = machine.copyFloat64(matrix);
    const v = machine.allocate(order * order * 8);
    const values = machine.allocate(order * 8);
    const scratch = machine.allocate(order * 24);
    if (!machine.exports.symmetricEigen(a, order, values, v, scratch)) throw notConverged();
    const unordered = machine.float64(values, order);
    const vectors = machine.float64(v, order * order);
    const sorted = Array.from(unordered.keys()).sort((i, j) => unordered[j] - unordered[i]);
    return {
      values: Float64Array.from(sorted, (i) => unordered[i]),
      vectors: sorted.map((i) => vectors.slice(i * order, (i + 1) * order)),
    };
  });
}

/** The two largest eigenvalues of a tridiagonal matrix, and the last component of the first one's eigenvector. */
function ritzValues(machine: Machine, scratch: number, diagonal: number[], beside: number[]) {
  const n = diagonal.length;
  const d = machine.float64(scratch, 3 * n);
  d.fill(0);
  d.set(diagonal, 0);
  d.set(beside, n);
  d[3 * n - 1] = 1;
  if (!machine.exports.tridiagonalEigenvalues(scratch, scratch + n * 8, n, scratch + n * 16, 1)) throw notConverged();
  let first = 0;
  let second = -Infinity;
  for (let i = 1; i < n; i++) {
    if (d[i] > d[first]) {
      second = d[first];
      first = i;
    } else second = Math.max(second, d[i]);
  }
  return { largest: d[first], second, component: Math.abs(d[2 * n + first]) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] *= factor;
}

const norm = (values: Float64Array): number => Math.sqrt(dot(values, values));
