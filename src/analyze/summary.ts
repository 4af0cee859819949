import { meanAndDeviation, pearson } from "../base/statistics.js";
import type { Correlation, MatrixReport, Report } from "../types.js";
import { type SampleDesign, weightIn } from "./draw.js";
import { sampleError } from "./sample-error.js";
import { energySummary, signalDetail, signalSummary } from "./signal-summary.js";

/** Matrices that count: a tied one is counted where its contents stood first. */
const counted = (matrices: readonly MatrixReport[]): MatrixReport[] =>
  matrices.filter((matrix) => matrix.tiedTo === null);

/** How many matrices one of the report stands for: of a sample more than itself. */
const weightOf = ({ sampleWeight }: MatrixReport): number => sampleWeight ?? 1;

/** Σ over the matrices that `matrices` stand for. */
const totalOf = (matrices: readonly MatrixReport[], value: (matrix: MatrixReport) => number): number =>
  matrices.reduce((sum, matrix) => sum + weightOf(matrix) * value(matrix), 0);

/** Matrices whose amplitude participation ratio counts. */
export const isSized = ({ rows, columns, gaussian }: MatrixReport): boolean =>
  rows >= 2 && columns >= 2 && gaussian.length > 0 && gaussian[0].amplitudeParticipationRatio !== null;

/**
 * Per layer of each stack √Σ‖W‖² and that over its parameters (docs/method.md §6); stacks in the order of the file.
 * Sampled experts stand for all of their layer.
 */
export function layersOf(matrices: readonly MatrixReport[], design: SampleDesign | null = null): Report["layers"] {
  const stacks = new Map<string, Map<number, MatrixReport[]>>();
  for (const matrix of counted(matrices)) {
    const { stack, layer } = matrix;
    if (layer === null) continue;
    const layers = stacks.get(stack ?? "") ?? new Map<number, MatrixReport[]>();
    stacks.set(stack ?? "", layers);
    const members = layers.get(layer);
    if (members) members.push(matrix);
    else layers.set(layer, [matrix]);
  }
  const alone = design && withinLayers(design);
  return [...stacks].flatMap(([stack, layers]) =>
    [...layers]
      .sort(([a], [b]) => a - b)
      .map(([layer, members]) => {
        const within = ({ name }: MatrixReport): number =>
          alone === null ? 1 : weightIn(alone, alone.places.get(name)!);
        const total = (value: (matrix: MatrixReport) => number): number =>
          members.reduce((sum, matrix) => sum + within(matrix) * value(matrix), 0);
        const norm = Math.sqrt(total(squareOf));
        const parameters = Math.round(total((matrix) => matrix.parameters));
        const error = alone?.experts.some(({ of, drawn }) => drawn < of) ? sampleError(alone, members, squareOf) : 0;
        return {
          stack,
          layer,
          matrices: Math.round(total(() => 1)),
          parameters,
          norm,
          normPerParameter: norm / parameters,
          ...(error !== 0 && { normStandardError: error && norm > 0 ? error / (2 * norm) : null }),
        };
      }),
  );
}

const squareOf = ({ norms }: MatrixReport): number => norms.norm ** 2;

/** The design of each layer by itself: only its experts are a sample. */
function withinLayers(design: SampleDesign): SampleDesign {
  return { ...design, groups: design.groups.map((one) => ({ ...one, of: one.parameters.length, expansion: 1 })) };
}

/** What the norms of each stack do with depth; null for a single layer. The largest stack first. */
function stacksOf(layers: Report["layers"]): (Report["summary"]["stacks"][number] & { parameters: number })[] {
  const names = [...new Set(layers.map(({ stack }) => stack))];
  const stacks = names.map((stack) => {
    const own = layers.filter((layer) => layer.stack === stack);
    return {
      stack,
      layers: own.length,
      normsDecreaseWithDepth: own.length < 2 ? null : own.every((layer, i) => i === 0 || layer.norm < own[i - 1].norm),
      parameters: own.reduce((sum, { parameters }) => sum + parameters, 0),
    };
  });
  return stacks.sort((a, b) => b.parameters - a.parameters);
}

/**
 * Compression for each entry of `gaussians`, and the statistics over matrices (of the first entry). What a sample gives
 * is an estimate for all that it was drawn from.
 */
export function summarize(
  matrices: readonly MatrixReport[],
  layers: Report["layers"],
  asked: readonly string[],
  otherParameters: number,
  design: SampleDesign | null = null,
): Omit<Report["summary"], "failed"> {
  const whole = counted(matrices);
  const tied = matrices.filter((matrix) => matrix.tiedTo !== null);
  const untied = (of: readonly MatrixReport[]): number => Math.round(totalOf(of, (matrix) => matrix.parameters));
  // The header knows them of all matrices, but not which are tied.
  const parameters = otherParameters + (design === null ? untied(whole) : design.parameters - untied(tied));
  const fitted = whole.filter((matrix) => matrix.gaussian.length > 0);
  const weights = untied(fitted);
  const squares = totalOf(fitted, squareOf);
  const compression = asked.map((gaussians, k) => {
    const amplitudes = Math.round(totalOf(fitted, (matrix) => matrix.gaussian[k].amplitudes));
    const explained = totalOf(fitted, (matrix) => matrix.gaussian[k].energy * squareOf(matrix));
    return {
      gaussians,
      amplitudes,
      ratio: amplitudes > 0 ? weights / amplitudes : null,
      energy: squares > 0 ? Math.min(1, explained / squares) : null,
      effectiveParameters: parameters - weights + amplitudes,
    };
  });
  const sized = fitted.filter(isSized);
  const stacks = stacksOf(layers);
  const ratios = sized.map((matrix) => matrix.gaussian[0].amplitudeParticipationRatio!);
  return {
    parameters,
    compression,
    amplitudeParticipationRatio: sized.length > 0 ? { ...spreadOf(sized, ratios), n: ratios.length } : null,
    sizeCorrelation: correlationOrNull(
      sized.map((matrix) => matrix.parameters),
      ratios,
    ),
    normsDecreaseWithDepth: stacks[0]?.normsDecreaseWithDepth ?? null,
    stacks: stacks.map(({ parameters: _, ...stack }) => stack),
    signal: signalSummary(matrices, design),
    signalDetail: signalDetail(matrices),
    energyTarget: energySummary(matrices),
  };
}

/** Mean and standard deviation over all matrices that these stand for. */
function spreadOf(sized: readonly MatrixReport[], ratios: readonly number[]): ReturnType<typeof meanAndDeviation> {
  if (sized.every((matrix) => weightOf(matrix) === 1)) return meanAndDeviation(ratios);
  const of = ({ gaussian }: MatrixReport): number => gaussian[0].amplitudeParticipationRatio!;
  const count = totalOf(sized, () => 1);
  const mean = totalOf(sized, of) / count;
  const variance = totalOf(sized, (matrix) => (of(matrix) - mean) * (of(matrix) - mean)) / count;
  return { mean, standardDeviation: Math.sqrt(variance) };
}

/** A share of energy pooled over matrices, Σ of what is held / Σ‖W‖², at one entry of `gaussians`. */
export interface PooledEnergy {
  asked: string;
  amplitudesPerWeight: number;
  energy: number;
}

/** Figures of fits pooled as the summary pools theirs, for each K of which every fitted matrix has the figure. */
export function pooledEnergies(
  all: readonly MatrixReport[],
  of: (fit: MatrixReport["gaussian"][number]) => number | undefined,
): PooledEnergy[] {
  const matrices = counted(all).filter((matrix) => matrix.gaussian.length > 0);
  const squares = totalOf(matrices, squareOf);
  return (matrices[0]?.gaussian ?? []).flatMap(({ asked }, k) => {
    let held = 0;
    let amplitudes = 0;
    let weights = 0;
    for (const matrix of matrices) {
      const { gaussian, parameters } = matrix;
      const value = of(gaussian[k]);
      if (value === undefined) return [];
      held += weightOf(matrix) * value * squareOf(matrix);
      amplitudes += weightOf(matrix) * gaussian[k].amplitudes;
      weights += weightOf(matrix) * parameters;
    }
    return [{ asked, amplitudesPerWeight: amplitudes / weights, energy: held / squares }];
  });
}

/** Null with fewer than four points (no interval) or where one side does not vary. */
function correlationOrNull(x: number[], y: number[]): Correlation | null {
  const varies = (values: number[]): boolean => values.some((value) => value !== values[0]);
  return x.length >= 4 && varies(x) && varies(y) ? pearson(x, y) : null;
}
