import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  exactParticipation,
  lowRankParticipation,
  lowRankSquares,
  rowGram,
  smallGram,
} from "../../src/spectra/low-rank.js";
import { noiseMatrix, singularValues64 } from "../support/reference.js";

/** scale · B · A by its definition (the reference then rounds it to f32), B of `rows` × r and A of r × `columns`. */
function product(b: Float32Array, a: Float32Array, { r, scale }: { r: number; scale: number }): Float64Array {
  const [rows, columns] = [b.length / r, a.length / r];
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < r; k++) sum += b[i * r + k] * a[k * columns + j];
    return scale * sum;
  });
}

describe("singular values of scale · B · A from two small Gram matrices", () => {
  const side = fc.integer({ min: 1, max: 12 });

  it("are those of the product, for any shape, rank and scale", () => {
    fc.assert(
      fc.property(side, side, side, fc.nat(), fc.constantFrom(1e-4, 0.5, 16), (rows, columns, r, seed, scale) => {
        const b = noiseMatrix(rows, r, seed, (i) => 1 / (1 + i)).data as Float32Array;
        const a = noiseMatrix(r, columns, seed + 1, (i) => 1 + (i % 3)).data as Float32Array;
        const squares = lowRankSquares(smallGram(b, r), rowGram(a, r), r, scale);
        const expected = singularValues64({ rows, columns, data: product(b, a, { r, scale }) });
        expect(squares.length).toBe(r);
        for (let i = 0; i < r; i++)
          expect(Math.abs(squares[i] - (expected[i] ?? 0) ** 2)).toBeLessThanOrEqual(1e-6 * expected[0] ** 2);
      }),
      { numRuns: 60 },
    );
  });

  it("are exact where the factors are orthogonal already, and zero where one is", () => {
    const b = Float32Array.of(3, 0, 0, 2, 0, 0);
    const a = Float32Array.of(1, 0, 0, 0, 0, 5, 0, 0);
    expect([...lowRankSquares(smallGram(b, 2), rowGram(a, 2), 2, 2)]).toEqual([400, 36]);
    const none = lowRankSquares(smallGram(new Float32Array(6), 2), rowGram(a, 2), 2, 2);
    expect([...none]).toEqual([0, 0]);
    expect(lowRankParticipation(none)).toBe(null);
  });

  it("have the participation ratio of their definition", () => {
    const squares = Float64Array.of(9, 4, 4, 0);
    expect(lowRankParticipation(squares)).toEqual(exactParticipation(17, 81 + 16 + 16, 9));
    expect(exactParticipation(17, 113, 9)).toMatchObject({
      value: 289 / 113,
      lower: 289 / 113,
      upper: 289 / 113,
      squaredNorm: 17,
      stableRank: 17 / 9,
      spectralNorm: 3,
    });
  });
});
