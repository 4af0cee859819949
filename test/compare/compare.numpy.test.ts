import { describe, expect, it } from "vitest";
import { compare } from "../../src/index.js";
import { oracle } from "../support/data.js";
import { models } from "./models.js";

interface Reference {
  norm: number;
  relativeChange: number;
  changed: number;
  cosine?: number;
  participation: number;
  energyRanks: number[];
  rankAboveRounding: number;
  spectralNorm: number;
  nearTheEdge: number;
}

function reference(base: string, tuned: string): Record<string, Reference> {
  const script = new URL("../oracle/changes.py", import.meta.url).pathname;
  return JSON.parse(oracle("changes", [script, base, tuned]));
}

describe("compare beside numpy", () => {
  it.each([
    ["lora", models.base, models.lora],
    ["full", models.base, models.full],
    ["f32 to bf16", models.single, models.base],
  ])("%s", async (_, base, tuned) => {
    const expected = reference(base, tuned);
    const report = await compare(base, tuned);
    expect(report.matrices.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
    for (const matrix of report.matrices) {
      const { name, norm, relativeChange, cosine, changed, participation, energyRanks, rankAboveRounding } = matrix;
      const of = expected[name];
      expect(norm / of.norm, name).toBeCloseTo(1, 10);
      expect(changed, name).toBe(of.changed);
      if (of.cosine === undefined) {
        expect(relativeChange).toBe(0);
        continue;
      }
      expect(relativeChange! / of.relativeChange, name).toBeCloseTo(1, 9);
      expect(Math.abs(cosine! - of.cosine), name).toBeLessThan(1e-9);
      expect(participation!.value / of.participation, name).toBeCloseTo(1, 9);
      expect(participation!.spectralNorm / of.spectralNorm, name).toBeCloseTo(1, 9);
      expect(Object.values(energyRanks!), name).toEqual(of.energyRanks);
      // The two draw different noise: a direction within 5 % of the edge may fall on either side.
      expect(Math.abs(rankAboveRounding - of.rankAboveRounding), name).toBeLessThanOrEqual(of.nearTheEdge);
    }
  });
});
