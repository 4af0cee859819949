import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyzeTransitions, type ParticipationRatio, type TransitionOptions } from "../../src/index.js";
import { zipfStream } from "../../src/scaling/zipf.js";
import { transitionsOf } from "../../src/transitions/transitions.js";
import { TokenStream } from "../../src/transitions/vocabulary.js";

/** Dense and slow: the definitions of docs/method.md §4 as they stand. Chains are arrays of tokens. */
function reference(chains: number[][], size: number, smoothing: number, transition: boolean) {
  const frequency = new Map<number, number>();
  for (const token of chains.flat()) frequency.set(token, (frequency.get(token) ?? 0) + 1);
  const words = [...frequency.keys()].sort((a, b) => frequency.get(b)! - frequency.get(a)!).slice(0, size);
  const n = words.length;
  const counts = words.map(() => new Float64Array(n));
  for (const chain of chains)
    for (let t = 1; t < chain.length; t++) {
      const i = words.indexOf(chain[t - 1]);
      const j = words.indexOf(chain[t]);
      if (i >= 0 && j >= 0) counts[i][j]++;
    }
  const matrix = counts.map((row) => {
    if (!transition) return row;
    const sum = row.reduce((total, x) => total + x, 0) + smoothing * n;
    return row.map((x) => (sum > 0 ? (x + smoothing) / sum : 0));
  });
  const part = (sign: number) => matrix.map((row, i) => row.map((x, j) => (x + sign * matrix[j][i]) / 2));
  const squares = (rows: Float64Array[]) =>
    rows.reduce((sum, row) => sum + row.reduce((inner, x) => inner + x * x, 0), 0);
  const participation = (rows: Float64Array[]) => {
    const norm = squares(rows);
    if (norm < 1e-25) return null;
    let fourth = 0;
    for (const a of rows) for (const b of rows) fourth += a.reduce((sum, x, k) => sum + x * b[k], 0) ** 2;
    return (norm * norm) / fourth;
  };
  const whole = squares(matrix);
  return {
    size: n,
    pairs: counts.reduce((sum, row) => sum + row.reduce((inner, x) => inner + x, 0), 0),
    nonZero: counts.reduce((sum, row) => sum + row.filter((x) => x > 0).length, 0),
    antisymmetric: participation(part(-1)),
    symmetric: participation(part(1)),
    asymmetry: whole > 0 ? Math.sqrt(squares(part(-1)) / whole) : 0,
  };
}

function check(ratio: ParticipationRatio | null, exact: number | null, least: number): void {
  expect(ratio === null).toBe(exact === null);
  if (ratio === null || exact === null) return;
  const slack = ratio.method === "exact" ? 1e-6 : 1e-11;
  expect(ratio.lower).toBeLessThanOrEqual(exact * (1 + slack));
  expect(ratio.upper).toBeGreaterThanOrEqual(exact * (1 - slack));
  expect(Math.abs(ratio.value - exact)).toBeLessThanOrEqual(
    ratio.method === "exact" ? 1e-6 * exact : 1e-2 * ratio.value + 4 * ratio.standardError,
  );
  for (const figure of [ratio.value, ratio.lower, ratio.upper]) expect(figure).toBeGreaterThanOrEqual(least);
}

const chains = fc
  .array(fc.array(fc.nat(12), { maxLength: 60 }), { minLength: 1, maxLength: 3 })
  .filter((all) => all.flat().length > 0);

describe("transition matrices", () => {
  it("have the figures of the dense definition, for any chains, vocabulary, smoothing and method", async () => {
    await fc.assert(
      fc.asyncProperty(
        chains,
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(0, 0.01, 1, 50),
        fc.boolean(),
        fc.constantFrom("exact", "power", "auto"),
        async (all, vocabulary, alpha, transition, method) => {
          const stream = new TokenStream();
          const smoothing = transition ? alpha : 0;
          all.forEach((chain, i) => {
            if (i > 0) stream.breakChain();
            chain.forEach(stream.take);
          });
          const reports = await transitionsOf(stream, {
            vocabulary,
            smoothing,
            matrix: transition ? "transition" : "counts",
            shuffles: 1,
            participation: { method },
          });
          reports.forEach((report, i) => {
            const expected = reference(all, vocabulary[i], smoothing, transition);
            expect([report.vocabulary, report.pairs, report.nonZero, report.tokens]).toEqual([
              expected.size,
              expected.pairs,
              expected.nonZero,
              all.flat().length,
            ]);
            check(report.antisymmetric, expected.antisymmetric, 2);
            check(report.symmetric, expected.symmetric, 1);
            expect(Math.abs(report.asymmetry - expected.asymmetry)).toBeLessThan(1e-9);
          });
        },
      ),
      {
        numRuns: 200,
        // Terms that nearly cancel: f32 values left 1.4e-5 of what is called exact.
        examples: [
          [
            [
              [0, 1, 0],
              [1, 1, 0],
            ],
            [2],
            50,
            true,
            "exact",
          ],
        ],
      },
    );
  }, 120_000);

  it("bounds hold in larger ones, exactness too, with and without smoothing", async () => {
    const tokens = zipfStream(20_000, 900, 1, 3);
    for (const smoothing of [0, 0.3]) {
      const run = (method: "exact" | "power") =>
        analyzeTransitions(tokens, { vocabulary: [80, 600], smoothing, shuffles: 0, participation: { method } });
      const [exact, power] = [await run("exact"), await run("power")];
      const dense = reference([[...tokens]], 80, smoothing, true);
      check(exact[0].antisymmetric, dense.antisymmetric, 2);
      check(exact[0].symmetric, dense.symmetric, 1);
      for (const i of [0, 1]) {
        check(power[i].antisymmetric, exact[i].antisymmetric!.value, 2);
        check(power[i].symmetric, exact[i].symmetric!.value, 1);
        expect(power[i].symmetric!.spectralNorm / exact[i].symmetric!.spectralNorm).toBeCloseTo(1, 2);
      }
    }
  });

  it("tend to 2 (transition, antisymmetric) and 1 (counts, symmetric) for independent tokens", async () => {
    const tokens = zipfStream(2_000_000, 50, 1, 5);
    const [transition] = await analyzeTransitions(tokens, { vocabulary: 50, shuffles: 1 });
    const [counts] = await analyzeTransitions(tokens, { vocabulary: 50, shuffles: 1, matrix: "counts" });
    expect(transition.antisymmetric!.value).toBeLessThan(2.05);
    expect(transition.shuffled.antisymmetric![0]).toBeLessThan(2.05);
    expect(counts.symmetric!.value).toBeLessThan(1.001);
    expect(counts.shuffled.symmetric![0]).toBeLessThan(1.001);
  });

  it("shuffle by the seed, over all tokens, and give mean and population deviation", async () => {
    const text =
      "the cat sat on the mat and the dog sat on the cat while a bird sang to the dog and the mat lay there ".repeat(3);
    const run = (options: Partial<TransitionOptions>) => analyzeTransitions(text, { vocabulary: 10, ...options });
    const [[a], [b], [c], [one], [none]] = [
      await run({}),
      await run({}),
      await run({ seed: 2 }),
      await run({ shuffles: 1 }),
      await run({ shuffles: 0 }),
    ];
    expect(a).toEqual(b);
    expect(a.shuffled.shuffles).toBe(5);
    expect(c.shuffled).not.toEqual(a.shuffled);
    expect(c.antisymmetric).toEqual(a.antisymmetric);
    expect(a.shuffled.antisymmetric![1]).toBeGreaterThan(0);
    expect(one.shuffled.antisymmetric![1]).toBe(0);
    expect(none.shuffled).toEqual({ shuffles: 0, antisymmetric: null, symmetric: null, asymmetry: [0, 0] });
  });

  it("take text as a string, chunks or a stream, and tokens as numbers, in every kind of token", async () => {
    const text = "One fish, two fish; rêd fish — BLUE fish!\r\nThis one's got a li'l star. ".repeat(4);
    async function* chunks() {
      for (let i = 0; i < text.length; i += 7) yield text.slice(i, i + 7);
    }
    for (const tokens of ["words", "segmenter", "characters", "bytes"] as const) {
      const options = { vocabulary: [3, 1000], tokens, shuffles: 1 };
      const whole = await analyzeTransitions(text, options);
      expect(await analyzeTransitions(chunks(), options)).toEqual(whole);
      const stream = new ReadableStream<string>({
        start(controller) {
          for (const part of text.match(/[\s\S]{1,5}/g)!) controller.enqueue(part);
          controller.close();
        },
      });
      expect(await analyzeTransitions(stream, options)).toEqual(whole);
      expect(whole[1].vocabulary).toBeLessThan(60);
    }
    const numbers = await analyzeTransitions(Uint32Array.of(7, 4_000_000_000, 7, 9, 7), { vocabulary: 2, shuffles: 0 });
    expect(numbers[0]).toMatchObject({ vocabulary: 2, tokens: 5, pairs: 2, nonZero: 2, antisymmetric: null });
  });

  it("answer clearly where there is little or nothing", async () => {
    await expect(analyzeTransitions("", { vocabulary: 5 })).rejects.toThrow("the text has no tokens");
    await expect(analyzeTransitions(" … ", { vocabulary: 5 })).rejects.toThrow(RangeError);
    const [word] = await analyzeTransitions("word", { vocabulary: 5 });
    expect(word).toMatchObject({
      vocabulary: 1,
      tokens: 1,
      pairs: 0,
      nonZero: 0,
      antisymmetric: null,
      symmetric: null,
      asymmetry: 0,
    });
    const [twice] = await analyzeTransitions("word word", { vocabulary: 5 });
    expect(twice).toMatchObject({ pairs: 1, antisymmetric: null, asymmetry: 0 });
    expect(twice.symmetric!.value).toBeCloseTo(1, 6);
  });

  it("refuse options out of range, and stop at a signal", async () => {
    const refused = (options: object) =>
      expect(analyzeTransitions("a b c", { vocabulary: 3, ...options })).rejects.toThrow(RangeError);
    for (const vocabulary of [0, -1, 1.5, NaN, [], [3, 0]]) await refused({ vocabulary });
    for (const smoothing of [-1, NaN, Infinity]) await refused({ smoothing });
    for (const shuffles of [-1, 0.5]) await refused({ shuffles });
    await refused({ matrix: "counts", smoothing: 1 });
    await refused({ matrix: "other" });
    await refused({ tokens: "lines" });
    await refused({ seed: NaN });
    await refused({ participation: { method: "fast" } });
    const reason = new Error("enough");
    await expect(analyzeTransitions("a b c", { vocabulary: 3, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    await expect(
      analyzeTransitions(zipfStream(200_000, 3000, 1, 1), {
        vocabulary: [1000, 2000],
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      }),
    ).rejects.toBe(reason);
  });

  it("report progress to the end", async () => {
    const seen: { done: number; total: number }[] = [];
    await analyzeTransitions("a b a c a b", {
      vocabulary: [2, 3],
      shuffles: 2,
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(seen.every(({ total }) => total === 6)).toBe(true);
  });
});
