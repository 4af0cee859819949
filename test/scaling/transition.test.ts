import { describe, expect, it } from "vitest";
import { scalingTables } from "../../src/index.js";
import { painter } from "../../src/report/layout.js";
import { scalingTableText } from "../../src/report/scaling.js";
import { transitionTable } from "../../src/scaling/transition.js";
import { zipfStream } from "../../src/scaling/zipf.js";
import type { ParticipationRatio, TransitionReport } from "../../src/types.js";

describe("transition", () => {
  it("a Zipf stream has the frequencies it should, and the same tokens for the same seed", () => {
    const tokens = zipfStream(200_000, 50, 1, 3);
    const counts = new Float64Array(50);
    for (const token of tokens) counts[token]++;
    const harmonic = Array.from({ length: 50 }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b, 0);
    counts.forEach((count, i) => {
      const expected = 200_000 / (i + 1) / harmonic;
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
    });
    expect(zipfStream(1000, 50, 1, 3)).toEqual(zipfStream(1000, 50, 1, 3));
    expect(zipfStream(1000, 50, 1, 3)).not.toEqual(zipfStream(1000, 50, 1, 4));
    expect(Math.max(...zipfStream(1000, 1, 1.2, 3))).toBe(0);
  });

  it("longer streams of independent tokens come down to the limit; a repeated sentence does not", async () => {
    const text = "the cat saw the dog and the dog saw a bird ".repeat(200);
    const { transition = [] } = await scalingTables({
      only: ["transition"],
      streamLengths: [20_000, 200_000],
      corpus: { name: "cats", text: () => text },
    });
    const figures = (tokens: number, quantity: string): number[] =>
      transition
        .filter((row) => row.tokens === tokens && row.quantity === quantity && row.vocabulary !== null)
        .map(({ measured }) => measured!);
    for (const [quantity, limit] of [
      ["PR of T's antisymmetric part", 2],
      ["PR of the counts' symmetric part", 1],
    ] as const) {
      const short = figures(20_000, quantity);
      const long = figures(200_000, quantity);
      expect(long.length).toBe(6);
      for (let i = 0; i < 4; i++) {
        expect(long[i]).toBeLessThan(short[i]);
        expect(long[i]).toBeGreaterThan(limit - 1e-9);
      }
    }
    const cats = transition.filter(({ source }) => source === "cats");
    expect(cats.map(({ vocabulary }) => vocabulary)).toEqual([7, 7]);
    expect(cats[1].measured).toBeGreaterThan(1.5 * Number(cats[1].shuffled));
    expect(cats[0].tokens).toBe(2200);
    for (const line of scalingTableText("transition", transition, 80, painter(false)).split("\n"))
      expect([...line].length, line).toBeLessThanOrEqual(80);
  });

  it("sets measurements beside what is published and what is possible", async () => {
    const ratio = (value: number): ParticipationRatio =>
      ({ value, lower: value - 0.01, upper: value + 0.01, standardError: 0 }) as ParticipationRatio;
    const analyze = async (
      _: unknown,
      { vocabulary, shuffles = 5 }: { vocabulary: number | number[]; shuffles?: number | undefined },
    ): Promise<TransitionReport[]> =>
      [vocabulary].flat().map(
        (asked) =>
          ({
            vocabulary: Math.min(asked, 30_000),
            tokens: 1000,
            antisymmetric: ratio(2 + 100 / asked),
            symmetric: ratio(1.001),
            shuffled: { shuffles, antisymmetric: [2.5, 0.1], symmetric: [1.1, 0.1], asymmetry: [0.7, 0] },
          }) as TransitionReport,
      );
    const rows = await transitionTable(analyze, {
      lengths: [10],
      types: 5,
      exponent: 1,
      seed: 1,
      corpus: { name: "book.txt", text: () => "a b" },
    });
    const limits = rows.filter(({ source }) => source === "independent tokens, exact limit");
    expect(limits.map(({ vocabulary, measured, agrees }) => [vocabulary, measured, agrees].join())).toEqual([
      "500,2,true",
      "1000,2,true",
      "2000,2,true",
      "4000,2,true",
      "10000,2,true",
      "100000,2,false",
      "500,1,true",
      "1000,1,true",
      "2000,1,true",
      "4000,1,true",
      "10000,1,",
      "100000,1,",
    ]);
    expect(limits[5].note).toContain("1.99 cannot be");
    const book = rows.filter(({ source }) => source === "book.txt");
    expect(book[0]).toMatchObject({ vocabulary: 500, measured: 2.2, shuffled: 2.5, agrees: false });
    expect(book[5]).toMatchObject({
      vocabulary: 30_000,
      published: null,
      agrees: null,
      note: "all 30000 words of the text; 100000 were asked for",
    });
    expect(book[6].quantity).toContain("exponent");
    expect(book[6].measured).toBeLessThan(0);
    expect(
      rows.filter(({ source }) => String(source).startsWith("independent Zipf")).every(({ shuffled }) => !shuffled),
    ).toBe(true);
  });
});
