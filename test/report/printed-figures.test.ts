import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corpusCsv, corpusMarkdown, corpusTable } from "../../src/report/corpus.js";
import { bytes, count, decimals, figure, percent, withError } from "../../src/report/format.js";
import * as html from "../../src/report/html/numbers.js";
import { painter } from "../../src/report/layout.js";
import type { ParticipationRatio, TransitionReport } from "../../src/types.js";
import { expectShown, positive, readFigure, signed } from "./printed.js";

const plain = painter(false);

describe("how figures are written", () => {
  it("rounds to the digits shown, and shows enough of them", () => {
    fc.assert(
      fc.property(signed, fc.integer({ min: 3, max: 6 }), (value, digits) => {
        for (const text of [figure(value, digits), html.figure(value, digits)]) {
          expectShown(text, value);
          // From 1 on, as many digits as were asked for; below, as many places. A carry adds none: 9,950,000 is 1.0e7.
          const { unit, value: shown } = readFigure(text);
          const size = Math.max(Math.abs(value), Math.abs(shown));
          expect(unit).toBeLessThanOrEqual(Math.max(1, size * Number(`1e${2 - digits}`), 1e-3) * 1.0001);
        }
        expect(
          figure(value, digits)
            .replace(/[-.]|e.*/g, "")
            .replace(/^0+/, "").length,
        ).toBeLessThanOrEqual(Math.abs(value) >= 900 ? 7 : digits);
      }),
    );
  });

  it("rounds shares, decimals, counts and bytes", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.maxSafeNat(), signed, (share, whole, value) => {
        expectShown(percent(share), share * 100);
        expectShown(html.share(share), share);
        expectShown(decimals(value, 3), value);
        expect(Number(count(whole).replaceAll(",", ""))).toBe(whole);
        expect(html.count(whole)).toBe(count(whole));
        for (const text of [bytes(whole), html.bytes(whole).replace("\u00a0", " ")]) {
          const scale = { bytes: 1, B: 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }[
            text.split(" ")[1].replace(/(?<=[kMGTP])B/, "")
          ];
          expectShown(text, whole / scale!);
        }
      }),
    );
  });

  it("writes an estimate with its error, neither of them another", () => {
    fc.assert(
      fc.property(positive, fc.double({ min: 0, max: 2, noNaN: true }), (value, relative) => {
        fc.pre(value >= 0.01);
        expectShown(withError(value, value * relative), value, value * relative);
      }),
    );
    expect(withError(90.7, 1.74)).toBe("91±2");
    expect(withError(2.004, 0.0031)).toBe("2.004±0.003");
  });
});

const ratio: fc.Arbitrary<ParticipationRatio> = fc
  .tuple(
    fc.double({ min: 1, max: 1e5, noNaN: true }),
    fc.double({ min: 0, max: 0.9, noNaN: true }),
    fc.double({ min: 0, max: 0.2, noNaN: true }),
    fc.constantFrom("exact", "bounds", "standard-error", null),
  )
  .map(([value, half, error, by]) => ({
    value,
    lower: by === "exact" ? value : value * (1 - half),
    upper: by === "exact" ? value : value * (1 + half),
    standardError: by === "exact" ? 0 : value * error,
    method: by === "exact" ? "exact" : "power",
    convergedBy: by as ParticipationRatio["convergedBy"],
    iterations: 3,
    squaredNorm: 1,
    stableRank: 1,
    spectralNorm: 1,
    spectralNormResidual: 0,
  }));
const meanAndDeviation = (least: number, most: number) =>
  fc
    .tuple(fc.double({ min: least, max: most, noNaN: true }), fc.double({ min: 0, max: 0.5, noNaN: true }))
    .map(([mean, relative]): [number, number] => [mean, mean * relative]);
const transition: fc.Arbitrary<TransitionReport> = fc
  .record({
    vocabulary: fc.integer({ min: 1, max: 10_000_000 }),
    pairs: fc.nat(2 ** 31 - 1),
    nonZero: fc.nat(2 ** 31 - 1),
    antisymmetric: fc.option(ratio),
    symmetric: fc.option(ratio),
    asymmetry: fc.double({ min: 0, max: 1, noNaN: true }),
    anti: fc.option(meanAndDeviation(1, 1e5)),
    sym: fc.option(meanAndDeviation(1, 1e5)),
    asym: meanAndDeviation(0.01, 1),
  })
  .map(({ anti, sym, asym, ...rest }) => ({
    ...rest,
    smoothing: 0,
    matrix: "transition",
    tokens: 12_345,
    shuffled: { shuffles: 5, antisymmetric: anti, symmetric: sym, asymmetry: asym },
  }));

/** The error that a ratio is shown with: one standard error, or half the proved interval. */
function errorOf({ method, convergedBy, lower, upper, standardError }: ParticipationRatio): number | null {
  if (method === "exact") return null;
  if (convergedBy === "standard-error") return standardError;
  return Math.min((upper - lower) / 2, standardError || Number.POSITIVE_INFINITY);
}

function expectRatio(cell: string, found: ParticipationRatio | null): void {
  if (found === null) expect(cell).toBe("–");
  else expectShown(cell, found.value, errorOf(found));
  expect(cell.endsWith("?")).toBe(found !== null && found.convergedBy === null);
}

function expectPair(cell: string, pair: [number, number] | null): void {
  if (pair === null) expect(cell).toBe("–");
  else expectShown(cell, pair[0], pair[1]);
}

/** One row of the table of a text, in the order of its columns. */
function expectCells(cells: string[], report: TransitionReport): void {
  expect(cells).toHaveLength(9);
  const [vocabulary, pairs, nonZero, antisymmetric, shuffledAnti, symmetric, shuffledSym, asymmetry, shuffledAsym] =
    cells;
  expectShown(vocabulary, report.vocabulary);
  expectShown(pairs, report.pairs);
  expectShown(nonZero, report.nonZero);
  expectRatio(antisymmetric, report.antisymmetric);
  expectPair(shuffledAnti, report.shuffled.antisymmetric);
  expectRatio(symmetric, report.symmetric);
  expectPair(shuffledSym, report.shuffled.symmetric);
  expectShown(asymmetry, report.asymmetry);
  expectPair(shuffledAsym, report.shuffled.asymmetry);
}

describe("a text's transitions", () => {
  const text = { names: ["a.txt"], tokens: "words" as const };

  it("stand in the table as they stand in the report", () => {
    fc.assert(
      fc.property(fc.array(transition, { minLength: 1, maxLength: 3 }), (reports) => {
        const lines = corpusTable(reports, text, 200, plain).split("\n");
        const head = lines.findIndex((line) => line.includes("antisym. PR"));
        reports.forEach((report, i) => {
          expectCells(lines[head + 1 + i].trim().split(/ +/), report);
        });
      }),
    );
  });

  it("stand in the Markdown as they stand in the report", () => {
    fc.assert(
      fc.property(fc.array(transition, { minLength: 1, maxLength: 3 }), (reports) => {
        const rows = corpusMarkdown(reports, text)
          .split("\n")
          .filter((line) => line.startsWith("|"))
          .slice(2);
        reports.forEach((report, i) => {
          expectCells(rows[i].slice(2, -2).split(" | "), report);
        });
      }),
    );
  });

  it("stand in the CSV in every bit", () => {
    fc.assert(
      fc.property(transition, (report) => {
        const [names, row] = corpusCsv([report], text)
          .trim()
          .split("\r\n")
          .map((line) => line.split(","));
        const cell = (name: string): number | null =>
          row[names.indexOf(name)] === "" ? null : Number(row[names.indexOf(name)]);
        for (const part of ["antisymmetric", "symmetric"] as const) {
          expect(cell(part)).toBe(report[part]?.value ?? null);
          expect(cell(`${part}Lower`)).toBe(report[part]?.lower ?? null);
          expect(cell(`${part}Upper`)).toBe(report[part]?.upper ?? null);
          expect(cell(`${part}StandardError`)).toBe(report[part]?.standardError ?? null);
          expect(cell(`${part}Shuffled`)).toBe(report.shuffled[part]?.[0] ?? null);
          expect(cell(`${part}ShuffledDeviation`)).toBe(report.shuffled[part]?.[1] ?? null);
        }
        expect([cell("vocabulary"), cell("pairs"), cell("nonZero"), cell("asymmetry")]).toEqual([
          report.vocabulary,
          report.pairs,
          report.nonZero,
          report.asymmetry,
        ]);
      }),
    );
  });
});
