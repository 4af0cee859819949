import type { MatrixReport, Report } from "../types.js";
import { type CsvValue, csvLine, csvLines } from "./csv-cells.js";
import { type Selection, type Sourced, selected } from "./order.js";

type Fit = MatrixReport["gaussian"][number];

/**
 * Column → its value. One row for each matrix and K; a matrix that could not be fitted has one row. Names are those of
 * the report.
 */
const columns: Record<string, (source: string, matrix: MatrixReport, fit: Fit | undefined) => CsvValue> = {
  source: (source) => source,
  name: (_, { name }) => name,
  stack: (_, { stack }) => stack,
  layer: (_, { layer }) => layer,
  role: (_, { role }) => role,
  tiedTo: (_, { tiedTo }) => tiedTo,
  dtype: (_, { dtype }) => dtype,
  shape: (_, { shape }) => shape.join("x"),
  rows: (_, { rows }) => rows,
  columns: (_, matrix) => matrix.columns,
  parameters: (_, { parameters }) => parameters,
  sampleWeight: (_, { sampleWeight }) => sampleWeight,
  norm: (_, { norms }) => norms.norm,
  normPerParameter: (_, { norms }) => norms.normPerParameter,
  mean: (_, { norms }) => norms.mean,
  standardDeviation: (_, { norms }) => norms.standardDeviation,
  excessKurtosis: (_, { norms }) => norms.excessKurtosis,
  minimum: (_, { norms }) => norms.minimum,
  maximum: (_, { norms }) => norms.maximum,
  nonFinite: (_, { norms }) => norms.nonFinite,
  participationRatio: (_, { participation }) => participation?.value,
  participationLower: (_, { participation }) => participation?.lower,
  participationUpper: (_, { participation }) => participation?.upper,
  participationStandardError: (_, { participation }) => participation?.standardError,
  participationMethod: (_, { participation }) => participation?.method,
  participationConvergedBy: (_, { participation }) => participation?.convergedBy,
  noiseParticipationRatio: (_, matrix) => matrix.noiseParticipationRatio,
  stableRank: (_, { participation }) => participation?.stableRank,
  spectralNorm: (_, { participation }) => participation?.spectralNorm,
  signalDirections: (_, { spectrum }) => spectrum?.signal.directions,
  signalParameters: (_, { spectrum }) => spectrum?.signal.parameters,
  signalEnergy: (_, { spectrum }) => spectrum?.signal.energy,
  signalEdge: (_, { spectrum }) => spectrum?.signal.edge,
  noiseVariance: (_, { spectrum }) => spectrum?.signal.noiseVariance,
  kritchmanNadler: (_, { spectrum }) => spectrum?.signal.kritchmanNadler,
  signFlipDirections: (_, { spectrum }) => spectrum?.signFlips?.directions,
  below: (_, { spectrum }) => spectrum?.signal.below,
  bulk: (_, { spectrum }) => spectrum?.signal.bulk,
  signalVerdict: (_, { spectrum }) => spectrum?.signal.verdict,
  signalGaussianEnergy: (_, { spectrum }) => spectrum?.gaussianEnergy,
  effectiveRank: (_, { spectrum }) => spectrum?.effectiveRank,
  numericalRank: (_, { spectrum }) => spectrum?.numericalRank,
  singularValueFloor: (_, { spectrum }) => spectrum?.floor,
  rankOfHalfTheEnergy: (_, { spectrum }) => spectrum?.energyRanks["0.5"],
  rankOf90Percent: (_, { spectrum }) => spectrum?.energyRanks["0.9"],
  rankOf99Percent: (_, { spectrum }) => spectrum?.energyRanks["0.99"],
  tailExponent: (_, { spectrum }) => spectrum?.tail?.exponent,
  tailStandardError: (_, { spectrum }) => spectrum?.tail?.standardError,
  tailMinimum: (_, { spectrum }) => spectrum?.tail?.minimum,
  tailValues: (_, { spectrum }) => spectrum?.tail?.n,
  tailDistance: (_, { spectrum }) => spectrum?.tail?.distance,
  asked: (_, __, fit) => fit?.asked,
  gaussians: (_, __, fit) => fit?.gaussians,
  width: (_, __, fit) => fit?.width,
  rank: (_, __, fit) => fit?.rank,
  energy: (_, __, fit) => fit?.energy,
  r2: (_, __, fit) => fit?.r2,
  noiseEnergy: (_, __, fit) => fit?.noiseEnergy,
  permutedEnergy: (_, __, fit) => fit?.permutedEnergy,
  permutedStandardDeviation: (_, __, fit) => fit?.permuted?.standardDeviation,
  z: (_, __, fit) => fit?.permuted?.z,
  permutations: (_, __, fit) => fit?.permuted?.permutations,
  verdict: (_, __, fit) => fit?.verdict,
  svdEnergy: (_, __, fit) => fit?.svdEnergy,
  svdAtEqualNumbers: (_, __, fit) => fit?.svdAtEqualNumbers,
  amplitudes: (_, __, fit) => fit?.amplitudes,
  compression: (_, __, fit) => fit?.compression,
  amplitudeParticipationRatio: (_, __, fit) => fit?.amplitudeParticipationRatio,
  noiseAmplitudeParticipationRatio: (_, __, fit) => fit?.noiseAmplitudeParticipationRatio,
  targetEnergy: (_, { energyTarget }) => energyTarget?.energy,
  targetGaussians: (_, { energyTarget }) => energyTarget?.gaussians,
  targetRank: (_, { energyTarget }) => energyTarget?.rank,
};

/** The matrices as comma-separated values. */
export function reportCsv(all: readonly Sourced<Report>[], selection: Selection = {}): string {
  return [...reportCsvPieces(all, selection)].join("");
}

/** The same, a piece for each matrix. */
export function* reportCsvPieces(all: readonly Sourced<Report>[], selection: Selection = {}): Generator<string> {
  // A column that only a sample has.
  const sampled = all.some(({ report }) => report.summary.sample !== undefined);
  const names = Object.keys(columns).filter((name) => sampled || name !== "sampleWeight");
  const figures = names.map((name) => columns[name]);
  yield csvLine(names);
  for (const { source, report } of all)
    for (const matrix of selected(report.matrices, selection))
      yield csvLines(
        (matrix.gaussian.length ? matrix.gaussian : [undefined]).map((fit) =>
          figures.map((of) => of(source, matrix, fit)),
        ),
      );
}
