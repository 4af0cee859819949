import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { makeScale } from "../../src/report/html/axis.js";
import { draw } from "../../src/report/html/chart.js";
import type { Chart } from "../../src/report/html/chart-types.js";
import { markupText } from "../../src/report/html/markup.js";
import { energyBesideChance } from "../../src/report/html/nulls.js";
import { count, figure, share, short } from "../../src/report/html/numbers.js";
import { energyPooled, participationByLayer, stableRankByLayer } from "../../src/report/html/views.js";
import { modelFile, report } from "./report.js";

describe("scales", () => {
  const values = fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 40 });

  it("keep the order of values and stay inside, with ticks in sight", () => {
    fc.assert(
      fc.property(values, fc.boolean(), (given, log) => {
        const axis = { label: "", scale: log ? ("log" as const) : ("linear" as const) };
        const usable = given.map((value) => (log ? Math.abs(value) + 1e-6 : value));
        const scale = makeScale(axis, usable, { from: 50, to: 450, apart: 60 });
        const sorted = [...usable].sort((a, b) => a - b).map((value) => scale.position(value));
        for (const [i, place] of sorted.entries()) {
          expect(place).toBeGreaterThanOrEqual(50 - 1e-6);
          expect(place).toBeLessThanOrEqual(450 + 1e-6);
          if (i > 0) expect(place).toBeGreaterThanOrEqual(sorted[i - 1] - 1e-6);
        }
        expect(scale.ticks.length).toBeGreaterThanOrEqual(2);
        expect(scale.ticks.length).toBeLessThanOrEqual(24);
        for (const tick of scale.ticks) expect(scale.position(tick)).toBeGreaterThan(49);
      }),
      { numRuns: 300 },
    );
  });

  it("have even ticks on a logarithmic axis of less than a factor of two", () => {
    expect(makeScale({ label: "", scale: "log" }, [12.1, 14.3], { from: 0, to: 300, apart: 60 }).ticks).toEqual([
      12.5, 13, 13.5, 14,
    ]);
  });

  it("tick whole numbers only where they count things", () => {
    const scale = makeScale({ label: "", whole: true }, [0, 1, 2], { from: 0, to: 600, apart: 60 });
    expect(scale.ticks).toEqual([0, 1, 2]);
  });

  it("stand one value and none", () => {
    for (const log of ["log", "linear"] as const) {
      expect(
        Number.isFinite(makeScale({ label: "", scale: log }, [5], { from: 0, to: 100, apart: 50 }).position(5)),
      ).toBe(true);
      expect(makeScale({ label: "", scale: log }, [], { from: 0, to: 100, apart: 50 }).ticks.length).toBeGreaterThan(1);
    }
  });
});

describe("charts", () => {
  const chart = (points: { x: number; y: number; label?: string; key?: number }[]): Chart => ({
    title: "T <",
    description: "D",
    x: { label: "x" },
    y: { label: "y", scale: "log" },
    series: [
      { name: "a", colour: "c0", mark: "dots", points },
      { name: "b", colour: "c1", mark: "line-dots", points },
    ],
  });

  it("leave out what a scale cannot show, and say so when nothing is left", () => {
    const drawing = draw(
      chart([
        { x: 1, y: 0 },
        { x: NaN, y: 3 },
        { x: 2, y: Infinity },
      ]),
      { width: 400, height: 300 },
    );
    expect(drawing.targets).toEqual([]);
    expect(markupText(drawing.svg)).toContain("nothing to show yet");
    expect(markupText(drawing.svg)).not.toMatch(/NaN|Infinity/);
  });

  it("give each point's place to pointers, and few elements to many points", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => ({ x: i, y: 1 + i, key: i, label: `m${i}` }));
    const { svg, targets } = draw(chart(many), { width: 800, height: 300 });
    expect(targets).toHaveLength(20_000);
    expect((markupText(svg).match(/</g) ?? []).length).toBeLessThan(200);
    const {
      targets: [first],
    } = draw(chart([{ x: 3, y: 3, key: 7 }]), { width: 800, height: 300 });
    expect(first.point.key).toBe(7);
  });

  it("are files of their own with a title and styles", () => {
    const text = markupText(draw(chart([{ x: 1, y: 2 }]), { width: 400, height: 300, style: ".a{b:c}" }).svg);
    expect(text).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(text).toContain("T &lt;");
  });
});

it("numbers are written to be compared", () => {
  expect([
    figure(0),
    figure(NaN),
    figure(null),
    figure(1234.5),
    figure(0.000012345),
    figure(3.14159),
    figure(1.5e9),
  ]).toEqual(["0", "–", "–", "1,235", "1.23e-5", "3.14", "1.50e9"]);
  expect([
    share(0.12345),
    share(null),
    count(1234567),
    short(999),
    short(10_200_000),
    short(1e9),
    short(5_022_280, "B"),
  ]).toEqual(["0.123", "–", "1,234,567", "999", "10.2M", "1B", "5.02\u00a0MB"]);
});

it("one K that was asked for in two ways is one point of the pooled energies", async () => {
  const { matrices } = await report({ gaussians: ["4", "d/8", "8"] }, modelFile(1));
  const [gaussians] = energyPooled(matrices).series.filter(({ name }) => name === "Gaussians");
  expect(gaussians.points.map(({ label }) => label)).toEqual(["K = 4", "K = 8"]);
});

describe("charts by layer", () => {
  it("have what noise of the shapes would have beside them", async () => {
    const random = new Random(3);
    const noise = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
    const { matrices } = await report(
      { gaussians: ["4"] },
      modelFile(0, {
        "layers.0.mlp.up.weight": { shape: [300, 120], values: noise(36_000) },
        "layers.1.mlp.up.weight": { shape: [300, 120], values: noise(36_000) },
        "layers.1.mlp.gate.weight": { shape: [64, 64], values: noise(4096) },
      }),
    );
    for (const [chart, near] of [
      [participationByLayer(matrices), 0.1],
      [stableRankByLayer(matrices), 0.1],
      // Of 64 × 4 amplitudes the energy varies by some 9 %.
      [energyBesideChance(matrices), 0.27],
    ] as const) {
      const nulls = chart.series.filter(({ colour }) => colour === "ink");
      const dots = chart.series.filter(({ colour }) => colour !== "ink").flatMap(({ points }) => points);
      expect(dots).toHaveLength(3);
      for (const { x, y } of dots) {
        const beside = nulls
          .flatMap(({ points }) => points.filter((point) => point.x === x))
          .map((point) => y / point.y);
        expect(Math.min(...beside.map((ratio) => Math.abs(ratio - 1))), chart.title).toBeLessThan(near);
      }
    }
    // Two shapes in one of the layers: the least and the most of noise, once in the legend.
    expect(
      participationByLayer(matrices)
        .series.slice(0, 2)
        .map(({ quiet = false }) => quiet),
    ).toEqual([false, true]);
  });
});
