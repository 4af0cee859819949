import { meanAndDeviation, pearson } from "../base/statistics.js";
import type { Correlation, MatrixReport, Report } from "../types.js";
import { energySummary, signalDetail, signalSummary } from "./signal-summary.js";

/** Matrices that count: a tied one is counted where its contents stood first. */
const counted = (matrices: readonly MatrixReport[]): MatrixReport[] =>
  matrices.filter((matrix) => matrix.tiedTo === null);

/** Per layer of each stack √Σ‖W‖² and that over its parameters (docs/method.md §6); stacks in the order of the file. */
export function layersOf(matrices: readonly MatrixReport[]): Report["layers"] {
  const stacks = new Map<string, Map<number, { matrices: number; parameters: number; squares: number }>>();
  for (const { stack, layer, parameters, norms } of counted(matrices)) {
    if (layer === null) continue;
    const layers =
      stacks.get(stack ?? "") ?? new Map<number, { matrices: number; parameters: number; squares: number }>();
    stacks.set(stack ?? "", layers);
    const sum = layers.get(layer) ?? { matrices: 0, parameters: 0, squares: 0 };
    layers.set(layer, {
      matrices: sum.matrices + 1,
      parameters: sum.parameters + parameters,
      squares: sum.squares + norms.norm ** 2,
    });
  }
  return [...stacks].flatMap(([stack, layers]) =>
    [...layers]
      .sort(([a], [b]) => a - b)
      .map(([layer, { matrices: n, parameters, squares }]) => {
        const norm = Math.sqrt(squares);
        return { stack, layer, matrices: n, parameters, norm, normPerParameter: norm / parameters };
      }),
  );
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

/** Compression for each entry of `gaussians`, and the statistics over matrices (of the first entry). */
export function summarize(
  matrices: readonly MatrixReport[],
  layers: Report["layers"],
  asked: readonly string[],
  otherParameters: number,
): Omit<Report["summary"], "failed"> {
  const whole = counted(matrices);
  const parameters = otherParameters + whole.reduce((sum, matrix) => sum + matrix.parameters, 0);
  const fitted = whole.filter((matrix) => matrix.gaussian.length > 0);
  const weights = fitted.reduce((sum, matrix) => sum + matrix.parameters, 0);
  const squares = fitted.reduce((sum, { norms }) => sum + norms.norm ** 2, 0);
  const compression = asked.map((gaussians, k) => {
    const amplitudes = fitted.reduce((sum, matrix) => sum + matrix.gaussian[k].amplitudes, 0);
    const explained = fitted.reduce((sum, matrix) => sum + matrix.gaussian[k].energy * matrix.norms.norm ** 2, 0);
    return {
      gaussians,
      amplitudes,
      ratio: amplitudes > 0 ? weights / amplitudes : null,
      energy: squares > 0 ? Math.min(1, explained / squares) : null,
      effectiveParameters: parameters - weights + amplitudes,
    };
  });
  const sized = fitted.filter(
    (matrix) => matrix.rows >= 2 && matrix.columns >= 2 && matrix.gaussian[0].amplitudeParticipationRatio !== null,
  );
  const stacks = stacksOf(layers);
  const ratios = sized.map((matrix) => matrix.gaussian[0].amplitudeParticipationRatio!);
  return {
    parameters,
    compression,
    amplitudeParticipationRatio: ratios.length > 0 ? { ...meanAndDeviation(ratios), n: ratios.length } : null,
    sizeCorrelation: correlationOrNull(
      sized.map((matrix) => matrix.parameters),
      ratios,
    ),
    normsDecreaseWithDepth: stacks[0]?.normsDecreaseWithDepth ?? null,
    stacks: stacks.map(({ parameters: _, ...stack }) => stack),
    signal: signalSummary(matrices),
    signalDetail: signalDetail(matrices),
    energyTarget: energySummary(matrices),
  };
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
  const squares = matrices.reduce((sum, { norms }) => sum + norms.norm ** 2, 0);
  return (matrices[0]?.gaussian ?? []).flatMap(({ asked }, k) => {
    let held = 0;
    let amplitudes = 0;
    let weights = 0;
    for (const { gaussian, norms, parameters } of matrices) {
      const value = of(gaussian[k]);
      if (value === undefined) return [];
      held += value * norms.norm ** 2;
      amplitudes += gaussian[k].amplitudes;
      weights += parameters;
    }
    return [{ asked, amplitudesPerWeight: amplitudes / weights, energy: held / squares }];
  });
}

/** Null with fewer than four points (no interval) or where one side does not vary. */
function correlationOrNull(x: number[], y: number[]): Correlation | null {
  const varies = (values: number[]): boolean => values.some((value) => value !== values[0]);
  return x.length >= 4 && varies(x) && varies(y) ? pearson(x, y) : null;
}
