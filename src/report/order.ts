import type { MatrixReport } from "../types.js";
import { count } from "./format.js";

/**
 * What matrices can be sorted by. Figures of a fit are those of the first K that was asked for. Largest first, missing
 * ones last.
 */
const figures = {
  parameters: (matrix) => matrix.parameters,
  norm: (matrix) => matrix.norms.norm,
  "norm-per-parameter": (matrix) => matrix.norms.normPerParameter,
  kurtosis: (matrix) => matrix.norms.excessKurtosis,
  participation: (matrix) => matrix.participation?.value,
  signal: (matrix) => matrix.spectrum?.signal.directions,
  "signal-share": ({ spectrum, rows, columns }) => spectrum && spectrum.signal.directions / Math.min(rows, columns),
  "effective-rank": (matrix) => matrix.spectrum?.effectiveRank,
  "stable-rank": (matrix) => matrix.participation?.stableRank,
  energy: (matrix) => matrix.gaussian[0]?.energy,
  r2: (matrix) => matrix.gaussian[0]?.r2,
  z: (matrix) => matrix.gaussian[0]?.permuted?.z,
  svd: (matrix) => matrix.gaussian[0]?.svdEnergy,
  "amplitude-participation": (matrix) => matrix.gaussian[0]?.amplitudeParticipationRatio,
} satisfies Record<string, (matrix: MatrixReport) => number | null | undefined>;

/** What a table of matrices can be sorted by. */
export type SortFigure = keyof typeof figures | "name";
/** All of them, as the command line takes them. */
export const SORT_FIGURES = ["name", ...Object.keys(figures)] as SortFigure[];

/** Which matrices a table shows, and in which order; neither: all, in the checkpoint's. */
export interface Selection {
  sort?: SortFigure | undefined;
  top?: number | undefined;
}

/** What a document says of its own making; nothing where nothing is given, so that a report has one form. */
export interface Making {
  /** The command that made it, without secrets. */
  command?: string | undefined;
  /** The day, as the caller writes it. */
  date?: string | undefined;
}

/** The matrices to show, in their order: as in the file unless `sort` says otherwise; the first `top` of them. */
export function selected(matrices: readonly MatrixReport[], { sort, top }: Selection): MatrixReport[] {
  const all = [...matrices];
  if (sort === "name") all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  else if (sort !== undefined) {
    const of = (matrix: MatrixReport) => figures[sort](matrix) ?? -Infinity;
    all.sort((a, b) => (of(a) === of(b) ? 0 : of(b) - of(a)));
  }
  return all.slice(0, top);
}

const nearness = ({ participation, noiseParticipationRatio }: MatrixReport): number =>
  participation === null ? -1 : participation.value / noiseParticipationRatio;

/** The matrices furthest from noise of their shape by their participation ratio, the furthest first, each once. */
export function mostNotable(matrices: readonly MatrixReport[], most: number): MatrixReport[] {
  return matrices
    .filter(({ participation, tiedTo }) => participation !== null && tiedTo === null)
    .sort((a, b) => nearness(a) - nearness(b))
    .slice(0, most);
}

/**
 * Matrices that a table for people shows unless `top` says otherwise, some thousand at most: those furthest from noise
 * of their shape by their participation ratio, in the order of the table. csv and json have all.
 */
export function notable(
  matrices: readonly MatrixReport[],
  selection: Selection,
  most: number,
): { shown: MatrixReport[]; left: number; cut: boolean } {
  const all = selected(matrices, selection);
  if (selection.top !== undefined || all.length <= most)
    return { shown: all, left: matrices.length - all.length, cut: false };
  const kept = new Set([...all].sort((a, b) => nearness(a) - nearness(b)).slice(0, most));
  return { shown: all.filter((one) => kept.has(one)), left: all.length - most, cut: true };
}

/** What a table that was cut says of the rest. */
export const leftOut = (left: number): string =>
  `and ${count(left)} more, nearer to noise by their participation ratio; csv and json have all`;

/** One report and where it came from, as the command line named it. */
export interface Sourced<T> {
  source: string;
  report: T;
}
