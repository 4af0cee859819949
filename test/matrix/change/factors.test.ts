import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { change, difference, merged } from "./pairs.js";

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
