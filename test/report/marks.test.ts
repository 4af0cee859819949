import { describe, expect, it } from "vitest";
import { draw } from "../../src/report/html/chart.js";
import type { Chart, Series } from "../../src/report/html/chart-types.js";
import { markupText } from "../../src/report/html/markup.js";
import { fileStyle } from "../../src/report/html/style.js";
import { canRasterise, pixelsOf, rasterise } from "../support/raster.js";
import { isRequired } from "../support/results.mjs";

const DOTS = 288;
/** Pixels a unit of the drawing: librsvg takes 96 of them to an inch. */
const scale = DOTS / 96;

const series = (mark: Series["mark"], colour: string, across: number, shift: number): Series => ({
  name: mark,
  colour,
  mark,
  points: Array.from({ length: across * across }, (_, i) => ({ x: (i % across) + shift, y: Math.floor(i / across) })),
});
const chart = (across: number): Chart => ({
  title: "T",
  description: "D",
  x: { label: "x" },
  y: { label: "y" },
  series: [series("dots", "c0", across, 0), series("squares", "c4", across, across + 1)],
});
const fileOf = (drawn: Chart, given?: (name: string) => string): string =>
  markupText(draw(drawn, { width: 760, height: 420, style: fileStyle(drawn, given) }).svg);

describe("saved charts", () => {
  it("hold no custom properties, and the colours that they are given", () => {
    const file = fileOf(chart(3), (name) => (name === "c4" ? "rgb(1, 2, 3)" : ""));
    expect(file).not.toMatch(/var\(|--ws|light-dark/);
    expect(file).toContain(".chart .dots.c4{fill:rgb(1, 2, 3)}");
    expect(file).toContain(".chart .dots.c0{fill:#0b62a8}");
    expect(file.match(/<circle /g)).toHaveLength(10);
    expect(file.match(/<rect class="dots c4"/g)).toHaveLength(10);
  });

  it("draw marks on one pixel once, and whiskers as one path", () => {
    const many = Array.from({ length: 900 }, () => ({ x: 1, y: 2, low: 1, high: 3 }));
    const { svg } = draw(
      { ...chart(1), series: [{ name: "a", colour: "c0", mark: "dots", points: [...many, { x: 2, y: 2 }] }] },
      { width: 400, height: 300 },
    );
    const file = markupText(svg);
    expect(file.match(/a3 3 0 1 0 6 0/g)).toHaveLength(2);
    expect(file.match(/V/g)).toHaveLength(1);
    const cloud = draw(chart(40), { width: 400, height: 300 });
    expect(markupText(cloud.svg).length).toBeLessThan(2 * 1600 * 20);
    expect(cloud.targets).toHaveLength(3200);
  });

  const wanted = canRasterise || isRequired("rasters");
  describe.skipIf(wanted)("drawn by librsvg", () => it("needs rasters", () => {}));
  describe.skipIf(!wanted)("drawn by librsvg", () => {
    // Few points are elements of their own, many are one path.
    it.each([6, 21])("show %i² circles and squares of their size", (across) => {
      const pixels = rasterise("svg", fileOf(chart(across)), DOTS);
      // And one of each in the legend.
      const marks = across * across + 1;
      expect(pixelsOf(pixels, "#0b62a8") / (marks * Math.PI * (3 * scale) ** 2)).toBeCloseTo(1, 0.6);
      expect(pixelsOf(pixels, "#c24914") / (marks * (5.5 * scale) ** 2)).toBeCloseTo(1, 0.6);
    });
  });
});
