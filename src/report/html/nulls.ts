import { noiseStableRank } from "../../spectra/marchenko-pastur.js";
import type { MatrixReport } from "../../types.js";
import type { Chart, Series } from "./chart-types.js";
import { byRole } from "./roles.js";

/** What noise of the matrices' shapes would have, layer by layer: the least and the most of each. */
export function noiseByLayer(
  matrices: readonly MatrixReport[],
  of: (matrix: MatrixReport) => number = (matrix) => matrix.noiseParticipationRatio,
): Series[] {
  const layers = new Map<number, [least: number, most: number]>();
  for (const matrix of matrices) {
    if (matrix.layer === null || matrix.participation === null) continue;
    const value = of(matrix);
    const [least, most] = layers.get(matrix.layer) ?? [value, value];
    layers.set(matrix.layer, [Math.min(least, value), Math.max(most, value)]);
  }
  const inOrder = [...layers].sort(([a], [b]) => a - b);
  const line = (end: 0 | 1): Series => ({
    name: "noise of these shapes",
    colour: "ink",
    mark: "dashes",
    points: inOrder.map(([x, ends]) => ({ x, y: ends[end] })),
  });
  const differ = inOrder.some(([, [least, most]]) => least < most);
  return differ ? [line(0), { ...line(1), quiet: true }] : [line(0)];
}

/** Of the stable rank. */
export const stableRankOfNoise = ({ rows, columns }: MatrixReport): number => noiseStableRank(rows, columns);

/** Energy of the first K over what is kept of shuffled columns, by layer and role; chance is 1. docs/method.md §5. */
export function energyBesideChance(matrices: readonly MatrixReport[]): Chart {
  const series = byRole(matrices, ({ layer, gaussian: [fit] }) =>
    layer === null || fit === undefined || !(fit.permutedEnergy > 0)
      ? null
      : { x: layer, y: fit.energy / fit.permutedEnergy },
  );
  const layers = series.flatMap(({ points }) => points.map(({ x }) => x));
  const ends = [...new Set([Math.min(...layers), Math.max(...layers)])];
  const asked = matrices.find(({ gaussian }) => gaussian.length > 0)?.gaussian[0].asked ?? "–";
  return {
    title: "Gaussians beside chance by layer",
    description: `One dot a matrix: energy of K = ${asked} Gaussians over that with the columns permuted.`,
    x: { label: "layer", whole: true },
    y: { label: "energy / permuted", include: [1] },
    series: [
      {
        name: "chance",
        colour: "ink",
        mark: "dashes",
        points: layers.length > 0 ? ends.map((x) => ({ x, y: 1 })) : [],
      },
      ...series,
    ],
  };
}
