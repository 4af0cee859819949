import fc from "fast-check";
import type { Axis } from "../../src/report/html/axis.js";
import type { Chart, Series } from "../../src/report/html/chart-types.js";

const MARKS = "dots squares line dashes dotted line-dots dashes-dots band bars area".split(" ") as Series["mark"][];

/** Of every size, near to one another and far apart, and what no scale can show. */
const value = fc.oneof(
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.double(),
  fc.integer({ min: 0, max: 130 }),
  fc.double({ min: 0.99999, max: 1.00001, noNaN: true }),
  fc
    .tuple(fc.integer({ min: -300, max: 300 }), fc.double({ min: 1, max: 10, noNaN: true }))
    .map(([power, digits]) => Number(`${digits.toFixed(6)}e${power}`)),
);
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom("participation ratio", "attention.output", "WWWWWWWWWWWW".repeat(8), "模型权重".repeat(12)),
);
const axis: fc.Arbitrary<Axis> = fc
  .record({ label: text, scale: fc.constantFrom("linear", "log"), whole: fc.boolean(), zero: fc.boolean() })
  .map(({ label, scale, whole, zero }) => ({
    label,
    scale: scale as "linear" | "log",
    whole: whole && scale === "linear",
    ...(zero ? { include: [0] } : {}),
  }));
/** Values of one kind, so that ranges are narrow as often as wide. */
const points = fc
  .tuple(fc.double({ min: 1e-12, max: 1e12, noNaN: true }), fc.double({ min: 0, max: 1e-3, noNaN: true }))
  .chain(([about, spread]) =>
    fc.array(
      fc.oneof(
        fc.record({ x: value, y: value }),
        fc
          .tuple(fc.nat(99), fc.nat(99))
          .map(([x, y]) => ({ x: about * (1 + spread * x), y: about * (1 + spread * y) })),
      ),
      { maxLength: 12 },
    ),
  );

/** Any chart, of any data, and the size that it is drawn at. */
export const anyChart: fc.Arbitrary<{ chart: Chart; width: number; height: number; titled: boolean }> = fc.record({
  chart: fc.record({
    title: text,
    description: text,
    x: axis,
    y: axis,
    series: fc.array(
      fc.record({ name: text, colour: fc.constantFrom("c0", "ink"), mark: fc.constantFrom(...MARKS), points }),
      { maxLength: 12 },
    ),
  }),
  width: fc.integer({ min: 260, max: 900 }),
  height: fc.integer({ min: 200, max: 420 }),
  titled: fc.boolean(),
});
