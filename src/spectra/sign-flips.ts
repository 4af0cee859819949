import type { Slices } from "../base/chunks.js";
import { inversePowerOfTwo } from "../base/powers-of-two.js";
import { Random } from "../base/random.js";
import { gramOfSmallerSide } from "../kernels/dense.js";
import { largestEigenvalue } from "../kernels/eigen.js";
import { eigenvectorsInSlices } from "../kernels/eigenvectors.js";
import type { Machine } from "../kernels/machine.js";
import { addProduct } from "../kernels/products.js";
import { leadingEigenvalues } from "./lanczos.js";
import { applyInPasses, type DenseShape, runPasses } from "./pass.js";

/** Sign matrices whose norms are compared with. */
export const FLIPS = 5;
/** Relative error of a norm's square that ends its iteration. */
const TOLERANCE = 2e-3;
const MOST_PASSES = 48;
/** Rows of a product at once. */
const BLOCK = 256;

/** A matrix in the arena, rows `stride` f32 apart, with all its σ² in descending order. */
export interface FlippedMatrix extends DenseShape {
  pointer: number;
  squares: Float64Array;
}

/**
 * Signal directions by sign flips (Hong, Sheng & Dobriban, arXiv 2012.02985; docs/method.md §8): σ after the first k
 * count as long as they exceed the largest norm of R∘W_k, W_k the matrix less its k leading directions and R signs at
 * random; all above it are taken at once, and again, until none is; k at most half the side. Yields now and then.
 * The arena is as it was at the end.
 */
export function* signFlipDirections(machine: Machine, matrix: FlippedMatrix, seed: number): Slices<number> {
  const { rows, columns, stride, squares } = matrix;
  const larger = Math.max(rows, columns);
  const smaller = Math.min(rows, columns);
  const marked = machine.exports.mark();
  try {
    const residual = machine.allocate(rows * stride * 4);
    const flipped = machine.allocate(rows * stride * 4);
    machine.bytes(residual, rows * stride * 4).set(machine.bytes(matrix.pointer, rows * stride * 4));
    let vectors: number | null = null;
    for (let k = 0; ; ) {
      const norm = yield* largestFlipped(machine, { ...matrix, pointer: residual }, flipped, { seed, k });
      const shrunk = (Math.sqrt(larger - k) + Math.sqrt(smaller - k)) / (Math.sqrt(larger) + Math.sqrt(smaller));
      const threshold = (norm * shrunk) / Math.sqrt((1 - k / larger) * (1 - k / smaller));
      let found = k;
      while (found < smaller >> 1 && Math.sqrt(squares[found]) > threshold) found++;
      if (found === k || found === smaller >> 1) return found;
      k = found;
      vectors ??= yield* leadingVectors(machine, matrix, smaller >> 1);
      subtractLeading(machine, matrix, { vectors, k, residual });
      yield;
    }
  } finally {
    machine.exports.release(marked);
  }
}

/** The largest norm of the matrix at `matrix.pointer` under FLIPS sign matrices; each is put into `flipped`. */
function* largestFlipped(
  machine: Machine,
  matrix: FlippedMatrix,
  flipped: number,
  { seed, k }: { seed: number; k: number },
): Slices<number> {
  const { rows, stride, squares } = matrix;
  let rest = 0;
  for (let i = squares.length - 1; i >= k; i--) rest += squares[i];
  if (!(rest > 0)) return Infinity;
  const random = new Random(seed);
  let largest = 0;
  for (let flip = 0; flip < FLIPS; flip++) {
    const from = machine.uint32(matrix.pointer, rows * stride);
    const to = machine.uint32(flipped, rows * stride);
    for (let i = 0; i < from.length; i += 32) {
      const end = Math.min(from.length, i + 32);
      let signs = random.uint32();
      for (let j = i; j < end; j++, signs <<= 1) to[j] = from[j] ^ (signs & 0x80000000);
    }
    const square = yield* largestSquare(machine, { ...matrix, pointer: flipped }, { rest, seed: flip + 1 });
    largest = Math.max(largest, Math.sqrt(Math.max(0, square)));
    yield;
  }
  return largest;
}

/** Up to this smaller side a Gram matrix is the faster way to the largest σ². */
const GRAM_SIDE = 512;

/** The largest σ² of a matrix with Σσ² = `rest`, in slices. */
function* largestSquare(
  machine: Machine,
  matrix: DenseShape & { pointer: number },
  { rest, seed }: { rest: number; seed: number },
): Slices<number> {
  const { rows, columns, pointer } = matrix;
  const smaller = Math.min(rows, columns);
  const marked = machine.exports.mark();
  try {
    if (smaller <= GRAM_SIDE) {
      const gram = yield* gramOfSmallerSide(machine, matrix);
      return yield* largestEigenvalue(machine, gram.pointer, gram.side, gram.side);
    }
    const factor = inversePowerOfTwo(rest);
    const options = { count: 1, tolerance: TOLERANCE, maxIterations: MOST_PASSES, seed };
    const applications = leadingEigenvalues(machine, columns, smaller, options);
    const passes = applyInPasses(machine, matrix, factor, 1, applications);
    const { values } = yield* runPasses(machine, matrix, pointer, passes);
    return values[0] / factor;
  } finally {
    machine.exports.release(marked);
  }
}

/** Leading singular vectors of the smaller side, count × side f32, row by row. */
function* leadingVectors(
  machine: Machine,
  { rows, columns, stride, pointer }: FlippedMatrix,
  count: number,
): Slices<number> {
  const side = Math.min(rows, columns);
  const vectors = machine.allocate(count * side * 4);
  const marked = machine.exports.mark();
  const gram = yield* gramOfSmallerSide(machine, { rows, columns, stride, pointer });
  const slices = eigenvectorsInSlices(machine, gram.pointer, side, gram.side, () => count);
  for (;;) {
    const slice = slices.next();
    if (slice.done) {
      machine.float32(vectors, count * side).set(machine.float64(slice.value.vectors, count * side));
      machine.exports.release(marked);
      return vectors;
    }
    yield;
  }
}

/** residual = W less its first k directions, in blocks of rows. */
function subtractLeading(
  machine: Machine,
  { rows, columns, stride, pointer }: FlippedMatrix,
  { vectors, k, residual }: { vectors: number; k: number; residual: number },
): void {
  machine.scope(() => {
    const byColumns = columns <= rows;
    // The right factor: Vᵀ itself, or UᵀW.
    const right = byColumns ? vectors : machine.allocate(k * columns * 4);
    const turned = machine.allocate(k * columns * 4);
    if (byColumns) {
      const from = machine.float32(vectors, k * columns);
      const to = machine.float32(turned, k * columns);
      for (let i = 0; i < k; i++) for (let j = 0; j < columns; j++) to[j * k + i] = from[i * columns + j];
    } else {
      const product = machine.zeros64(k * columns);
      addProduct(machine, {
        ...{ a: vectors, rowStep: rows, innerStep: 1, rows: k, inner: rows },
        ...{ b: pointer, strideB: stride, columns, c: product, strideC: columns },
      });
      machine.float32(right, k * columns).set(machine.float64(product, k * columns));
    }
    for (let first = 0; first < rows; first += BLOCK) {
      const count = Math.min(BLOCK, rows - first);
      machine.scope(() => {
        const from = pointer + first * stride * 4;
        let left = { a: vectors + first * 4, rowStep: 1, innerStep: rows };
        if (byColumns) {
          const product = machine.zeros64(count * k);
          addProduct(machine, {
            ...{ a: from, rowStep: stride, innerStep: 1, rows: count, inner: columns },
            ...{ b: turned, strideB: k, columns: k, c: product, strideC: k },
          });
          left = { a: machine.allocate(count * k * 4), rowStep: k, innerStep: 1 };
          machine.float32(left.a, count * k).set(machine.float64(product, count * k));
        }
        const kept = machine.zeros64(count * columns);
        addProduct(machine, {
          ...{ ...left, rows: count, inner: k },
          ...{ b: right, strideB: columns, columns, c: kept, strideC: columns },
        });
        const values = machine.float64(kept, count * columns);
        const weights = machine.float32(from, count * stride);
        const rest = machine.float32(residual + first * stride * 4, count * stride);
        for (let i = 0; i < count; i++)
          for (let j = 0; j < columns; j++) rest[i * stride + j] = weights[i * stride + j] - values[i * columns + j];
      });
    }
  });
}
