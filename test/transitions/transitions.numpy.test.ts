import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyzeTransitions, type ParticipationRatio } from "../../src/index.js";
import { data, describeNeeding, inClone, inCollection, oracle } from "../support/data.js";

interface Parts {
  antisymmetric: number;
  symmetric: number;
  asymmetry: number;
  spectralNorm: number | null;
}
interface Reference {
  pairs: number;
  nonZero: number;
  transition: Parts;
  counts: Parts;
}

const texts: [file: string, smoothing: number][] = [
  ["Cbronte_Jane_1847.txt", 0],
  ["Dickens_Bleak_1853.txt", 0.1],
  ["Dickens_Expectations_1861.txt", 0],
  ["Eliot_Adam_1859.txt", 1],
  ["fontane_effi.txt", 0],
  ["goethe_lehr.txt", 0.01],
  ["freytag_ahnen.txt", 0],
  ["tinyshakespeare.txt", 0],
  ["genesis/english-kjv.txt", 0.5],
  ["genesis/french.utf8.txt", 0],
  ["udhr/tur.txt", 0],
  ["udhr/rus.txt", 2],
];
const SIZES = [300, 2000];

function check(ratio: ParticipationRatio, exact: number, what: string): void {
  expect(ratio.lower, what).toBeLessThanOrEqual(exact * (1 + (ratio.method === "exact" ? 1e-6 : 1e-12)));
  expect(ratio.upper, what).toBeGreaterThanOrEqual(exact * (1 - (ratio.method === "exact" ? 1e-6 : 1e-12)));
  expect(Math.abs(ratio.value - exact), what).toBeLessThanOrEqual(
    ratio.method === "exact" ? 1e-6 * exact : 1e-2 * ratio.value + 4 * ratio.standardError,
  );
  expect(ratio.convergedBy, what).not.toBe(null);
}

const files = texts.map(([file]) => `text/${file}`);
describe("transitions against dense float64 numpy", () => ofTexts(inClone(files)));
describeNeeding(["numpy", "collection"], "transitions of other texts against dense float64 numpy", () =>
  ofTexts(inCollection(files)),
);

function ofTexts(names: string[]): void {
  it.each(texts.filter(([file]) => names.includes(`text/${file}`)))(
    "%s, smoothing %d",
    async (file, smoothing) => {
      const script = new URL("../oracle/transitions.py", import.meta.url).pathname;
      const path = data(`text/${file}`);
      const expected = JSON.parse(oracle("transitions", [script, path, String(smoothing), ...SIZES.map(String)]));
      const text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
      for (const [matrix, alpha] of [
        ["transition", smoothing],
        ["counts", 0],
      ] as const) {
        for (const participation of [{}, { method: "exact" }, { method: "power", seed: 3 }] as const) {
          const reports = await analyzeTransitions(text, {
            vocabulary: SIZES,
            matrix,
            smoothing: alpha,
            shuffles: 0,
            participation,
          });
          reports.forEach((report, i) => {
            const reference: Reference = expected[Math.min(SIZES[i], expected.types)] ?? expected[SIZES[i]];
            const parts = reference[matrix];
            const what = `${matrix} ${SIZES[i]}`;
            expect(report.tokens).toBe(expected.tokens);
            expect(report.vocabulary).toBe(Math.min(SIZES[i], expected.types));
            expect([report.pairs, report.nonZero]).toEqual([reference.pairs, reference.nonZero]);
            check(report.antisymmetric!, parts.antisymmetric, `antisymmetric ${what}`);
            check(report.symmetric!, parts.symmetric, `symmetric ${what}`);
            expect(Math.abs(report.asymmetry / parts.asymmetry - 1)).toBeLessThan(1e-9);
            if (parts.spectralNorm !== null && report.symmetric!.method === "exact")
              expect(Math.abs(report.symmetric!.spectralNorm / parts.spectralNorm - 1)).toBeLessThan(1e-6);
          });
        }
      }
    },
    300_000,
  );
}
