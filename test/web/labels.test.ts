import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeScale } from "../../src/report/html/axis.js";
import { draw } from "../../src/report/html/chart.js";
import { fitted, widthOf } from "../../src/report/html/letters.js";
import type { Markup } from "../../src/report/html/markup.js";
import { anyChart } from "./any-chart.js";

interface Box {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Of a font's size, above and below its base line. */
const ABOVE = 0.93;
const BELOW = 0.24;

/** Where each text of a drawing lies, by the widths of the widest usual font. */
function boxes({ tag, attributes, children }: Markup): Box[] {
  const within = children.flatMap((child) => (typeof child === "string" ? [] : boxes(child)));
  if (tag !== "text") return within;
  const text = children.join("");
  const size = attributes.class === "title" ? 15 : 12;
  const wide = widthOf(text, attributes.class === "title" ? 1.12 * size : size);
  const back = { middle: wide / 2, end: wide, start: 0 }[attributes["text-anchor"] ?? "start"]!;
  const turned = /translate\((\S+) (\S+)\) rotate\(-90\)/.exec(attributes.transform ?? "");
  if (turned) {
    const [x, y] = [Number(turned[1]), Number(turned[2])];
    return [{ text, left: x - ABOVE * size, right: x + BELOW * size, top: y - wide / 2, bottom: y + wide / 2 }];
  }
  const [x, y] = [Number(attributes.x), Number(attributes.y)];
  return [{ text, left: x - back, right: x - back + wide, top: y - ABOVE * size, bottom: y + BELOW * size }];
}

describe("labels of a chart", () => {
  it("never overlap and lie inside the view, whatever the data, names and sizes are", () => {
    fc.assert(
      fc.property(anyChart, ({ chart, width, height, titled }) => {
        const { svg } = draw(chart, { width, height, ...(titled ? { style: "" } : {}) });
        const all = boxes(svg).filter(({ text }) => text !== "nothing to show yet" && text.trim() !== "");
        for (const [i, a] of all.entries()) {
          const inside = a.left >= -0.1 && a.right <= width + 0.1 && a.top >= -0.1 && a.bottom <= height + 0.1;
          expect(inside, `inside: ${JSON.stringify(a)}`).toBe(true);
          for (const b of all.slice(0, i)) {
            const apart =
              a.right <= b.left + 0.1 || b.right <= a.left + 0.1 || a.bottom <= b.top + 0.1 || b.bottom <= a.top + 0.1;
            expect(apart, `apart: ${JSON.stringify([a, b])}`).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("tell ticks apart: no two of an axis are the same, and each is its value", () => {
    const finite = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(finite, fc.double({ min: -1, max: 1, noNaN: true }), fc.boolean(), (from, by, logarithmic) => {
        const values = [from, from * (1 + by)].map((value) => (logarithmic ? Math.abs(value) + 1e-300 : value));
        const axis = { label: "", scale: logarithmic ? ("log" as const) : ("linear" as const) };
        const { ticks, label } = makeScale(axis, values, { from: 0, to: 500, apart: 60 });
        const labels = ticks.map(label);
        expect(new Set(labels).size).toBe(labels.length);
        for (const [i, tick] of ticks.entries()) {
          const [, number, suffix] = /^(-?[\d.]+(?:e-?\d+)?)([kMB]?)$/.exec(labels[i])!;
          const shown = Number(number) * { "": 1, k: 1e3, M: 1e6, B: 1e9 }[suffix]!;
          expect(Math.abs(shown - tick)).toBeLessThanOrEqual(0.006 * Math.abs(tick));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("that are longer than their room end in an ellipsis", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), fc.integer({ min: 0, max: 300 }), (text, room) => {
        const shown = fitted(text, 12, room);
        expect(shown === "" || widthOf(shown, 12) <= room).toBe(true);
        if (shown !== text) expect(shown === "" || shown.endsWith("…")).toBe(true);
      }),
    );
    expect(fitted("participation ratio", 12, 1000)).toBe("participation ratio");
    expect(fitted("participation ratio", 12, 60)).toBe("partici…");
  });
});
