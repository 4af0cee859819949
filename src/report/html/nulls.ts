import { noiseStableRank } from "../../spectra/marchenko-pastur.js";
import type { MatrixReport } from "../../types.js";
import type { Chart, Series } from "./chart-types.js";
import { byRole } from "./roles.js";

/** What noise would have at each place along an axis, dashed: the least and the most, or one line where they agree. */
function noiseLines(places: readonly { x: number; y: number }[]): Series[] {
  const ends = new Map<number, [least: number, most: number]>();
  for (const { x, y } of places) {
    const [least, most] = ends.get(x) ?? [y, y];
    ends.set(x, [Math.min(least, y), Math.max(most, y)]);
  }
  const inOrder = [...ends].sort(([a], [b]) => a - b);
  const line = (end: 0 | 1): Series => ({
    name: "noise of these shapes",
    colour: "ink",
    mark: "dashes",
    points: inOrder.map(([x, both]) => ({ x, y: both[end] })),
  });
  const differ = inOrder.some(([, [least, most]]) => least < most);
  return differ ? [line(0), { ...line(1), quiet: true }] : [line(0)];
}

/** What noise of the matrices' shapes would have, layer by layer. */
export const noiseByLayer = (
  matrices: readonly MatrixReport[],
  of: (matrix: MatrixReport) => number = (matrix) => matrix.noiseParticipationRatio,
): Series[] =>
  noiseLines(
    matrices.flatMap((matrix) =>
      matrix.layer === null || matrix.participation === null ? [] : [{ x: matrix.layer, y: of(matrix) }],
    ),
  );

/** What the amplitudes of noise of the matrices' shapes would have, size by size. */
export const noiseAmplitudesBySize = (matrices: readonly MatrixReport[], k: number): Series[] =>
  noiseLines(
    matrices.flatMap(({ tiedTo, parameters, gaussian: { [k]: fit } }) =>
      tiedTo !== null || !fit || fit.amplitudeParticipationRatio === null
        ? []
        : [{ x: parameters, y: fit.noiseAmplitudeParticipationRatio ?? NaN }].filter(({ y }) => y > 0),
    ),
  );

/** Of the stable rank. */
export const stableRankOfNoise = ({ rows, columns }: MatrixReport): number => noiseStableRank(rows, columns);

/** What the first K keeps over what it keeps of shuffled columns, by layer and role; chance is 1. docs/method.md §5. */
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
    description: `One dot a matrix: what K = ${asked} Gaussians keep over what they keep of shuffled columns.`,
    x: { label: "layer", whole: true },
    y: { label: "fit / chance", include: [1] },
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
