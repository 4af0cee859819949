import { Random } from "../../../src/base/random.js";
import { loadMachine } from "../../../src/kernels/load-machine.js";
import { type ChangeFigures, type ChangeOptions, changeOf } from "../../../src/matrix/change/change.js";
import { countAbove } from "../../../src/matrix/change/factors.js";
import { spacingOf } from "../../../src/matrix/change/rounding.js";
import type { RowsOfBoth } from "../../../src/matrix/change/rows.js";

/** f32 as bf16 rounds it, to nearest and ties to even. */
export function bf16(x: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  const word = view.getUint32(0);
  view.setUint32(0, (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000);
  return view.getFloat32(0);
}

/** A matrix on both sides. */
export interface Pair {
  rows: number;
  columns: number;
  base: Float32Array;
  tuned: Float32Array;
}

function normals(count: number, random: Random, size = 1): Float64Array {
  return Float64Array.from({ length: count }, () => size * random.normal());
}

/** Noise in bf16, and the same with left · right merged into it and rounded. */
export function merged(
  rows: number,
  columns: number,
  rank: number,
  options: { seed?: number; size?: number; round?: (x: number) => number } = {},
): Pair & { left: Float64Array; right: Float64Array } {
  const { seed = 1, size = 1, round = bf16 } = options;
  const random = new Random(seed);
  const weights = normals(rows * columns, random, size);
  const left = normals(rows * rank, random, size);
  const right = normals(rank * columns, random, 0.3);
  const base = Float32Array.from(weights, round);
  const tuned = base.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = base[i * columns + j];
      for (let k = 0; k < rank; k++) sum += left[i * rank + k] * right[k * columns + j];
      tuned[i * columns + j] = round(sum);
    }
  }
  return { rows, columns, base, tuned, left, right };
}

interface Asked extends Partial<ChangeOptions> {
  type?: string;
  calls?: [number, number][];
}

/** What changed, with the reads that it took in `calls`. */
export async function change(
  { rows, columns, base, tuned }: Pair,
  { type = "BF16", calls = [], ...options }: Asked = {},
): Promise<ChangeFigures> {
  const read = async (first: number, last: number): Promise<RowsOfBoth> => {
    calls.push([first, last]);
    return { base: base.slice(first * columns, last * columns), tuned: tuned.slice(first * columns, last * columns) };
  };
  const spacing = spacingOf(type);
  return changeOf(
    await loadMachine(),
    { name: "w", rows, columns, base: spacing, tuned: spacing, turned: false },
    read,
    {
      memory: 1 << 24,
      seed: 1,
      factors: null,
      ...options,
    },
  );
}

/** ΔW as it is subtracted. */
export const difference = ({ base, tuned }: Pair): Float64Array =>
  Float64Array.from(tuned, (x, i) => Math.fround(x - base[i]));

export const rankOf = ({ squares, rounding }: ChangeFigures): number => countAbove(squares!, rounding);
