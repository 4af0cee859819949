import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { describeSpectrum, signalOf } from "../../src/spectra/describe.js";
import { kritchmanNadler } from "../../src/spectra/kritchman-nadler.js";
import { freeParameters, signalDirections } from "../../src/spectra/signal.js";

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/reference/${name}`, import.meta.url), "utf8"));

interface Expected {
  name: string;
  rows: number;
  columns: number;
  effectiveRank: number;
  numericalRank: number;
  energyRank: Record<"0.5" | "0.9" | "0.99", number>;
  powerLaw: { alpha: number; xmin: number; D: number; tail: number; standardError: number };
  marchenkoPastur: { noiseVariance: number; edge: number; count: number; bulkKStimesSize: number };
  kritchmanNadler: { count: number };
}

const { matrices } = fixture("spectra.json") as { matrices: Expected[] };
const values = fixture("singular-values.json") as Record<string, number[]>;
const squaresOf = (name: string, scale = 1): Float64Array => Float64Array.from(values[name], (x) => x * x * scale);

const near = (found: number, expected: number, tolerance: number): void => {
  expect(Math.abs(found - expected) / Math.abs(expected)).toBeLessThanOrEqual(tolerance);
};

/** λ in descending order. */
const sorted = (all: number[]): Float64Array => Float64Array.from(all).sort().reverse();
const descending = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 60 }).map(sorted);

describe("figures of 16 matrices, by numpy", () => {
  it.each(matrices)("$name", ({ name, rows, columns, ...expected }) => {
    const figures = describeSpectrum({ squares: squaresOf(name), rows, columns, floor: 0 });
    const { signal } = figures;
    const { marchenkoPastur, powerLaw, energyRank } = expected;
    expect(signal.directions).toBe(marchenkoPastur.count);
    near(signal.noiseVariance, marchenkoPastur.noiseVariance, 1e-8);
    near(signal.edge, marchenkoPastur.edge, 1e-8);
    near(signal.bulk!, marchenkoPastur.bulkKStimesSize, 1e-8);
    expect(signal.verdict).toBe(marchenkoPastur.bulkKStimesSize > 12 ? "no Marchenko–Pastur bulk" : "ok");
    expect(signal.kritchmanNadler).toBe(expected.kritchmanNadler.count);
    expect(signal.parameters).toBe(signal.directions * (rows + columns) - signal.directions ** 2);
    near(figures.effectiveRank!, expected.effectiveRank, 1e-12);
    expect(figures.numericalRank).toBe(expected.numericalRank);
    expect(figures.energyRanks).toEqual(energyRank);
    near(figures.tail!.exponent, powerLaw.alpha, 1e-10);
    near(figures.tail!.minimum, powerLaw.xmin, 1e-12);
    near(figures.tail!.distance, powerLaw.D, 1e-10);
    near(figures.tail!.standardError, powerLaw.standardError, 1e-10);
    expect(figures.tail!.n).toBe(powerLaw.tail);
  });

  it.each(matrices)("$name, times 2⁻⁴⁰: the same, but for what has a unit", ({ name, rows, columns }) => {
    const unit = 2 ** -80;
    const here = describeSpectrum({ squares: squaresOf(name), rows, columns, floor: 1e-9 });
    const there = describeSpectrum({ squares: squaresOf(name, unit), rows, columns, floor: 1e-9 * 2 ** -40 });
    expect({
      ...there,
      floor: there.floor * 2 ** 40,
      tail: { ...there.tail, minimum: there.tail!.minimum / unit },
      signal: { ...there.signal, edge: there.signal.edge / unit, noiseVariance: there.signal.noiseVariance / unit },
    }).toEqual(here);
  });
});

describe("signal directions", () => {
  it("an exact low rank is all signal, above noise of nothing", () => {
    const squares = new Float64Array(64);
    squares.set([9, 4, 1]);
    expect(signalDirections(squares, 64, 100)).toEqual({
      directions: 3,
      edge: 0,
      noiseVariance: 0,
      below: 0,
      bulk: null,
      verdict: "no bulk",
    });
    expect(signalOf({ squares, rows: 64, columns: 100 })).toMatchObject({
      parameters: 3 * (164 - 3),
      energy: 1,
      kritchmanNadler: 3,
    });
  });

  it("with fewer than max(16, M/8) values left there is no bulk, before any distance is looked at", () => {
    expect(signalDirections(sorted(Array.from({ length: 15 }, (_, i) => 1 + i / 100)), 15, 40).verdict).toBe("no bulk");
    // Halved from one to the next: each round takes off more than half of what is left.
    const few = signalDirections(
      Float64Array.from({ length: 108 }, (_, i) => 2 ** -i),
      108,
      108,
    );
    expect(few).toMatchObject({ bulk: null, verdict: "no bulk" });
    expect(few.directions).toBeGreaterThan(92);
  });

  it("a spectrum of equal values has no Marchenko–Pastur bulk", () => {
    expect(signalDirections(new Float64Array(100).fill(3), 100, 100).verdict).toBe("no Marchenko–Pastur bulk");
  });

  it("values under the lower edge are counted apart", () => {
    const squares = squaresOf("gauss.rank5");
    const { rows, columns } = matrices.find(({ name }) => name === "gauss.rank5")!;
    expect(signalDirections(squares, rows, columns)).toMatchObject({ directions: 5, below: 0 });
    squares.fill(1e-9, squares.length - 4);
    expect(signalDirections(squares, rows, columns)).toMatchObject({ directions: 5, below: 4 });
  });

  it("any spectrum gives counts within its side, an edge that parts it, and shares in [0, 1]", () => {
    fc.assert(
      fc.property(descending, fc.nat(100), (squares, more) => {
        const rows = squares.length;
        const columns = squares.length + more;
        const signal = signalOf({ squares, rows, columns });
        expect(signal.directions + signal.below).toBeLessThanOrEqual(rows);
        for (let i = 0; i < signal.directions; i++) expect(squares[i]).toBeGreaterThanOrEqual(signal.edge);
        expect(signal.energy).toBeGreaterThanOrEqual(0);
        expect(signal.energy).toBeLessThanOrEqual(1);
        expect(signal.noiseVariance).toBeGreaterThanOrEqual(0);
        expect(signalOf({ squares, rows: columns, columns: rows })).toEqual(signal);
        expect(kritchmanNadler(squares, rows, columns)).toBeLessThanOrEqual(rows);
      }),
    );
  });

  it("two rows, one value, zeros alone", () => {
    expect(signalDirections(Float64Array.of(4, 1), 2, 9)).toMatchObject({
      directions: 0,
      bulk: null,
      verdict: "no bulk",
    });
    expect(signalDirections(Float64Array.of(4), 1, 9)).toMatchObject({ directions: 0, verdict: "no bulk" });
    expect(signalOf({ squares: new Float64Array(3), rows: 3, columns: 3 })).toMatchObject({
      directions: 0,
      energy: 0,
      kritchmanNadler: 0,
    });
  });

  it("free parameters: those of a matrix of rank r, all of it at full rank", () => {
    expect(freeParameters(1, 5, 7)).toBe(11);
    expect(freeParameters(5, 5, 7)).toBe(35);
  });

  it("values below the floor are rounding: they count nowhere", () => {
    const random = new Random(3);
    const squares = sorted(
      Array.from({ length: 40 }, (_, i) => (i < 20 ? 1 + random.float() : 1e-16 * random.float())),
    );
    const figures = describeSpectrum({ squares, rows: 40, columns: 40, floor: 1e-7 });
    expect(figures).toMatchObject({ numericalRank: 20, floor: 1e-7 });
    expect(figures.tail!.n).toBeLessThanOrEqual(20);
    expect(figures.effectiveRank!).toBeLessThanOrEqual(20);
    expect(figures).toEqual(
      describeSpectrum({ squares: squares.map((x) => (x > 0.5 ? x : 0)), rows: 40, columns: 40, floor: 1e-7 }),
    );
  });
});
