import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Drawable, drawSample } from "../../src/analyze/draw.js";
import { sampleError } from "../../src/analyze/sample-error.js";
import { pooledEnergies, summarize } from "../../src/analyze/summary.js";
import { fit, matrix } from "../report/sample.js";

/** Powers of two, so that scaling rounds nothing: 1e-12 to 1e12. */
const scales = fc.constantFrom(2 ** -40, 2 ** -20, 1, 2 ** 20, 2 ** 40);
const offsets = fc.constantFrom(0, 1, -30, 2 ** 10, -(2 ** 20));
/** From -1 to 1, in steps that leave offsets exact. */
const units = fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((step) => step / 2 ** 20);

describe("what a sample gives, at every scale and offset", () => {
  const experts: Drawable[] = [0, 1, 2, 3, 4, 5].flatMap((layer) =>
    [0, 1, 2, 3, 4, 5].map((expert) => ({
      name: `model.layers.${layer}.mlp.experts.${expert}.up_proj.weight`,
      layer,
      stack: "model.layers",
      rows: 8,
      columns: 8,
    })),
  );

  it("has the standard error of what varies, whatever all have in common", () => {
    const sample = fc.constantFrom({ layers: 3 }, { experts: 3 }, { layers: 3, experts: 4 });
    const values = fc.array(units, { minLength: 36, maxLength: 36 });
    fc.assert(
      fc.property(sample, fc.nat(), values, scales, offsets, (asked, seed, given, scale, offset) => {
        const design = drawSample(experts, asked, seed)!;
        const drawn = experts.filter(({ name }) => design.places.has(name));
        const value = new Map(experts.map(({ name }, i) => [name, given[i]]));
        const plain = sampleError(design, drawn, ({ name }) => value.get(name)!)!;
        const moved = sampleError(design, drawn, ({ name }) => (value.get(name)! + offset) * scale)!;
        // Sums of 36 values are rounded to what their size leaves; their squares would leave the square root of it.
        expect(Math.abs(moved / scale - plain)).toBeLessThanOrEqual(1e-12 * plain + 1e-12 * (1 + Math.abs(offset)));
      }),
    );
  });

  it("has the deviation of the matrices that it stands for", () => {
    const drawn = fc.array(fc.tuple(units, fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(drawn, scales, offsets, (given, scale, offset) => {
        const of = (amplitudeParticipationRatio: number) => [fit({ amplitudeParticipationRatio })];
        const weighed = given.map(([value, sampleWeight], i) =>
          matrix(`m${i}`, 0, { sampleWeight, gaussian: of((value + offset) * scale) }),
        );
        const found = summarize(weighed, [], ["auto"], 0).amplitudeParticipationRatio!;
        const all = given.flatMap(([value, times]) => Array.from({ length: times }, () => value));
        const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
        const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
        const lost = 1e-14 * (1 + Math.abs(offset));
        expect(Math.abs(found.mean / scale - mean - offset)).toBeLessThanOrEqual(lost);
        expect(Math.abs(found.standardDeviation / scale - deviation)).toBeLessThanOrEqual(1e-13 * deviation + lost);
      }),
    );
  });
});

describe("pooled energies", () => {
  it("are the same shares at every scale of the weights, and between the least and the largest", () => {
    const one = fc.record({
      norm: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      energy: units.map(Math.abs),
      sampleWeight: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), scales, (given, scale) => {
        const at = (size: number) =>
          given.map(({ norm, energy, sampleWeight }, i) => {
            const made = matrix(`m${i}`, 0, { sampleWeight, gaussian: [fit({ energy })] });
            return { ...made, norms: { ...made.norms, norm: norm * size } };
          });
        const [plain] = pooledEnergies(at(1), (found) => found.energy);
        const [scaled] = pooledEnergies(at(scale), (found) => found.energy);
        expect(scaled.energy).toBe(plain.energy);
        const { energy } = summarize(at(scale), [], ["auto"], 0).compression[0];
        expect(Math.abs(energy! - plain.energy)).toBeLessThanOrEqual(1e-15);
        const energies = given.map((found) => found.energy);
        expect(plain.energy).toBeGreaterThanOrEqual(Math.min(...energies) * (1 - 1e-14));
        expect(plain.energy).toBeLessThanOrEqual(Math.max(...energies) * (1 + 1e-14));
      }),
    );
  });
});
