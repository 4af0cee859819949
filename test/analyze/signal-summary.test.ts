import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { energySummary, signalDetail, signalSummary } from "../../src/analyze/signal-summary.js";
import type { MatrixReport } from "../../src/types.js";
import { matrix, spectrum } from "../report/sample.js";

/** Of `rows` × 1024, above the side of which all are counted, with `directions` or without a spectrum. */
const large = (name: string, role: string | null, directions: number | null, given: Partial<MatrixReport> = {}) =>
  matrix(name, 0, {
    role,
    rows: 1024,
    columns: 1024,
    parameters: 1024 * 1024,
    spectrum: directions === null ? null : spectrum(directions, { parameters: directions * (2048 - directions) }),
    ...given,
  });

describe("the signal of all matrices", () => {
  it("is the sum where all were counted, tied ones and those without a spectrum to find apart", () => {
    const summary = signalSummary([
      matrix("a", 0, { spectrum: spectrum(10, { energy: 0.5 }) }),
      matrix("b", 0, { spectrum: spectrum(30, { energy: 1, verdict: "no bulk", bulk: null }) }),
      matrix("c", 1, { tiedTo: "a", spectrum: spectrum(10) }),
      matrix("zeros", 1, { participation: null, spectrum: null }),
    ])!;
    expect(summary).toEqual({
      directions: 40,
      standardError: 0,
      of: 512,
      parameters: 10 * 502 + 30 * 482,
      energy: 0.75,
      counted: 2,
      matrices: 2,
      withoutBulk: 1,
      unsampledRoles: [],
    });
  });

  it("extends what was sampled by role, with the error of stratified sampling without replacement", () => {
    const summary = signalSummary([
      large("q0", "q", 100),
      large("q1", "q", null),
      large("q2", "q", 140),
      large("q3", "q", null),
      large("v0", "v", 50),
      large("e", "e", null),
      matrix("small", 0, { role: "q", spectrum: spectrum(7) }),
    ])!;
    expect(summary).toMatchObject({ directions: 4 * 120 + 50 + 7, of: 5 * 1024 + 256, counted: 4, matrices: 7 });
    expect(summary.unsampledRoles).toEqual(["e"]);
    // N² (1 - n/N) s²/n of four q, two of which were counted: 100 and 140.
    expect(summary.standardError).toBeCloseTo(Math.sqrt(16 * 0.5 * (800 / 2)), 9);
    const mean = (100 * 1948 + 140 * 1908) / 2;
    expect(summary.parameters).toBe(4 * mean + 50 * 1998 + 7 * 505);
  });

  it("has no error where one of several was counted, and says nothing where none was", () => {
    expect(signalSummary([large("q0", "q", 100), large("q1", "q", null)])).toMatchObject({
      directions: 200,
      standardError: null,
    });
    expect(signalSummary([large("q0", "q", null)])).toBeNull();
    expect(signalDetail([large("q0", "q", null)])).toBeNull();
    expect(signalSummary([])).toBeNull();
  });

  it("names matrices without a role together", () => {
    const { unsampledRoles } = signalSummary([large("a", "q", 3), large("b", null, null), large("c", null, null)])!;
    expect(unsampledRoles).toEqual(["matrices without a role"]);
  });

  it("of any sample lies between nothing and all", () => {
    const one = fc.record({ role: fc.constantFrom("q", "v", null), directions: fc.option(fc.nat(1024)) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (all) => {
        const summary = signalSummary(all.map(({ role, directions }, i) => large(`m${i}`, role, directions)));
        expect(summary === null).toBe(all.every(({ directions }) => directions === null));
        if (summary === null) return;
        expect(summary.directions).toBeGreaterThanOrEqual(0);
        expect(summary.directions).toBeLessThanOrEqual(summary.of);
        expect(summary.energy).toBeLessThanOrEqual(1);
        expect(summary.counted).toBe(all.filter(({ directions }) => directions !== null).length);
      }),
    );
  });

  it("is told by layer and by role, and the matrices with most and least of it", () => {
    const counts = [40, 10, 90, 60, 20];
    const detail = signalDetail(
      counts.map((directions, i) =>
        matrix(`m${i}`, i % 2, { role: i < 3 ? "q" : null, spectrum: spectrum(directions, { energy: 0.5 }) }),
      ),
    )!;
    expect(detail.most).toEqual(["m2", "m3"]);
    expect(detail.least).toEqual(["m1", "m4"]);
    expect(detail.factors).toBe(220 * 512);
    expect(detail.gaussianEnergy).toBeCloseTo(0.44, 12);
    expect(detail.layers.map(({ layer, directions, of }) => [layer, directions, of])).toEqual([
      [0, 150, 768],
      [1, 70, 512],
    ]);
    expect(detail.roles).toMatchObject([
      { role: "q", directions: 140, of: 768, energy: 0.5, counted: 3, matrices: 3 },
      { role: null, directions: 80, of: 512, counted: 2 },
    ]);
  });
});

describe("what an energy takes in all", () => {
  it("is never above the weights, tied matrices once", () => {
    const target = (gaussians: number | null, rank: number) => ({ energyTarget: { energy: 0.9, gaussians, rank } });
    expect(
      energySummary([
        matrix("a", null, target(231, 97)),
        matrix("b", null, target(null, 200)),
        matrix("c", null, { ...target(1, 1), tiedTo: "a" }),
        matrix("d", null),
      ]),
      // 256 · 231 + all of 65536; 97 · 512 + all of 65536.
    ).toEqual({ energy: 0.9, weights: 131_072, amplitudes: 124_672, factors: 115_200 });
    expect(energySummary([matrix("d", null)])).toBeNull();
  });
});
