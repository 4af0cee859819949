import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocateRanks } from "../../src/compress/allocation.js";
import { gaussiansWithin, rankReaching, rankWithin } from "../../src/compress/budget.js";
import { readImportance } from "../../src/compress/imatrix.js";
import { columnWeights } from "../../src/compress/importance.js";
import type { StoredMatrix } from "../../src/matrix/stored.js";
import { gguf } from "../checkpoint/files.js";

const spectrum = fc
  .record({
    rows: fc.integer({ min: 1, max: 40 }),
    columns: fc.integer({ min: 1, max: 40 }),
    bitsEach: fc.constantFrom(4.5, 8.5, 16, 32),
    squares: fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 }),
  })
  .map(({ squares, ...one }) => {
    const sorted = Float64Array.from(squares).sort().reverse();
    return {
      ...one,
      sourceBits: one.rows * one.columns * 16,
      squares: sorted,
      total: sorted.reduce((a, b) => a + b, 0),
    };
  });

describe("ranks within a budget", () => {
  it("are the largest that fit, one at least (property)", () => {
    fc.assert(
      fc.property(spectrum, fc.double({ min: 0.01, max: 1, noNaN: true }), (costs, budget) => {
        const rank = rankWithin(budget, costs);
        const bits = (r: number): number => r * (costs.rows + costs.columns) * costs.bitsEach;
        expect(rank === 1 || bits(rank) <= budget * costs.sourceBits * (1 + 1e-9)).toBe(true);
        const most = Math.min(costs.rows, costs.columns);
        expect(rank === most || bits(rank + 1) > budget * costs.sourceBits).toBe(true);
        expect(gaussiansWithin(budget, costs)).toBeGreaterThanOrEqual(1);
        expect(gaussiansWithin(budget, costs)).toBeLessThanOrEqual(costs.columns);
      }),
    );
  });

  it("of an energy are the fewest that reach it", () => {
    expect(rankReaching(Float64Array.of(5, 3, 1, 1), 0.8, 10)).toBe(2);
    expect(rankReaching(Float64Array.of(5, 3, 1, 1), 0.81, 10)).toBe(3);
    expect(rankReaching(Float64Array.of(5, 3), 1, 10)).toBe(2);
  });

  it("by water-filling spend no more than the budget, keep one of each, and no exchange would gain (property)", () => {
    fc.assert(
      fc.property(
        fc.array(spectrum, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (spectra, budget) => {
          const ranks = allocateRanks(spectra, false, { budget });
          const bits = spectra.map(({ rows, columns, bitsEach }) => (rows + columns) * bitsEach);
          const spent = ranks.reduce((sum, rank, i) => sum + rank * bits[i], 0);
          const allowed = budget * spectra.reduce((sum, { sourceBits }) => sum + sourceBits, 0);
          expect(ranks.every((rank, i) => rank >= 1 && rank <= spectra[i].squares.length)).toBe(true);
          if (ranks.some((rank) => rank > 1)) expect(spent).toBeLessThanOrEqual(allowed * (1 + 1e-9));
          // A direction left out that would still fit stands behind one that did not.
          ranks.forEach((rank, i) => {
            if (rank < spectra[i].squares.length) expect(spent + bits[i]).toBeGreaterThan(allowed * (1 - 1e-9));
          });
        },
      ),
    );
  });

  it("by water-filling reach an energy with the worthiest first, by their own or by their matrix's measure", () => {
    const one = (squares: number[]) => ({
      rows: 10,
      columns: 10,
      bitsEach: 16,
      sourceBits: 1600,
      squares: Float64Array.from(squares),
      total: squares.reduce((a, b) => a + b, 0),
    });
    const spectra = [one([100, 50, 40]), one([1, 0.9, 0.8])];
    expect(allocateRanks(spectra, false, { energy: 0.97 })).toEqual([3, 1]);
    expect(allocateRanks(spectra, true, { energy: 0.97 })).toEqual([3, 3]);
    expect(allocateRanks(spectra, false, { energy: 1 })).toEqual([3, 3]);
  });
});

const matrixOf = (name: string, columns: number, layer: number, role: string): StoredMatrix =>
  ({ tensor: { name }, columns, layer, role, transposed: false }) as unknown as StoredMatrix;

describe("llama.cpp's imatrix", () => {
  it("of GGUF gives means over counts, experts added up; columns get the roots, by name or role", async () => {
    const file = gguf(
      [],
      [
        { name: "blk.0.attn_q.weight.in_sum2", type: 0, dimensions: [3], bytes: Float32Array.of(8, 2, 2) },
        { name: "blk.0.attn_q.weight.counts", type: 0, dimensions: [1], bytes: Float32Array.of(2) },
        { name: "blk.1.ffn_up_exps.weight.in_sum2", type: 0, dimensions: [2, 2], bytes: Float32Array.of(1, 2, 3, 4) },
        { name: "blk.1.ffn_up_exps.weight.counts", type: 0, dimensions: [1, 2], bytes: Float32Array.of(1, 1) },
      ],
    );
    const importance = await readImportance(file, "imatrix.gguf");
    expect(Array.from(importance.get("blk.0.attn_q.weight")!)).toEqual([4, 1, 1]);
    expect(Array.from(importance.get("blk.1.ffn_up_exps.weight")!)).toEqual([2, 3]);
    const roots = Array.from([2, 0.5, 0.5], Math.sqrt);
    for (const name of ["blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight"]) {
      const weights = columnWeights(importance, matrixOf(name, 3, 0, "attention.query"));
      Array.from(weights!).forEach((weight, j) => expect(weight).toBeCloseTo(roots[j], 6));
    }
    expect(columnWeights(importance, matrixOf("other", 3, 5, "attention.query"))).toBeNull();
    expect(columnWeights(importance, matrixOf("blk.0.attn_q.weight", 4, 0, "attention.query"))).toBeNull();
  });

  it("of the older .dat gives sums over calls, and is refused where it is cut or no imatrix", async () => {
    const name = new TextEncoder().encode("blk.0.attn_q.weight");
    const bytes = new Uint8Array(4 + 4 + name.length + 8 + 8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, 1, true);
    view.setInt32(4, name.length, true);
    bytes.set(name, 8);
    view.setInt32(8 + name.length, 4, true);
    view.setInt32(12 + name.length, 2, true);
    view.setFloat32(16 + name.length, 8, true);
    view.setFloat32(20 + name.length, 2, true);
    expect(Array.from((await readImportance(bytes, "imatrix.dat")).get("blk.0.attn_q.weight")!)).toEqual([2, 0.5]);
    for (let cut = 0; cut < bytes.length; cut++) {
      await expect(readImportance(bytes.subarray(0, cut), "imatrix.dat")).rejects.toMatchObject({
        name: "CheckpointError",
      });
    }
    await expect(readImportance(new Uint8Array(100).fill(255), "x.dat")).rejects.toMatchObject({
      code: "invalid-header",
    });
    await expect(readImportance(gguf([], []), "x.gguf")).rejects.toMatchObject({ code: "unknown-format" });
  });
});
