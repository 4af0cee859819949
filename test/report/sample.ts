import { signalDetail, signalSummary } from "../../src/analyze/signal-summary.js";
import type { MatrixReport, MatrixSpectrum, Report } from "../../src/types.js";

type Fit = MatrixReport["gaussian"][number];

export const fit = (given: Partial<Fit> = {}): Fit => ({
  asked: "auto",
  gaussians: 16,
  width: 0.5,
  energy: 0.0671,
  r2: 0.066,
  noiseEnergy: 0.0625,
  noiseAmplitudeParticipationRatio: 11.5,
  verdict: "as noise",
  permutedEnergy: 0.0612,
  permuted: { standardDeviation: 0.002, z: 1.1, permutations: 20 },
  svdEnergy: 0.381,
  svdAtEqualNumbers: 0.22,
  rank: 16,
  amplitudes: 4096,
  compression: 16,
  amplitudeParticipationRatio: 9.4,
  ...given,
});

export const spectrum = (directions = 60, given: Partial<MatrixSpectrum["signal"]> = {}): MatrixSpectrum => ({
  signal: {
    directions,
    parameters: directions * (512 - directions),
    energy: 0.84,
    edge: 0.09,
    noiseVariance: 1e-4,
    kritchmanNadler: directions - 2,
    below: 1,
    bulk: 3.2,
    verdict: "ok",
    ...given,
  },
  gaussianEnergy: 0.44,
  effectiveRank: 181.5,
  numericalRank: 256,
  floor: 1e-7,
  energyRanks: { "0.5": 12, "0.9": 97, "0.99": 190 },
  tail: { exponent: 2.4, standardError: 0.2, minimum: 0.2, n: 48, distance: 0.05 },
});

export const matrix = (name: string, layer: number | null, given: Partial<MatrixReport> = {}): MatrixReport => ({
  name,
  stack: layer === null ? null : "layers",
  layer,
  tiedTo: null,
  role: null,
  dtype: "F32",
  shape: [256, 256],
  rows: 256,
  columns: 256,
  parameters: 65536,
  norms: {
    norm: 13.34,
    normPerParameter: 13.34 / 65536,
    mean: 0,
    standardDeviation: 0.05,
    excessKurtosis: 1.5,
    minimum: -0.3,
    maximum: 0.4,
    nonFinite: 0,
  },
  participation: {
    value: 61.23,
    lower: 61.23,
    upper: 61.23,
    standardError: 0,
    method: "exact",
    convergedBy: "exact",
    iterations: 0,
    squaredNorm: 178,
    stableRank: 12.5,
    spectralNorm: 3.77,
    spectralNormResidual: 0,
  },
  noiseParticipationRatio: 127.75,
  spectrum: spectrum(),
  gaussian: [
    fit(),
    fit({
      asked: "8",
      gaussians: 8,
      energy: 0.41,
      permutedEnergy: 0.0301,
      verdict: "structure",
      permuted: { standardDeviation: 0.001, z: 38.4, permutations: 20 },
    }),
  ],
  ...given,
});

export const report = (matrices: MatrixReport[], given: Partial<Report> = {}): Report => ({
  schemaVersion: 2,
  tool: { name: "weightscope", version: "0.1.0", instructions: "simd128" },
  source: {
    name: "model.safetensors",
    format: "safetensors",
    byteLength: 5_022_280,
    parameters: 66_048,
    matrices: matrices.length,
    skipped: [
      { name: "norm.weight", reason: "vector" },
      { name: "ids", reason: "integer" },
    ],
    notes: [],
  },
  options: { gaussians: ["auto", "8"], permutations: 20 },
  matrices,
  layers: [
    { stack: "layers", layer: 0, matrices: 1, parameters: 65536, norm: 29.87, normPerParameter: 3.8e-5 },
    { stack: "layers", layer: 1, matrices: 1, parameters: 65536, norm: 27.39, normPerParameter: 3.48e-5 },
  ],
  summary: {
    parameters: 66_048,
    compression: [
      { gaussians: "auto", amplitudes: 4096, ratio: 16, energy: 0.0671, effectiveParameters: 4608 },
      { gaussians: "8", amplitudes: 2048, ratio: 32, energy: 0.41, effectiveParameters: 2560 },
    ],
    amplitudeParticipationRatio: { mean: 3.15, standardDeviation: 1.04, n: 16 },
    sizeCorrelation: { r: -0.164, p: 0.54, n: 16, lower: -0.61, upper: 0.36 },
    normsDecreaseWithDepth: true,
    stacks: [{ stack: "layers", layers: 2, normsDecreaseWithDepth: true }],
    signal: signalSummary(matrices),
    signalDetail: signalDetail(matrices),
    energyTarget: null,
    failed: [],
  },
  ...given,
});
