import { describe, expect, it } from "vitest";
import { banded } from "../../src/report/html/bands.js";
import type { Chart } from "../../src/report/html/chart-types.js";
import type { MatrixReport } from "../../src/types.js";
import { pairChart } from "../../src/web/matrix-charts.js";
import type { Pair } from "../../src/web/pairs.js";
import { report } from "./report.js";

const chart = (points: { x: number; y: number }[], scale: "linear" | "log" = "linear"): Chart => ({
  title: "t",
  description: "One dot a matrix; the line is a fit.",
  x: { label: "x", scale },
  y: { label: "y" },
  series: [
    { name: "a", colour: "c0", mark: "dots", points },
    { name: "fit", colour: "ink", mark: "dashes", points: [{ x: 1, y: 1 }] },
  ],
});

describe("charts of many dots", () => {
  it("stay as they are up to 400", () => {
    const few = chart(Array.from({ length: 400 }, (_, i) => ({ x: i, y: i })));
    expect(banded(few)).toBe(few);
  });

  it("hold the middle half and the median at each place, whatever the order of the points", () => {
    const points = Array.from({ length: 505 }, (_, i) => ({ x: i % 5, y: (i * 37) % 101 }));
    const { series, description } = banded(chart(points));
    expect(series.map(({ mark }) => mark)).toEqual(["band", "line-dots", "dashes"]);
    expect(description).toBe("Lines are medians, bands hold the middle half of the matrices; the line is a fit.");
    for (const { x, y, low, high } of series[0].points) {
      const values = points.filter((point) => point.x === x).map((point) => point.y);
      expect(values.filter((value) => value < y).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > y).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value >= low! && value <= high!).length).toBeGreaterThanOrEqual(
        Math.floor(values.length / 2),
      );
    }
    expect(banded(chart([...points].reverse())).series[0]).toEqual(series[0]);
  });

  it("gather many places in at most 48, on either axis", () => {
    for (const scale of ["linear", "log"] as const) {
      const points = Array.from({ length: 5000 }, (_, i) => ({ x: i + 1, y: 1 }));
      const [band] = banded(chart(points, scale)).series;
      expect(band.points.length).toBeLessThanOrEqual(48);
      expect(band.points.length).toBeGreaterThan(20);
      expect(band.points.map(({ x }) => x)).toEqual([...band.points.map(({ x }) => x)].sort((a, b) => a - b));
    }
  });

  it("thin long lines, and leave them lines", () => {
    const long = chart([]);
    long.series[1].points = Array.from({ length: 1000 }, (_, i) => ({ x: i, y: 2 * i }));
    const [, { mark, points }] = banded(long).series;
    expect(mark).toBe("dashes");
    expect(points.length).toBeLessThanOrEqual(48);
    for (const { x, y } of points) expect(Math.abs(y - 2 * x)).toBeLessThanOrEqual(2);
  });

  it("stand for pairs of two checkpoints too, beside the line on which nothing changed", async () => {
    const { matrices } = await report();
    const [matrix] = matrices;
    const asked = {
      title: "Norm, both",
      label: "norm",
      of: ({ norms }: MatrixReport) => norms.norm,
      scale: "linear" as const,
    };
    const pairs = (count: number): Pair[] =>
      Array.from({ length: count }, (_, i) => ({
        a: { ...matrix, norms: { ...matrix.norms, norm: 1 + i } },
        b: { ...matrix, norms: { ...matrix.norms, norm: 2 + i } },
      }));
    const marks = (count: number): string[] =>
      pairChart(asked, pairs(count), ["a", "b"]).series.flatMap(({ mark, points }) =>
        points.length > 0 ? [`${mark} ${points.length}`] : [],
      );
    expect(marks(400)[1]).toMatch(/^(dots|squares) 400$/);
    expect(marks(401)).toEqual(["dashes 2", "band 48", "line-dots 48"]);
    expect(pairChart(asked, pairs(401), ["a", "b"]).description).toMatch(/middle half of the pairs/);
  });
});
