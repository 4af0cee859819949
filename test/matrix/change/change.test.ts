import { describe, expect, it } from "vitest";
import { bf16, change, difference, merged, rankOf } from "./pairs.js";

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
