import { meanAndDeviation, pearson } from "../base/statistics.js";
import type { Correlation, Report } from "../types.js";
import type { KeyedRow } from "./row.js";

/** Over 16 matrices; docs/method.md §7. */
export const PUBLISHED = { r: -0.164, mean: 3.15, standardDeviation: 1.04 };

interface Point {
  size: number;
  ratio: number;
  noise: number;
}

/** A correlation needs four points and something that varies. */
function correlation(points: Point[], value: (point: Point) => number): Correlation | null {
  const varies = (of: (point: Point) => number): boolean => points.some((point) => of(point) !== of(points[0]));
  return points.length > 3 && varies(({ size }) => size) && varies(value)
    ? pearson(
        points.map(({ size }) => size),
        points.map(value),
      )
    : null;
}

/**
 * The amplitudes' participation ratio over a checkpoint's matrices, its mean and its correlation with their size,
 * beside what noise of the same shapes gives. One report for each width of the basis, the first entry of `gaussians` in
 * each.
 */
export function amplitudeTable(reports: readonly Report[]): KeyedRow[] {
  return reports.flatMap(({ source, matrices }): KeyedRow[] => {
    const fits = matrices.filter(({ tiedTo, gaussian }) => tiedTo === null && gaussian.length > 0);
    const points = fits.flatMap(({ parameters, gaussian: [fit] }): Point[] =>
      fit.amplitudeParticipationRatio === null || fit.noiseAmplitudeParticipationRatio === null
        ? []
        : [{ size: parameters, ratio: fit.amplitudeParticipationRatio, noise: fit.noiseAmplitudeParticipationRatio }],
    );
    if (points.length === 0) return [];
    const inputs = {
      checkpoint: source.name,
      gaussians: fits[0].gaussian[0].asked,
      width: fits[0].gaussian[0].width,
      n: points.length,
    };
    const ratios = meanAndDeviation(points.map(({ ratio }) => ratio));
    const noise = meanAndDeviation(points.map((point) => point.noise));
    const measured = correlation(points, ({ ratio }) => ratio);
    const ofNoise = correlation(points, (point) => point.noise);
    const insignificant = measured === null ? null : measured.p > 0.05;
    return [
      {
        ...inputs,
        key: "mean",
        quantity: "mean",
        noise: noise.mean,
        standardDeviation: ratios.standardDeviation,
        noiseStandardDeviation: noise.standardDeviation,
        publishedStandardDeviation: PUBLISHED.standardDeviation,
        published: PUBLISHED.mean,
        measured: ratios.mean,
        agrees: Math.abs(ratios.mean - PUBLISHED.mean) <= PUBLISHED.standardDeviation,
        note:
          `noise of the same shapes gives ${noise.mean.toFixed(2)} at this width of the basis: 3.15 says nothing ` +
          "without its width",
      },
      {
        ...inputs,
        key: "size-correlation",
        quantity: "correlation with size",
        noise: ofNoise?.r ?? null,
        p: measured?.p ?? null,
        lower: measured?.lower ?? null,
        upper: measured?.upper ?? null,
        published: PUBLISHED.r,
        measured: measured?.r ?? null,
        agrees: insignificant,
        note:
          measured === null
            ? "too few matrices, or all of one size"
            : insignificant
              ? "no significant correlation here either"
              : "significant here (p ≤ 0.05), published as not significant",
      },
    ];
  });
}
