import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { analyze, type MatrixReport } from "../../src/index.js";
import { data, describeNeeding, inClone, inCollection } from "../support/data.js";

/** Of one matrix, by test/fixtures/reference/spectra.py. */
interface Expected {
  file: string;
  name: string;
  squaredNorm: number;
  spectralNorm: number;
  stableRank: number;
  participationRatio: number;
  effectiveRank: number;
  numericalRank: number;
  energyRank: Record<"0.5" | "0.9" | "0.99", number>;
  powerLaw: { alpha: number; xmin: number; D: number; tail: number; standardError: number };
  marchenkoPastur: { noiseVariance: number; edge: number; count: number; bulkKStimesSize: number };
  kritchmanNadler: { count: number };
}

const { matrices } = JSON.parse(readFileSync(data("reference/spectra.json"), "utf8")) as { matrices: Expected[] };
const fileOf = (file: string): string => (path.dirname(file) === "." ? `reference/${file}` : `models/${file}`);
const files = [...new Set(matrices.map(({ file }) => fileOf(file)))];

function agrees(found: MatrixReport, expected: Expected): void {
  const { signal, tail, energyRanks, numericalRank, effectiveRank } = found.spectrum!;
  const { marchenkoPastur, powerLaw } = expected;
  expect([signal.directions, signal.kritchmanNadler, numericalRank, tail!.n], found.name).toEqual([
    marchenkoPastur.count,
    expected.kritchmanNadler.count,
    expected.numericalRank,
    powerLaw.tail,
  ]);
  expect(energyRanks, found.name).toEqual(expected.energyRank);
  const figures: [number, number][] = [
    [signal.edge, marchenkoPastur.edge],
    [signal.noiseVariance, marchenkoPastur.noiseVariance],
    [signal.bulk!, marchenkoPastur.bulkKStimesSize],
    [tail!.exponent, powerLaw.alpha],
    [tail!.minimum, powerLaw.xmin],
    [tail!.distance, powerLaw.D],
    [tail!.standardError, powerLaw.standardError],
    [effectiveRank!, expected.effectiveRank],
    [found.participation!.value, expected.participationRatio],
    [found.participation!.squaredNorm, expected.squaredNorm],
    [found.participation!.spectralNorm, expected.spectralNorm],
    [found.participation!.stableRank, expected.stableRank],
  ];
  figures.forEach(([value, to], k) =>
    expect(Math.abs(value / to - 1), `${found.name}, figure ${k}: ${value} for ${to}`).toBeLessThanOrEqual(1e-4),
  );
}

const ofFiles = (names: string[]): void =>
  it.each(names)("%s", async (file) => {
    const expected = matrices.filter((one) => fileOf(one.file) === file);
    const { matrices: found } = await analyze(data(file), { gaussians: [8], transpose: "none" });
    for (const one of expected) agrees(found.find(({ name }) => name === one.name)!, one);
  });

describe("analyze has the figures of the sixteen matrices", () => ofFiles(inClone(files)));
describeNeeding(["collection"], "analyze has the figures of the sixteen matrices, those not in a clone", () =>
  ofFiles(inCollection(files)),
);
