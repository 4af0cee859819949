import { pooledEnergies } from "../../analyze/summary.js";
import { power } from "../../base/mathematics.js";
import { printable } from "../../base/printable.js";
import { fitPowerLaw } from "../../base/statistics.js";
import type { MatrixReport, Report } from "../../types.js";
import type { Chart, Point, Series } from "./chart-types.js";
import { noiseAmplitudesBySize, noiseByLayer, stableRankOfNoise } from "./nulls.js";
import { figure } from "./numbers.js";
import { byRole } from "./roles.js";

type Matrices = readonly MatrixReport[];
/** Index into each matrix's `gaussian`. */
export type Asked = number;

/**
 * Energy held by K Gaussians beside what noise, shuffled columns, and the best K directions would hold.
 * docs/method.md §5.
 */
export function energyOfMatrix(matrix: MatrixReport): Chart {
  const fits = [...matrix.gaussian]
    .sort((a, b) => a.gaussians - b.gaussians)
    .filter((fit, i, all) => i === 0 || fit.gaussians !== all[i - 1].gaussians);
  const points = (y: (fit: (typeof fits)[number]) => number | undefined, spread = false): Point[] =>
    fits.flatMap((fit) => {
      const value = y(fit);
      if (value === undefined) return [];
      const three = spread && fit.permuted ? 3 * fit.permuted.standardDeviation : undefined;
      return [
        {
          x: fit.gaussians,
          y: value,
          ...(three === undefined ? {} : { low: Math.max(0, value - three), high: value + three }),
          label: `K = ${fit.gaussians}`,
        },
      ];
    });
  const permuted = points((fit) => fit.permutedEnergy, true);
  return {
    title: "Energy against K",
    description: `${printable(matrix.name, 80)}: share of ‖W‖² held by K Gaussians, with the three yardsticks.`,
    x: { label: "K, Gaussians a row", scale: "log" },
    y: { label: "energy", include: [0] },
    series: [
      {
        name: "chance ± 3 σ",
        colour: "c1",
        mark: "band",
        points: permuted.filter((point) => point.low !== undefined),
      },
      { name: "best K directions (SVD)", colour: "c2", mark: "dashes-dots", points: points((fit) => fit.svdEnergy) },
      { name: "white noise", colour: "muted", mark: "dotted", points: points((fit) => fit.noiseEnergy) },
      {
        name: "chance: columns shuffled",
        colour: "c1",
        mark: "dashes",
        points: permuted.map(({ x, y, label }) => ({ x, y, label })),
      },
      { name: "Gaussians", colour: "accent", mark: "line-dots", points: points((fit) => fit.energy) },
    ],
  };
}

/**
 * The same, pooled over matrices as the summary pools it: Σ of what is held / Σ‖W‖². K is shown as a share of the
 * columns.
 */
export function energyPooled(all: Matrices): Chart {
  const pooled = (of: (fit: MatrixReport["gaussian"][number]) => number | undefined): Point[] =>
    pooledEnergies(all, of)
      .map(({ asked, amplitudesPerWeight, energy }) => ({ x: amplitudesPerWeight, y: energy, label: `K = ${asked}` }))
      .sort((a, b) => a.x - b.x)
      // Two ways to ask for one K (4 = d/64) are one point.
      .filter(({ x, y }, i, all) => i === 0 || x !== all[i - 1].x || y !== all[i - 1].y);
  return {
    title: "Energy against K",
    description: "All matrices pooled: share of ‖W‖² held by the Gaussians, with the three yardsticks.",
    x: { label: "amplitudes a weight (K / columns)", scale: "log" },
    y: { label: "energy", include: [0] },
    series: [
      { name: "best K directions (SVD)", colour: "c2", mark: "dashes-dots", points: pooled((fit) => fit.svdEnergy) },
      { name: "white noise", colour: "muted", mark: "dotted", points: pooled((fit) => fit.noiseEnergy) },
      {
        name: "chance: columns shuffled",
        colour: "c1",
        mark: "dashes-dots",
        points: pooled((fit) => fit.permutedEnergy),
      },
      { name: "Gaussians", colour: "accent", mark: "line-dots", points: pooled((fit) => fit.energy) },
    ],
  };
}

/** Participation ratio by layer and role, with its certified bounds. docs/method.md §3. */
export function participationByLayer(matrices: Matrices): Chart {
  return {
    title: "Participation ratio by layer",
    description: "One dot a matrix, whiskers are certified bounds; dashes: noise of these shapes, least and most.",
    x: { label: "layer", whole: true },
    y: { label: "participation ratio", scale: "log" },
    series: [
      ...noiseByLayer(matrices),
      ...byRole(matrices, ({ layer, participation }) =>
        layer === null || participation === null
          ? null
          : { x: layer, y: participation.value, low: participation.lower, high: participation.upper },
      ).map((series) => ({ ...series, interval: "certified bounds" })),
    ],
  };
}

/** ‖W‖²/σ₁² over depth, by role. */
export function stableRankByLayer(matrices: Matrices): Chart {
  return {
    title: "Stable rank by layer",
    description: "One dot a matrix: ‖W‖² over the largest singular value’s square; dashes: noise.",
    x: { label: "layer", whole: true },
    y: { label: "stable rank", scale: "log" },
    series: [
      ...noiseByLayer(matrices, stableRankOfNoise),
      ...byRole(matrices, ({ layer, participation }) =>
        layer === null || participation === null ? null : { x: layer, y: participation.stableRank },
      ),
    ],
  };
}

/** √Σ‖W‖² over depth; `decreasing` is the report's verdict, null without one. */
export function layerNorms(layers: Report["layers"], decreasing: boolean | null): Chart {
  const verdict =
    decreasing === null ? "" : decreasing ? " They decrease at every step." : " They do not decrease at every step.";
  return {
    title: "Layer norms by depth",
    description: `√Σ‖W‖² of each layer's matrices.${verdict}`,
    x: { label: "layer", whole: true },
    y: { label: "norm", include: [0] },
    series: [
      {
        name: "",
        colour: "accent",
        mark: "line-dots",
        points: layers.map(({ layer, norm, normPerParameter }) => ({
          x: layer,
          y: norm,
          label: `layer ${layer}: ${figure(norm, 4)}, ${normPerParameter.toExponential(2)} a parameter`,
        })),
      },
    ],
  };
}

/** Amplitude PR against matrix size, with a power law fitted through it. docs/method.md §6. */
export function amplitudeAgainstSize(matrices: Matrices, k: Asked): Chart {
  const series: Series[] = byRole(matrices, (matrix) => {
    const value = matrix.gaussian[k]?.amplitudeParticipationRatio;
    return matrix.tiedTo !== null || value === null || value === undefined ? null : { x: matrix.parameters, y: value };
  });
  const points = series.flatMap((one) => one.points);
  const sizes = points.map((point) => point.x);
  const low = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const high = sizes.reduce((a, b) => Math.max(a, b), -Infinity);
  let description = "One dot a matrix; dashes: noise of these shapes.";
  if (points.length >= 3 && high > low && points.every((point) => point.y > 0)) {
    const { exponent, standardError, prefactor } = fitPowerLaw(
      sizes,
      points.map((point) => point.y),
    );
    description =
      "One dot a matrix; dashes: noise of these shapes, least and most; " +
      `the line: size^${exponent.toFixed(3)} ± ${standardError.toFixed(3)}.`;
    const steps = Array.from({ length: 25 }, (_, i) => low * power(high / low, i / 24));
    series.push({
      name: `size^${exponent.toFixed(3)}`,
      colour: "accent",
      mark: "line",
      points: steps.map((x) => ({ x, y: prefactor * power(x, exponent) })),
    });
  }
  return {
    title: "Amplitude PR against size",
    description,
    x: { label: "weights of the matrix", scale: "log" },
    y: { label: "amplitude PR", include: [1] },
    series: [...noiseAmplitudesBySize(matrices, k), ...series],
  };
}

/** The figures of a whole report, in the order they are shown. `all` false leaves out those that need layers. */
export function overview(
  report: { matrices: Matrices; layers: Report["layers"]; summary: { normsDecreaseWithDepth: boolean | null } },
  k: Asked,
): Chart[] {
  return [
    energyPooled(report.matrices),
    amplitudeAgainstSize(report.matrices, k),
    participationByLayer(report.matrices),
    stableRankByLayer(report.matrices),
    layerNorms(report.layers, report.summary.normsDecreaseWithDepth),
  ];
}
