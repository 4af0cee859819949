import type { MatrixReport, SampleSummary } from "../types.js";
import type { SampleDesign } from "./draw.js";
import { sampleError } from "./sample-error.js";
import { signalErrors, targetNumbers } from "./signal-summary.js";
import { isSized } from "./summary.js";

type Fit = MatrixReport["gaussian"][number];
type Value = (matrix: MatrixReport) => number;

/** What a sample was drawn of, and the standard errors of the summary's estimates from it. */
export function sampleSummary(
  matrices: readonly MatrixReport[],
  asked: readonly string[],
  design: SampleDesign,
): SampleSummary {
  const left = design.experts.filter(({ of, drawn }) => drawn < of);
  const untied = matrices.filter(({ tiedTo }) => tiedTo === null);
  const fitted = untied.filter(({ gaussian }) => gaussian.length > 0);
  const error = (value: Value): number | null => sampleError(design, fitted, value);
  /** Of Σ of one over Σ of the other: that of what is left beside the ratio, over the other (Särndal 1992, §5.6). */
  const ratioError = (one: Value, other: Value): number | null => {
    const total = weighted(fitted, other);
    if (!(total > 0)) return 0;
    const ratio = weighted(fitted, one) / total;
    const found = error((matrix) => one(matrix) - ratio * other(matrix));
    return found === null ? null : found / total;
  };
  const squares: Value = ({ norms }) => norms.norm ** 2;
  const fit =
    (k: number, of: (fit: Fit) => number): Value =>
    ({ gaussian }) =>
      of(gaussian[k]);
  const ratios = fitted.filter(isSized);
  return {
    layers: design.layers,
    experts:
      left.length > 0
        ? {
            measured: left.reduce((sum, { drawn }) => sum + drawn, 0),
            of: left.reduce((sum, { of }) => sum + of, 0),
          }
        : null,
    matrices: { measured: matrices.length, of: design.matrices },
    standardErrors: {
      compression: asked.map((gaussians, k) => {
        const amplitudes = fit(k, (one) => one.amplitudes);
        return {
          gaussians,
          amplitudes: error(amplitudes),
          ratio: ratioError(({ parameters }) => parameters, amplitudes),
          energy: ratioError((matrix) => matrix.gaussian[k].energy * squares(matrix), squares),
          effectiveParameters: error((matrix) => amplitudes(matrix) - matrix.parameters),
        };
      }),
      amplitudeParticipationRatio: meanError(design, ratios),
      signal: signalErrors(matrices, design),
      energyTarget: targetErrors(design, untied),
    },
  };
}

const weighted = (matrices: readonly MatrixReport[], value: Value): number =>
  matrices.reduce((sum, matrix) => sum + (matrix.sampleWeight ?? 1) * value(matrix), 0);

function meanError(design: SampleDesign, matrices: readonly MatrixReport[]): number | null {
  const count = weighted(matrices, () => 1);
  if (count === 0) return null;
  const ratio: Value = ({ gaussian }) => gaussian[0].amplitudeParticipationRatio!;
  const mean = weighted(matrices, ratio) / count;
  const found = sampleError(design, matrices, (matrix) => ratio(matrix) - mean);
  return found === null ? null : found / count;
}

function targetErrors(design: SampleDesign, untied: readonly MatrixReport[]) {
  const matrices = untied.filter(({ energyTarget }) => energyTarget !== undefined);
  if (matrices.length === 0) return null;
  return {
    amplitudes: sampleError(design, matrices, (matrix) => targetNumbers(matrix).amplitudes),
    factors: sampleError(design, matrices, (matrix) => targetNumbers(matrix).factors),
  };
}
