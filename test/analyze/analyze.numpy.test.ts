import { describe, expect, it } from "vitest";
import { analyze, type MatrixReport } from "../../src/index.js";
import { data, describeNeeding, inClone, inCollection, oracle } from "../support/data.js";

interface Reference {
  norm: number;
  mean: number;
  standardDeviation: number;
  excessKurtosis: number;
  participation: number;
  spectralNorm: number;
  topEnergies: number[];
  equalEnergies: number[];
  fits: {
    energy: number;
    r2: number | null;
    amplitudeParticipationRatio: number | null;
    rank: number;
    permutedEnergy: number;
  }[];
}

const files = [
  "models/cellogpt-decoder/weights.safetensors",
  "models/kwt1/kwt1.f16.safetensors",
  "models/kwt1/kwt1.f32.safetensors",
  "models/replica-10m/model.bf16.safetensors",
  "models/replica-10m/init.bf16.safetensors",
  "models/rwkv6-1m/rwkv6-1m.f32.safetensors",
  "models/selftrained-llama-en/model.bf16.safetensors",
  "models/selftrained-llama-en/model.safetensors",
  "models/selftrained-llama-en/init.bf16.safetensors",
  "models/stories260K/stories260K.f32.safetensors",
  "models/stories260K/stories260K.bf16.safetensors",
  "models/stories260K/sharded/model-00001-of-00002.safetensors",
  "models/stories260K/sharded/model-00002-of-00002.safetensors",
  "random-init/phi-tiny-random.safetensors",
  "random-init/marian-tiny-random.safetensors",
];
const TOLERANCE = 1e-2;

function reference(file: string, asked: string, width: number): Record<string, Reference> {
  const script = new URL("../oracle/figures.py", import.meta.url).pathname;
  return JSON.parse(oracle("figures", [script, data(file), asked, String(width)]));
}

function compare(matrix: MatrixReport, expected: Reference, top: boolean): void {
  const close = (value: number, to: number, within: number, what: string): void =>
    expect(Math.abs(value - to), `${matrix.name} ${what}: ${value} for ${to}`).toBeLessThanOrEqual(within);
  close(matrix.norms.norm, expected.norm, 1e-6 * expected.norm, "norm");
  close(matrix.norms.mean, expected.mean, 1e-6 * expected.standardDeviation, "mean");
  close(
    matrix.norms.standardDeviation,
    expected.standardDeviation,
    1e-6 * expected.standardDeviation,
    "standard deviation",
  );
  close(
    matrix.norms.excessKurtosis,
    expected.excessKurtosis,
    1e-5 * (3 + Math.abs(expected.excessKurtosis)),
    "kurtosis",
  );
  const ratio = matrix.participation!;
  const exact = expected.participation;
  expect(ratio.lower, matrix.name).toBeLessThanOrEqual(exact * (1 + 1e-6));
  expect(ratio.upper, matrix.name).toBeGreaterThanOrEqual(exact * (1 - 1e-6));
  if (ratio.method === "exact") close(ratio.value, exact, 1e-6 * exact, "participation ratio");
  else close(ratio.value, exact, TOLERANCE * ratio.value + 4 * ratio.standardError, "participation ratio by power");
  close(
    ratio.spectralNorm,
    expected.spectralNorm,
    (ratio.method === "exact" ? 1e-6 : 2e-2) * expected.spectralNorm,
    "spectral norm",
  );
  matrix.gaussian.forEach((fit, k) => {
    const to = expected.fits[k];
    close(fit.energy, to.energy, 1e-6, "energy");
    if (to.r2 !== null) close(fit.r2!, to.r2, 1e-6, "r2");
    expect(fit.rank).toBe(to.rank);
    close(fit.permutedEnergy, to.permutedEnergy, 1e-6, "permuted energy");
    if (to.amplitudeParticipationRatio !== null)
      close(
        fit.amplitudeParticipationRatio!,
        to.amplitudeParticipationRatio,
        1e-5 * to.amplitudeParticipationRatio,
        "amplitude participation ratio",
      );
    if (!top) return;
    const within = ratio.method === "exact" ? 1e-6 : 1e-2;
    close(fit.svdEnergy!, expected.topEnergies[k], within, "top singular energy");
    close(fit.svdAtEqualNumbers!, expected.equalEnergies[k], within, "singular energy at equal numbers");
  });
}

describe("analyze against float64 numpy", () => ofModels(inClone(files)));
describeNeeding(["numpy", "collection"], "analyze of other models against float64 numpy", () =>
  ofModels(inCollection(files)),
);

function ofModels(names: string[]): void {
  describe.each(names)("%s", (file) => {
    it("agrees in every figure of every matrix", async () => {
      const expected = reference(file, "auto,8", 0.5);
      const report = await analyze(data(file), { svd: true });
      expect(report.matrices.map((matrix) => matrix.name).sort()).toEqual(Object.keys(expected).sort());
      for (const matrix of report.matrices) compare(matrix, expected[matrix.name], true);
    });

    it("agrees by the power method, with bounds that hold the exact value", async () => {
      const expected = reference(file, "d/32", 1);
      const report = await analyze(data(file), {
        gaussians: ["d/32"],
        width: 1,
        participation: { method: "power", tolerance: TOLERANCE },
      });
      for (const matrix of report.matrices) compare(matrix, expected[matrix.name], false);
    });
  });
}
