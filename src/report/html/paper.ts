import { PUBLISHED as PUBLISHED_AMPLITUDES } from "../../scaling/amplitude.js";
import { architectureCompression } from "../../scaling/architecture.js";
import { PUBLISHED_MODELS } from "../../scaling/compression.js";
import { PUBLISHED as PUBLISHED_FITS } from "../../scaling/fit.js";
import { PUBLISHED as PUBLISHED_NORMS } from "../../scaling/norms.js";
import { PUBLISHED as PUBLISHED_TRANSITIONS } from "../../scaling/transition.js";
import type { MatrixReport, Report, TransitionReport } from "../../types.js";
import { count, figure, share, short } from "./numbers.js";

/**
 * A table of the paper ("CT Scaling Laws", 2026-03-07; docs/method.md §7), with this model's rows after the published
 * ones.
 */
export interface PaperTable {
  title: string;
  head: string[];
  rows: { cells: string[]; own: boolean }[];
  note: string;
}

const published = (...cells: string[]): { cells: string[]; own: boolean } => ({ cells, own: false });
const own = (...cells: string[]): { cells: string[]; own: boolean } => ({ cells, own: true });

/** Width and depth as the names and shapes of the matrices say them, or null where they do not. */
export function shapeOfModel(matrices: readonly MatrixReport[]): { width: number; layers: number } | null {
  const layers = new Set(matrices.flatMap(({ layer }) => (layer === null ? [] : [layer]))).size;
  const inside = matrices.filter(({ layer, role }) => layer !== null && role !== null);
  const widths = new Map<number, number>();
  for (const { rows, columns } of inside) {
    // The width is the side that most matrices of the layers share.
    for (const side of new Set([rows, columns])) widths.set(side, (widths.get(side) ?? 0) + 1);
  }
  const [width] = [...widths].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
  return layers > 0 && width !== undefined ? { width, layers } : null;
}

/** The tables of "CT Scaling Laws" that a report has figures for, published beside its own. */
export function paperTables(report: Report): PaperTable[] {
  return [compression(report), fitQuality(report), layerNorms(report), amplitudes(report)];
}

function compression({ source, summary, matrices }: Report): PaperTable {
  const found = shapeOfModel(matrices);
  // A sample has not all of its layers.
  const all = (summary.sample?.layers ?? []).reduce((most, { of }) => Math.max(most, of), 0);
  const shape = found && { ...found, layers: Math.max(found.layers, all) };
  const row = (
    [name, parameters, width, layers]: [string, number, number, number],
    write = published,
  ): { cells: string[]; own: boolean } => {
    const { amplitudes, ratio } = architectureCompression({ parameters, width, layers }, 8);
    return write(name, short(parameters), `${count(width)}, ${count(layers)}`, short(amplitudes), figure(ratio));
  };
  const rows = PUBLISHED_MODELS.map(({ model, parameters, width, layers }) => row([model, parameters, width, layers]));
  if (shape) rows.push(row([source.name, summary.parameters, shape.width, shape.layers], own));
  return {
    title: "Compression, K = 8",
    head: ["Model", "Parameters", "Width, layers", "Amplitudes", "Ratio"],
    rows,
    note:
      "The paper's own accounting: 12 · layers · width · K amplitudes for all " +
      `weights.${shape ? "" : " This model's names do not say its layers, so it has no row."}`,
  };
}

function fitQuality({ source, matrices }: Report): PaperTable {
  const rows = [...PUBLISHED_FITS].map(([width, fits]) =>
    published(String(width), ...fits.map((value) => share(value))),
  );
  const widths = [...new Set(matrices.map((matrix) => matrix.columns))].sort((a, b) => a - b).slice(0, 12);
  for (const width of widths) {
    const mean = (gaussians: number): number | null => {
      const found = matrices.flatMap((matrix) =>
        matrix.columns !== width || matrix.tiedTo !== null
          ? []
          : matrix.gaussian
              .filter((fit) => fit.gaussians === gaussians && fit.r2 !== null)
              .slice(0, 1)
              .map((fit) => fit.r2!),
      );
      return found.length === 0 ? null : found.reduce((sum, value) => sum + value, 0) / found.length;
    };
    if (mean(4) !== null || mean(8) !== null)
      rows.push(own(`${width} (${source.name})`, share(mean(4)), share(mean(8))));
  }
  return {
    title: "Fit quality against width",
    head: ["Width", "R² at K = 4", "R² at K = 8"],
    rows,
    note:
      "Published: K free Gaussians a row, 3K parameters. This model: the uniform basis, K parameters a row, mean " +
      "over " +
      "its matrices of that many columns.",
  };
}

function layerNorms({ source, layers, summary }: Report): PaperTable {
  const rows = [...PUBLISHED_NORMS].map(([layer, { norm, normPerParameter }]) =>
    published(`L${layer}`, norm.toFixed(2), normPerParameter.toExponential(2)),
  );
  const chosen =
    layers.length <= 12
      ? layers
      : [0, 0.25, 0.5, 0.75, 1].map((part) => layers[Math.round(part * (layers.length - 1))]);
  for (const { layer, norm, normPerParameter } of chosen)
    rows.push(own(`L${layer} (${source.name})`, norm.toFixed(2), normPerParameter.toExponential(2)));
  const { normsDecreaseWithDepth: decrease } = summary;
  return {
    title: "Layer norms",
    head: ["Layer", "Norm", "Norm / parameter"],
    rows,
    note:
      "Published: decreasing at every step. This model: " +
      `${decrease === null ? "too few layers to say" : `${decrease ? "" : "not "}decreasing at every step`}.`,
  };
}

function amplitudes({ source, summary, options }: Report): PaperTable {
  const { amplitudeParticipationRatio: ratio, sizeCorrelation: size } = summary;
  return {
    title: "Amplitude PR against matrix size",
    head: ["Model", "Matrices", "Mean", "r with size", "p"],
    rows: [
      published(
        "Published",
        "16",
        `${PUBLISHED_AMPLITUDES.mean} ± ${PUBLISHED_AMPLITUDES.standardDeviation}`,
        String(PUBLISHED_AMPLITUDES.r),
        "not significant",
      ),
      own(
        source.name,
        ratio ? String(ratio.n) : "–",
        ratio ? `${ratio.mean.toFixed(2)} ± ${ratio.standardDeviation.toFixed(2)}` : "–",
        size ? size.r.toFixed(3) : "–",
        size ? figure(size.p) : "–",
      ),
    ],
    note:
      "For noise at K = 8 the amplitude PR is about 6.3 at width 0.5 and 1.8 at width 1; here the width is " +
      `${String(options.width)}.`,
  };
}

/**
 * Participation ratio against vocabulary: of T's antisymmetric part and of the counts' symmetric part, beside their own
 * shuffles.
 */
export function transitionTable(
  transition: readonly TransitionReport[],
  counts: readonly TransitionReport[],
  name: string,
): PaperTable {
  const rows = PUBLISHED_TRANSITIONS.map(({ vocabulary, antisymmetric, symmetric }) =>
    published(
      `${count(vocabulary)}${symmetric === null ? " (predicted)" : ""}`,
      antisymmetric.toFixed(2),
      symmetric === null ? "–" : symmetric.toFixed(2),
      "–",
      "–",
    ),
  );
  for (const [i, { vocabulary, antisymmetric, shuffled }] of transition.entries()) {
    const spread = (pair: [number, number] | null): string =>
      pair ? `${figure(pair[0])} ± ${figure(pair[1], 2)}` : "–";
    rows.push(
      own(
        `${count(vocabulary)} (${name})`,
        figure(antisymmetric?.value),
        figure(counts[i]?.symmetric?.value),
        spread(shuffled.antisymmetric),
        spread(counts[i]?.shuffled.symmetric ?? null),
      ),
    );
  }
  return {
    title: "PR against vocabulary",
    head: ["Vocabulary", "Antisymmetric, of T", "Symmetric, of counts", "The same, shuffled", "The same, shuffled"],
    rows,
    note:
      "A text without grammar tends to 2 and 1 at any vocabulary: only the distance from its own shuffle says " +
      "anything. 1.99 is below the floor of 2.",
  };
}
