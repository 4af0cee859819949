import { exp } from "../base/mathematics.js";
import { banded } from "../report/html/bands.js";
import type { Chart, Point, Series } from "../report/html/chart-types.js";
import { count, figure, share } from "../report/html/numbers.js";
import { byRole } from "../report/html/roles.js";
import type { MatrixReport } from "../types.js";
import type { RowFit, Singular, Spread } from "./messages.js";
import type { Pair } from "./pairs.js";

const SAMPLES = 480;
const MOST_DRAWN = 48;
/** Steps of a normal curve, and √(2π). */
const CURVE = 160;
const ROOT_TAU = Math.sqrt(2 * Math.PI);

/**
 * A row's weights with the Gaussians fitted to them, each and summed.
 */
export function rowChart(which: string, { row, r2, energy, weights, amplitudes, centres, sigmas }: RowFit): Chart {
  const last = weights.length - 1;
  const steps = Math.min(SAMPLES, Math.max(2, last * 4));
  const one = (k: number, x: number): number => amplitudes[k] * exp(-((x - centres[k]) ** 2) / (2 * sigmas[k] ** 2));
  const at = Array.from({ length: steps + 1 }, (_, i) => (i / steps) * last);
  const sum: Point[] = at.map((x) => ({ x, y: amplitudes.reduce((total, _, k) => total + one(k, x), 0) }));
  const each: Series[] =
    amplitudes.length > MOST_DRAWN
      ? []
      : Array.from(amplitudes.keys(), (k) => {
          const points = at.filter((x) => Math.abs(x - centres[k]) < 4 * sigmas[k]).map((x) => ({ x, y: one(k, x) }));
          return { name: "each Gaussian", colour: "c2", mark: "area", points, quiet: k > 0 };
        });
  return {
    title: `${which} row: ${row}`,
    description: `K = ${amplitudes.length}, R² ${share(r2)}, energy ${share(energy)}.`,
    x: { label: "column", whole: true },
    y: { label: "weight", include: [0] },
    series: [
      ...each,
      {
        name: "weights",
        colour: "c8",
        mark: weights.length > 300 ? "line" : "dots",
        points: Array.from(weights, (y, x) => ({ x, y })),
      },
      { name: "their sum", colour: "c4", mark: "line", points: sum },
    ],
  };
}

/** Weights in bins, beside the normal distribution of their mean and deviation. */
export function spreadChart({ read, rows, counts, from, step, mean, deviation, ...spread }: Spread): Chart {
  const { count: finite, nonFinite, below, above, excessKurtosis, minimum, maximum } = spread;
  const normal = (x: number): number =>
    ((finite * step) / (deviation * ROOT_TAU)) * exp(-((x - mean) ** 2) / (2 * deviation ** 2));
  const last = from + counts.length * step;
  const sides = [
    ...(below > 0 ? [`${count(below)} below, down to ${figure(minimum)}`] : []),
    ...(above > 0 ? [`${count(above)} above, up to ${figure(maximum)}`] : []),
  ];
  const facts = [
    finite === 0 ? "No weight is finite" : `Mean ${figure(mean)}, σ ${figure(deviation)}`,
    ...(finite === 0
      ? []
      : [
          excessKurtosis === null
            ? "all weights are one"
            : `excess kurtosis ${figure(excessKurtosis)} (a normal has 0)`,
        ]),
    ...(sides.length > 0 ? [`beyond 6 σ, not drawn: ${sides.join("; ")}`] : []),
    ...(nonFinite > 0 && finite > 0 ? [`${count(nonFinite)} not finite, left out`] : []),
    ...(read < rows ? [`of the first ${count(read)} of ${count(rows)} rows`] : []),
  ];
  return {
    title: "How the weights are spread",
    description: `${facts.join("; ")}.`,
    x: { label: "weight" },
    y: { label: "weights a bin", include: [0] },
    series: [
      {
        name: "weights",
        colour: "c5",
        mark: "bars",
        points: Array.from(finite === 0 ? [] : counts, (y, i) => ({
          x: from + (i + 0.5) * step,
          y,
          label: `${figure(from + i * step)} to ${figure(from + (i + 1) * step)}`,
        })),
      },
      {
        name: "normal of the same mean and σ",
        colour: "c4",
        mark: "line",
        points: step > 0 ? normalPoints(from, last, normal) : [],
      },
    ],
  };
}

const normalPoints = (from: number, to: number, normal: (x: number) => number): Point[] =>
  Array.from({ length: CURVE + 1 }, (_, i) => {
    const x = from + (i / CURVE) * (to - from);
    return { x, y: normal(x) };
  });

/** Leading singular values by their number, with residuals as whiskers. */
export function singularChart({ values, residuals, converged }: Singular): Chart {
  return {
    title: "Leading singular values",
    description: converged
      ? "Largest first; whiskers are bounds (residuals), not deviations."
      : "Largest first; not all converged; whiskers are bounds (residuals), not deviations.",
    x: { label: "number", whole: true },
    y: { label: "singular value", scale: "log" },
    series: [
      {
        name: "",
        colour: "accent",
        mark: "line-dots",
        interval: "bounds (residuals)",
        points: Array.from(values, (y, i) => ({
          x: i + 1,
          y,
          low: y - residuals[i],
          high: y + residuals[i],
          label: `σ${i + 1}`,
        })),
      },
    ],
  };
}

/** A figure of matrices that two checkpoints have. */
export interface PairFigure {
  title: string;
  /** Of the axes. */
  label: string;
  of(matrix: MatrixReport): number | null | undefined;
  scale: "linear" | "log";
}

/** Both checkpoints' figure for each pair; on the diagonal nothing changed. */
export function pairChart(
  { title, label, of, scale }: PairFigure,
  pairs: readonly Pair[],
  names: [a: string, b: string],
): Chart {
  const both = pairs.flatMap((pair, key) => {
    const x = of(pair.a);
    const y = of(pair.b);
    return x === null || x === undefined || y === null || y === undefined ? [] : [{ pair, key, x, y }];
  });
  const places = new Map(both.map((one) => [one.pair.a, one]));
  const series = byRole(
    both.map(({ pair }) => pair.a),
    (matrix) => places.get(matrix)!,
  ).map((one) => ({ ...one, points: one.points.map((point) => ({ ...point, key: both[point.key!].key })) }));
  const all = both.flatMap(({ x, y }) => [x, y]).filter((value) => scale === "linear" || value > 0);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const diagonal: Series = {
    name: "unchanged",
    colour: "muted",
    mark: "dashes",
    points:
      all.length > 0
        ? [
            { x: low, y: low },
            { x: high, y: high },
          ]
        : [],
  };
  const dots: Chart = {
    title,
    description: "One dot a pair of matrices; on the dashed line nothing changed.",
    x: { label: `${label}, ${names[0]}`, scale },
    y: { label: names[1], scale },
    series: [diagonal, ...series],
  };
  const bands = banded(dots);
  if (bands === dots) return dots;
  const description =
    "Lines are medians of the second, bands hold the middle half of the pairs; on the dashed line nothing changed.";
  return { ...bands, description };
}
