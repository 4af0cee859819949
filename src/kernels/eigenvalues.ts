import type { Machine } from "./machine.js";
import { tridiagonalInSlices } from "./reduction.js";

/**
 * All eigenvalues of a symmetric matrix (`order` × `order` f64 at `stride` values a row), largest first, to some √order
 * · 2⁻⁵² of the largest. Only the upper triangle is read, and the matrix is destroyed. Yields the share that is done
 * every few tens of milliseconds; memory taken from the arena meanwhile must be given back before it goes on.
 * @throws RangeError where memory ends, or entries are not finite.
 */
export function* eigenvaluesInSlices(
  machine: Machine,
  pointer: number,
  order: number,
  stride = order,
): Generator<number, Float64Array, void> {
  const marked = machine.exports.mark();
  try {
    return (yield* tridiagonalInSlices(machine, { pointer, order, stride, keep: false })).values;
  } finally {
    machine.exports.release(marked);
  }
}

/** Runs slices to their end. */
export function atOnce<T>(slices: Generator<unknown, T, void>): T {
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

/** The same at once. */
export const eigenvalues = (machine: Machine, pointer: number, order: number, stride = order): Float64Array =>
  atOnce(eigenvaluesInSlices(machine, pointer, order, stride));
