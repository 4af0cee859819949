import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zipfStream } from "../../src/scaling/zipf.js";
import { transitionsOf } from "../../src/transitions/transitions.js";
import { TokenStream } from "../../src/transitions/vocabulary.js";
import { quotient } from "../support/exact.js";

/** Participation ratio of the antisymmetric part of (C + α) / (row sums + αV), whose cells come from whole numbers. */
function reference(tokens: ArrayLike<number>, alpha: bigint): { size: number; value: number; squares: number } {
  const types = [...new Set(Array.from(tokens))];
  const size = types.length;
  const place = new Map(types.map((token, i) => [token, i]));
  const counts = Array.from({ length: size }, () => new Array<bigint>(size).fill(0n));
  for (let t = 1; t < tokens.length; t++) counts[place.get(tokens[t - 1])!][place.get(tokens[t])!]++;
  const sums = counts.map((row) => row.reduce((sum, x) => sum + x, 0n) + alpha * BigInt(size));
  const cells = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) {
      const numerator = (counts[i][j] + alpha) * sums[j] - (counts[j][i] + alpha) * sums[i];
      cells[i * size + j] = quotient(numerator, 2n * sums[i] * sums[j], 0);
      cells[j * size + i] = -cells[i * size + j];
    }
  let squares = 0;
  let fourth = 0;
  for (const cell of cells) squares += cell * cell;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += cells[i * size + k] * cells[j * size + k];
      fourth += sum * sum;
    }
  return { size, value: (squares * squares) / fourth, squares };
}

async function antisymmetric(
  tokens: ArrayLike<number>,
  vocabulary: number,
  smoothing: number,
  method: "exact" | "power",
) {
  const stream = new TokenStream();
  for (let i = 0; i < tokens.length; i++) stream.take(tokens[i]);
  const [report] = await transitionsOf(stream, { vocabulary, smoothing, shuffles: 0, participation: { method } });
  return report.antisymmetric;
}

describe("smoothing of any size", () => {
  it("leaves the antisymmetric part its exact ratio, beside cells of whole numbers", async () => {
    await fc.assert(
      fc.asyncProperty(
        // Of few types counts cancel with the smoothing altogether: 0.5 - 0.5 is 1e-15.
        fc.constantFrom(1, 2, 9).chain((most) => fc.array(fc.nat(most), { minLength: 3, maxLength: 80 })),
        fc.integer({ min: 0, max: 15 }),
        fc.constantFrom("exact" as const, "power" as const),
        async (tokens, power, method) => {
          const expected = reference(tokens, 10n ** BigInt(power));
          const found = await antisymmetric(tokens, 10, 10 ** power, method);
          if (expected.squares === 0) return;
          expect(found, `${expected.squares}`).not.toBeNull();
          expect(Math.abs(found!.squaredNorm / expected.squares - 1)).toBeLessThan(1e-11);
          const error = method === "exact" ? 1e-6 : 1e-2 * (1 + 1e-3);
          expect(Math.abs(found!.value / expected.value - 1)).toBeLessThan(error);
          // λ₁² ≤ Σλ² ≤ λ₁Σλ.
          if (method === "exact") {
            expect(found!.stableRank).toBeLessThan(expected.value * (1 + 1e-3));
            expect(found!.stableRank).toBeGreaterThan(Math.sqrt(expected.value) * (1 - 1e-3));
          }
          expect(found!.lower).toBeLessThanOrEqual(expected.value * (1 + 1e-6));
          expect(found!.upper).toBeGreaterThanOrEqual(expected.value * (1 - 1e-6));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("and above a side of 512", async () => {
    // Uniform tokens, many for each pair: counts and smoothing nearly cancel.
    const tokens = zipfStream(1_200_000, 520, 0, 3);
    for (const alpha of [1, 1_000_000]) {
      const expected = reference(tokens, BigInt(alpha));
      const found = await antisymmetric(tokens, 520, alpha, "exact");
      expect(expected.size).toBe(520);
      expect(Math.abs(found!.value / expected.value - 1)).toBeLessThan(1e-7);
    }
  });
});
