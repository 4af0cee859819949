import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { meanAndDeviation } from "../../src/base/statistics.js";
import { type Kernels, load, pearson } from "../../src/index.js";
import { exactCorrelation, exactMoments } from "../support/exact.js";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await load();
});

const scales = fc.constantFrom(1e-12, 1e-9, 1e-6, 1e-3, 1, 1e3, 1e6, 1e12);
/** In units of the scale. */
const offsets = fc.constantFrom(0, 1, -30, 1e3, -1e6);
/** From -1 to 1, in steps that leave the scales some digits. */
const units = fc.integer({ min: -(2 ** 30), max: 2 ** 30 }).map((step) => step / 2 ** 30);

describe("norms at every scale and offset, beside whole numbers", () => {
  it("lose no more than f32 products do, however far from zero the values lie", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(units, { minLength: 1, maxLength: 40 }),
        scales,
        offsets,
        (rows, row, scale, offset) => {
          const data = Float32Array.from({ length: rows * row.length }, (_, i) => {
            const at = i % row.length;
            return (row[at] * Math.cos(i) + offset) * scale;
          });
          const found = kernels.norms({ rows, columns: row.length, data });
          const exact = exactMoments(data);
          expect(Math.abs(found.norm - exact.norm)).toBeLessThanOrEqual(1e-6 * exact.norm);
          expect(Math.abs(found.mean - exact.mean)).toBeLessThanOrEqual(
            1e-6 * exact.deviation + 1e-15 * Math.abs(exact.mean),
          );
          expect(Math.abs(found.standardDeviation - exact.deviation)).toBeLessThanOrEqual(1e-6 * exact.deviation);
          expect(Math.abs(found.excessKurtosis - exact.kurtosis)).toBeLessThanOrEqual(
            1e-5 * (3 + Math.abs(exact.kurtosis)),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it("also where the first row, or any run of rows, lies elsewhere than the others", () => {
    const far = fc.constantFrom(0, 1, -7, 30, 1e3, -1e5);
    const places = fc.oneof(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), far), { minLength: 1, maxLength: 6 }),
      fc.tuple(far, far).map(([first, others]) => [[1, first] as const, [20_000, others] as const]),
    );
    fc.assert(
      fc.property(scales, places, fc.integer({ min: 1, max: 9 }), (scale, runs, columns) => {
        const offsets = runs.flatMap(([rows, offset]) => Array.from({ length: rows }, () => offset));
        const rows = offsets.length;
        const data = Float32Array.from({ length: rows * columns }, (_, i) => {
          const row = Math.floor(i / columns);
          return (Math.sin(i * i) + offsets[row]) * scale;
        });
        const found = kernels.norms({ rows, columns, data });
        const exact = exactMoments(data);
        expect(Math.abs(found.mean - exact.mean)).toBeLessThanOrEqual(
          1e-6 * exact.deviation + 1e-15 * Math.abs(exact.mean),
        );
        expect(Math.abs(found.standardDeviation - exact.deviation)).toBeLessThanOrEqual(1e-6 * exact.deviation);
        expect(Math.abs(found.excessKurtosis - exact.kurtosis)).toBeLessThanOrEqual(
          1e-5 * (3 + Math.abs(exact.kurtosis)),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe("means, deviations and correlations of a report at every scale and offset", () => {
  /** Offsets up to where a double has few digits left for what varies. */
  const far = fc.constantFrom(0, 1, -30, 1e6, -1e12, 1e15);
  const sample = fc
    .tuple(fc.array(units, { minLength: 3, maxLength: 20 }), scales, far)
    .map(([values, scale, offset]) => values.map((value) => (value + offset) * scale));

  it("mean and deviation are those of the values as they are", () => {
    fc.assert(
      fc.property(sample, (values) => {
        const { mean, standardDeviation } = meanAndDeviation(values);
        const exact = exactMoments(values);
        expect(Math.abs(mean - exact.mean)).toBeLessThanOrEqual(4e-16 * Math.max(...values.map(Math.abs)));
        expect(Math.abs(standardDeviation - exact.deviation)).toBeLessThanOrEqual(1e-13 * exact.deviation);
      }),
      { numRuns: 1000 },
    );
  });

  it("r is that of the values as they are", () => {
    fc.assert(
      fc.property(sample, fc.array(units, { minLength: 20, maxLength: 20 }), scales, far, (x, noise, scale, offset) => {
        const y = noise.slice(0, x.length).map((value, i) => (value + (i % 3) + offset) * scale);
        const exact = exactCorrelation(x, y);
        fc.pre(!Number.isNaN(exact));
        expect(Math.abs(pearson(x, y).r - exact)).toBeLessThanOrEqual(1e-13);
      }),
      { numRuns: 1000 },
    );
  });
});
