import { printable } from "../../base/printable.js";
import { noiseAtRank } from "../../spectra/noise-curve.js";
import type { MatrixReport } from "../../types.js";
import type { Chart, Point } from "./chart-types.js";
import { figure, share, count as thousands } from "./numbers.js";

/** Points of the noise's curve at most. */
const CURVE = 96;

/**
 * Singular values by rank on a log axis, those of the signal marked, with the noise's own curve and its edge. Null
 * where the report does not keep the values.
 */
export function spectrumOfMatrix(matrix: MatrixReport): Chart | null {
  const { spectrum, name } = matrix;
  const values = spectrum?.singularValues;
  if (!spectrum || !values) return null;
  const { signal } = spectrum;
  const points = values.map((y, i): Point => ({ x: i + 1, y, label: `σ ${i + 1} = ${figure(y, 4)}` }));
  const side = values.length;
  const first = signal.directions + 1;
  const count = Math.min(CURVE, side - signal.directions);
  const ranks = Array.from({ length: count }, (_, i) =>
    count === 1 ? first : first + Math.round((i * (side - first)) / (count - 1)),
  );
  const edge = Math.sqrt(signal.edge);
  const doubt = signal.verdict === "ok" ? "" : ` What is left: ${signal.verdict}, so the count says little.`;
  return {
    title: "Singular values",
    description:
      `${printable(name, 80)}: ${thousands(signal.directions)} of ${thousands(side)} above the noise, ` +
      `with ${share(signal.energy)} of ‖W‖².${doubt}`,
    x: { label: "rank", whole: true },
    y: { label: "singular value", scale: "log" },
    series: [
      {
        name: "edge of the noise",
        colour: "muted",
        mark: "dotted",
        points: edge > 0 ? [1, side].map((x) => ({ x, y: edge })) : [],
      },
      { name: "noise", colour: "c1", mark: "dots", points: points.slice(signal.directions) },
      { name: "signal", colour: "accent", mark: "dots", points: points.slice(0, signal.directions) },
      {
        name: "noise of the same variance",
        colour: "ink",
        mark: "dashes",
        points: ranks.flatMap((x) => {
          const y = noiseAtRank(signal, matrix, x);
          return y === null ? [] : [{ x, y }];
        }),
      },
    ],
  };
}
