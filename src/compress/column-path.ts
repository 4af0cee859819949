import type { Slices } from "../base/chunks.js";

/** Rounds of 2-opt at most; the models made here end after 5 to 12. */
const MAXIMUM_ROUNDS = 50;
/** Of a correlation in f32: an exchange must gain more, or equal sums would be exchanged for ever. */
const LEAST_GAIN = 1e-6;
/** Pairs of columns that a slice looks at: some ten milliseconds. */
const SLICE_PAIRS = 1 << 21;

/** Rows of so many columns that a slice looks at. */
const rowsOfSlice = (columns: number): number => Math.max(1, Math.floor(SLICE_PAIRS / Math.max(1, columns)));

/** Visits the rows of a Gram matrix in slices; it is asked for anew in each. */
export function* visitRows(
  gramOf: () => Float64Array,
  columns: number,
  visit: (gram: Float64Array, row: number) => void,
): Slices {
  const each = rowsOfSlice(columns);
  for (let first = 0; first < columns; first += each) {
    if (first > 0) yield;
    const gram = gramOf();
    for (let row = first; row < Math.min(columns, first + each); row++) visit(gram, row);
  }
}

/** Where the largest value stands, the first of equal ones. */
export function firstLargest(values: Float64Array): number {
  let largest = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[largest]) largest = i;
  return largest;
}

/**
 * From the longest column on always to the most alike (cosine) of those left, then 2-opt (Croes 1958) until no reversal
 * of a stretch makes the sum over neighbours larger. columns² f32.
 */
export function* columnPath(gramOf: () => Float64Array, lengths: Float64Array, stride: number): Slices<Int32Array> {
  const alike = yield* cosines(gramOf, lengths, stride);
  return yield* twoOpt(alike, yield* greedyPath(alike, lengths.length, firstLargest(lengths)));
}

/** Cosine of every pair of columns, 0 with a column of zeros; on the diagonal −2, less than any. */
function* cosines(gramOf: () => Float64Array, lengths: Float64Array, stride: number): Slices<Float32Array> {
  const columns = lengths.length;
  const alike = new Float32Array(columns * columns);
  yield* visitRows(gramOf, columns, (gram, i) => {
    for (let j = i + 1; j < columns; j++) {
      const cosine = lengths[i] === 0 || lengths[j] === 0 ? 0 : gram[i * stride + j] / lengths[i] / lengths[j];
      alike[i * columns + j] = cosine;
      alike[j * columns + i] = cosine;
    }
    alike[i * columns + i] = -2;
  });
  return alike;
}

function* greedyPath(alike: Float32Array, columns: number, start: number): Slices<Int32Array> {
  const path = new Int32Array(columns);
  const taken = new Uint8Array(columns);
  const each = rowsOfSlice(columns);
  for (let step = 0, here = start; step < columns; step++) {
    if (step > 0 && step % each === 0) yield;
    path[step] = here;
    taken[here] = 1;
    const row = here * columns;
    let best = -3;
    for (let j = 0; j < columns; j++) {
      if (taken[j] === 0 && alike[row + j] > best) {
        best = alike[row + j];
        here = j;
      }
    }
  }
  return path;
}

/**
 * Reverses, from each place on, the stretch that gains most, until a whole round gains nothing. Changes and returns
 * `path`.
 */
function* twoOpt(alike: Float32Array, path: Int32Array): Slices<Int32Array> {
  const columns = path.length;
  const each = rowsOfSlice(columns);
  for (let round = 0; round < MAXIMUM_ROUNDS; round++) {
    let gained = false;
    for (let i = 0; i < columns - 1; i++) {
      if (i > 0 && i % each === 0) yield;
      const end = bestReversal(alike, path, i);
      if (end === i) continue;
      path.subarray(i, end + 1).reverse();
      gained = true;
    }
    if (!gained) break;
    yield;
  }
  return path;
}

/**
 * Where the stretch from `i` ends whose reversal gains most: edges before `i` and behind the end are exchanged for
 * their crossings.
 */
function bestReversal(alike: Float32Array, path: Int32Array, i: number): number {
  const columns = path.length;
  const own = path[i] * columns;
  const before = i > 0 ? path[i - 1] * columns : -1;
  const lost = before < 0 ? 0 : alike[before + path[i]];
  let best = LEAST_GAIN;
  let end = i;
  for (let j = i + 1; j < columns; j++) {
    const last = path[j];
    let gain = before < 0 ? 0 : alike[before + last] - lost;
    if (j + 1 < columns) gain += alike[own + path[j + 1]] - alike[last * columns + path[j + 1]];
    if (gain > best) {
      best = gain;
      end = j;
    }
  }
  return end;
}
