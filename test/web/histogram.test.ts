import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import { analyze } from "../../src/index.js";
import { draw } from "../../src/report/html/chart.js";
import { markupText } from "../../src/report/html/markup.js";
import { histogram } from "../../src/web/histogram.js";
import { spreadChart } from "../../src/web/matrix-charts.js";
import { spreadOf } from "../../src/web/one-matrix.js";
import { DEFAULT_SETTINGS } from "../../src/web/settings.js";
import { modelFile, report, waves } from "./report.js";
import { safetensors } from "./safetensors.js";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Mean, deviation and excess kurtosis by their definitions. */
function moments(values: readonly number[]): { mean: number; deviation: number; excess: number } {
  const mean = sum(values) / values.length;
  const central = (power: number): number => sum(values.map((value) => (value - mean) ** power)) / values.length;
  return { mean, deviation: Math.sqrt(central(2)), excess: central(4) / central(2) ** 2 - 3 };
}

const single = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });

describe("a histogram of weights", () => {
  it("has every finite value in one place, and the moments of their definitions", () => {
    fc.assert(
      fc.property(fc.array(single, { minLength: 1, maxLength: 300 }), fc.nat(3), (finite, gaps) => {
        const values = [...finite, ...[NaN, Infinity, -Infinity].slice(0, gaps)];
        const found = histogram(Float32Array.from(values));
        const { counts, from, step, below, above, count, nonFinite } = found;
        expect([count, nonFinite]).toEqual([finite.length, Math.min(3, gaps)]);
        expect(sum([...counts]) + below + above).toBe(finite.length);
        expect([found.minimum + 0, found.maximum + 0]).toEqual([Math.min(...finite) + 0, Math.max(...finite) + 0]);
        // Borders are sums that round: what lies on one may be counted on either side.
        const near = 1e-9 * (Math.abs(from) + step * counts.length);
        counts.forEach((inside, i) => {
          const low = from + i * step;
          const within = (by: number): number =>
            finite.filter((value) => value >= low - by && value <= low + step + by).length;
          const surely = finite.filter((value) => value > low + near && value < low + step - near).length;
          expect(inside).toBeGreaterThanOrEqual(surely);
          expect(inside).toBeLessThanOrEqual(within(near));
        });
        const { mean, deviation, excess } = moments(finite);
        const size = Math.max(...finite.map(Math.abs));
        expect(Math.abs(found.mean - mean)).toBeLessThanOrEqual(1e-12 * size);
        expect(Math.abs(found.deviation - deviation)).toBeLessThanOrEqual(1e-9 * size);
        if (deviation > 1e-4 * size) expect(found.excessKurtosis).toBeCloseTo(excess, 6);
      }),
    );
  });

  it("stays finite where squares are not", () => {
    for (const unit of [1e-40, 1e-20, 1, 1e20, 3e38]) {
      const found = histogram(Float32Array.from([-1, 0, 0, 1], (value) => value * unit));
      expect(found.excessKurtosis, String(unit)).toBeCloseTo(-1, 6);
      expect(found.deviation / unit).toBeCloseTo(Math.SQRT1_2, 5);
      expect(sum([...found.counts])).toBe(4);
    }
  });

  it("counts what lies far out beside its bins", () => {
    const found = histogram([...Array.from({ length: 999 }, (_, i) => (i % 7) - 3), 5000]);
    expect([found.below, found.above, found.maximum]).toEqual([0, 1, 5000]);
    expect(sum([...found.counts])).toBe(999);
  });

  it.each([
    ["nothing", [], [0]],
    ["one value", [2, 2, 2], [3]],
    ["one value whose sum rounds", Array<number>(777).fill(Math.fround(0.1)), [777]],
    ["nothing finite", [NaN, Infinity], [0]],
  ])("is one bin of %s", (_, values, counts) => {
    const found = histogram(values);
    expect([...found.counts]).toEqual(counts);
    expect([found.step, found.excessKurtosis]).toEqual([0, null]);
    const { svg } = draw(spreadChart({ ...found, read: 1, rows: 1 }), { width: 400, height: 200 });
    expect(markupText(svg)).not.toMatch(/NaN|Infinity/);
  });

  it("says of a stored matrix what the report says of it", async () => {
    const { matrices } = await report();
    const checkpoint = await openRaw(modelFile());
    for (const { name, norms, rows } of matrices) {
      const found = await spreadOf(checkpoint, { matrix: name, settings: DEFAULT_SETTINGS });
      expect([found.read, found.rows]).toEqual([rows, rows]);
      expect(found.mean).toBeCloseTo(norms.mean, 7);
      expect(found.deviation).toBeCloseTo(norms.standardDeviation, 6);
      expect(found.excessKurtosis).toBeCloseTo(norms.excessKurtosis!, 4);
    }
  });

  it("leaves out what is not finite, and says so", async () => {
    const values = waves(8, 8, 3);
    values.set([NaN, Infinity], 5);
    const file = safetensors({ w: { shape: [8, 8], values } });
    const { matrices } = await analyze(file, { gaussians: [2] });
    expect(matrices[0].norms.nonFinite).toBe(2);
    const spread = await spreadOf(await openRaw(file), { matrix: "w", settings: DEFAULT_SETTINGS });
    expect(spread.count).toBe(62);
    expect(spreadChart(spread).description).toMatch(/; 2 not finite, left out\.$/);
  });

  it("has a normal curve of as many weights as the bars", () => {
    const found = { ...histogram(waves(100, 100, 1)), read: 1, rows: 1 };
    const [bars, curve] = spreadChart(found).series;
    expect(sum(bars.points.map(({ y }) => y))).toBe(10_000);
    const area = sum(
      curve.points.slice(1).map(({ x, y }, i) => ((y + curve.points[i].y) / 2) * (x - curve.points[i].x)),
    );
    // What of the normal distribution lies beyond the smallest and the largest of these weights is not drawn.
    expect(area / found.step).toBeGreaterThan(9000);
    expect(area / found.step).toBeLessThan(10_000);
  });
});
