import type { Matrix, SparseMatrix } from "weightscope";
import { Random, seedFor } from "../../src/base/random.js";

type Draw = (random: Random, row: number, column: number) => number;

/** A matrix whose values depend on its name alone. */
export function matrix(
  name: string,
  rows: number,
  columns: number,
  draw: Draw = (random) => random.normal(),
  Values: Float32ArrayConstructor | Float64ArrayConstructor = Float32Array,
): Matrix {
  const random = new Random(seedFor(1, name));
  const data = new Values(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) data[i * columns + j] = draw(random, i, j);
  }
  return { rows, columns, data };
}

/** Bumps on a large offset, a little noise on top. */
export const smooth: Draw = (random, row, column) => 3 + 1 / (1 + ((column - 5 * row) / 9) ** 2) + random.normal() / 64;

/** A few rows far larger than the rest: a dominant direction, as trained matrices have. */
export const spiked: Draw = (random, row) => random.normal() * (row % 16 === 3 ? 30 : 1);

/** About one cell in ten, so some rows are empty. */
export function sparse(name: string, rows: number, columns: number): SparseMatrix {
  const random = new Random(seedFor(1, name));
  const offsets = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (random.below(10) !== 0) continue;
      indices.push(j);
      values.push(1 + random.below(9));
    }
    offsets[i + 1] = indices.length;
  }
  return { rows, columns, offsets, indices: Uint32Array.from(indices), values: Float64Array.from(values) };
}

/** Every infinity, zeros of both signs, subnormals, and NaNs of many payloads, quiet and signalling, of both signs. */
export function irregular(): Matrix {
  const random = new Random(seedFor(1, "irregular"));
  const bits = new Uint32Array(64 * 37);
  for (let i = 0; i < bits.length; i++) {
    const payload = random.uint32();
    bits[i] = [
      payload & 0xbfffffff,
      payload | 0x7f800001,
      0x7f800000 | (payload & 0x80000000),
      payload & 0x807fffff,
      payload & 0x80000000,
    ][random.below(5)];
  }
  return { rows: 64, columns: 37, data: new Float32Array(bits.buffer) };
}
