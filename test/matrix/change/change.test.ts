import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../../src/base/random.js";
import { loadMachine } from "../../../src/kernels/load-machine.js";
import type { Machine } from "../../../src/kernels/machine.js";
import { type ChangeFigures, type ChangeOptions, changeOf } from "../../../src/matrix/change/change.js";
import { countAbove } from "../../../src/matrix/change/factors.js";
import { spacingOf } from "../../../src/matrix/change/rounding.js";
import type { RowsOfBoth } from "../../../src/matrix/change/rows.js";

let machine: Machine;
beforeAll(async () => {
  machine = await loadMachine();
});

/** f32 as bf16 rounds it, to nearest and ties to even. */
function bf16(x: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  const word = view.getUint32(0);
  view.setUint32(0, (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000);
  return view.getFloat32(0);
}

interface Pair {
  rows: number;
  columns: number;
  base: Float32Array;
  tuned: Float32Array;
}

function normals(count: number, random: Random, size = 1): Float64Array {
  return Float64Array.from({ length: count }, () => size * random.normal());
}

/** Noise in bf16, and the same with left · right merged into it and rounded. */
function merged(
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

function change(
  { rows, columns, base, tuned }: Pair,
  { type = "BF16", calls = [], ...options }: Asked = {},
): Promise<ChangeFigures> {
  const read = async (first: number, last: number): Promise<RowsOfBoth> => {
    calls.push([first, last]);
    return { base: base.slice(first * columns, last * columns), tuned: tuned.slice(first * columns, last * columns) };
  };
  const spacing = spacingOf(type);
  return changeOf(machine, { name: "w", rows, columns, base: spacing, tuned: spacing, turned: false }, read, {
    memory: 1 << 24,
    seed: 1,
    factors: null,
    ...options,
  });
}

const difference = ({ base, tuned }: Pair): Float64Array =>
  Float64Array.from(tuned, (x, i) => Math.fround(x - base[i]));

const rankOf = ({ squares, rounding }: ChangeFigures): number => countAbove(squares!, rounding);

describe("a change", () => {
  it.each([
    [96, 64, 3],
    [64, 96, 5],
    [128, 128, 8],
    [40, 200, 2],
  ])("of a merged LoRA in bf16, %i × %i, has the LoRA's rank %i above rounding", async (rows, columns, rank) => {
    expect(rankOf(await change(merged(rows, columns, rank)))).toBe(rank);
  });

  it("that is rounding alone has no rank", async () => {
    const { base, ...pair } = merged(96, 80, 0, { round: Math.fround });
    const figures = await change({ ...pair, base, tuned: Float32Array.from(base, bf16) });
    expect(figures.sums.changed).toBeGreaterThan(7000);
    expect(rankOf(figures)).toBe(0);
  });

  it("has the sums of their definitions", async () => {
    const pair = merged(30, 50, 2);
    const delta = difference(pair);
    const figures = await change(pair);
    const sum = (of: (i: number) => number): number => delta.reduce((total, _, i) => total + of(i), 0);
    expect(figures.sums.base).toBeCloseTo(
      sum((i) => pair.base[i] ** 2),
      8,
    );
    expect(figures.sums.change).toBeCloseTo(
      sum((i) => delta[i] ** 2),
      8,
    );
    expect(figures.sums.inner).toBeCloseTo(
      sum((i) => delta[i] * pair.base[i]),
      8,
    );
    expect(figures.sums.changed).toBe(delta.filter((x) => x !== 0).length);
    expect(figures.squares!.reduce((a, b) => a + b, 0)).toBeCloseTo(figures.sums.change, 8);
  });

  it("has the singular values of a diagonal, huge and tiny ones too", async () => {
    for (const size of [1e-25, 1, 1e25]) {
      const side = 9;
      const base = new Float32Array(side * side);
      const tuned = base.slice();
      for (let i = 0; i < side; i++) tuned[i * side + i] = size * (i + 1);
      const { squares } = await change({ rows: side, columns: side, base, tuned }, { type: "F32" });
      squares!.forEach((square, k) => expect(Math.sqrt(square) / (size * (side - k))).toBeCloseTo(1, 6));
    }
  });

  it("is the same in every bit whatever the memory, and reads each row once where all fits", async () => {
    for (const [rows, columns] of [
      [70, 40],
      [40, 70],
    ]) {
      const pair = merged(rows, columns, 3);
      const calls: [number, number][] = [];
      const whole = await change(pair, { calls });
      expect(calls.reduce((sum, [first, last]) => sum + last - first, 0)).toBe(rows);
      for (const memory of [100_000, 20_000]) expect(await change(pair, { memory })).toEqual(whole);
    }
  });

  it("that is none is said, both sides read once", async () => {
    const { base, rows, columns } = merged(33, 20, 1);
    const calls: [number, number][] = [];
    const figures = await change({ rows, columns, base, tuned: base.slice() }, { calls, memory: 4000 });
    expect(figures).toMatchObject({ squares: null, sums: { changed: 0, change: 0, finite: true } });
    expect(figures.sums.base).toBeGreaterThan(0);
    expect(calls.reduce((sum, [first, last]) => sum + last - first, 0)).toBe(rows);
  });

  it("begins wherever it begins: rows before it are read again, and count", async () => {
    const pair = merged(50, 12, 1);
    pair.tuned.set(pair.base.subarray(0, 45 * 12));
    const small = await change(pair, { memory: 2000 });
    expect(small).toEqual(await change(pair));
    expect(small.sums.base).toBeCloseTo(
      pair.base.reduce((sum, x) => sum + x * x, 0),
      4,
    );
  });

  it.each([NaN, Infinity, -Infinity])("with a weight of %d is not finite, and ends", async (odd) => {
    for (const side of ["base", "tuned"] as const) {
      const pair = merged(20, 30, 1);
      pair[side][311] = odd;
      expect(await change(pair)).toMatchObject({ squares: null, sums: { finite: false } });
    }
  });

  it("of one row, one column or one weight has one singular value", async () => {
    for (const [rows, columns] of [
      [1, 1],
      [1, 9],
      [9, 1],
      [2, 1],
    ]) {
      const pair = merged(rows, columns, 1);
      const { squares } = await change(pair);
      expect(squares).toHaveLength(1);
      expect(squares![0]).toBeCloseTo(
        difference(pair).reduce((sum, x) => sum + x * x, 0),
        6,
      );
    }
  });
});

describe("factors of a change", () => {
  it.each([
    [60, 40],
    [40, 60],
    [33, 33],
  ])("of all directions give %i × %i back", async (rows, columns) => {
    const pair = merged(rows, columns, 3, { round: Math.fround });
    const { factors } = await change(pair, { type: "F32", factors: { rank: 1000 } });
    const { left, right, rank } = factors!;
    const delta = difference(pair);
    const size = Math.sqrt(delta.reduce((sum, x) => sum + x * x, 0));
    expect(rank).toBeGreaterThanOrEqual(3);
    let off = 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += left[i * rank + k] * right[k * columns + j];
        off += (sum - delta[i * columns + j]) ** 2;
      }
    }
    expect(Math.sqrt(off) / size).toBeLessThan(1e-6);
  });

  it(
    "hold the energy that is asked for in as few directions as do, or what stands above rounding, and largest " +
      "entries are positive",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 5, max: 40 }),
          fc.integer({ min: 5, max: 40 }),
          fc.double({ min: 0.05, max: 0.95, noNaN: true }),
          async (rows, columns, energy) => {
            const { squares, factors } = await change(merged(rows, columns, 4), { factors: { energy } });
            const all = squares!.reduce((a, b) => a + b, 0);
            const held = (rank: number): number => squares!.subarray(0, rank).reduce((a, b) => a + b, 0) / all;
            const { rank, right } = factors!;
            expect(held(rank)).toBeGreaterThanOrEqual(energy - 1e-12);
            if (rank > 1) expect(held(rank - 1)).toBeLessThan(energy + 1e-12);
            for (let k = 0; k < rank; k++) {
              const row = right.subarray(k * columns, (k + 1) * columns);
              expect(row.reduce((most, x) => Math.max(most, x), 0)).toBe(
                row.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
              );
            }
          },
        ),
        { numRuns: 20 },
      );
      const found = await change(merged(80, 60, 5), { factors: {} });
      expect(found.factors!.rank).toBe(5);
    },
  );

  it("leave all other figures as they are, in every bit", async () => {
    for (const [rows, columns] of [
      [70, 50],
      [50, 70],
      [9, 4],
      [300, 270],
    ]) {
      const pair = merged(rows, columns, 3);
      const { factors, ...figures } = await change(pair, { factors: { rank: 2 } });
      expect({ ...figures, factors: null }).toEqual(await change(pair));
      expect(factors!.rank).toBe(2);
    }
  });

  it("never hold directions that arithmetic made up", async () => {
    const { factors } = await change(merged(40, 30, 2, { round: (x) => Math.round(x * 16) / 16 }), {
      factors: { rank: 30 },
    });
    for (const x of factors!.left) expect(Number.isFinite(x)).toBe(true);
    const base = new Float32Array(12);
    const tuned = Float32Array.from({ length: 12 }, (_, i) => (i % 4) + 1);
    expect((await change({ rows: 3, columns: 4, base, tuned }, { factors: { rank: 3 } })).factors!.rank).toBe(1);
  });
});
