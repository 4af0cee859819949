import { printable } from "../base/printable.js";
import type { MatrixReport, ParticipationRatio, Report } from "../types.js";
import { count, decimals, figure, largestOf, percent, widthOf, withError } from "./format.js";
import { type Cell, type Column, GAP, type Style } from "./layout.js";

/** What one K keeps of a matrix. */
export type Fit = MatrixReport["gaussian"][number];

/** A column of the table of matrices: one figure a matrix, or one a matrix and K. */
export interface FigureColumn extends Column {
  matrix?(matrix: MatrixReport): Cell | string;
  fit?(fit: Fit): Cell | string;
}

const right = (title: string, of: Omit<FigureColumn, "title" | "align">): FigureColumn => ({
  title,
  align: "right",
  ...of,
});

const verdictStyle: Record<string, Style> = { structure: "structure", "as noise": "noise", "below noise": "below" };
const styleOf = (fit: Fit): Style | undefined => (fit.verdict === null ? undefined : verdictStyle[fit.verdict]);

/** Rows × columns as analysed, and the stored shape where it is another. */
export const shapeOf = (matrix: MatrixReport): string => {
  const { shape, rows, columns } = matrix;
  return isPlain(matrix) ? `${rows} × ${columns}` : `${rows} × ${columns} of ${shape.join(" × ")}`;
};

/** Whether a matrix lies in its file as it is taken. */
export const isPlain = ({ shape, rows }: MatrixReport): boolean => shape.length === 2 && shape[0] === rows;

/** With ± one standard error, or half the certified interval; "?" where neither came within the tolerance. */
export function participationCell(ratio: ParticipationRatio | null): string {
  if (ratio === null) return "–";
  if (ratio.method === "exact") return figure(ratio.value, 3);
  const error =
    ratio.convergedBy === "standard-error"
      ? ratio.standardError
      : Math.min((ratio.upper - ratio.lower) / 2, ratio.standardError || Infinity);
  return `${withError(ratio.value, error)}${ratio.convergedBy === null ? "?" : ""}`;
}

/** Signal directions; "?" where what is left is not distributed as noise is. */
export const signalCell = ({ spectrum }: MatrixReport): string =>
  spectrum === null ? "–" : `${count(spectrum.signal.directions)}${spectrum.signal.verdict === "ok" ? "" : "?"}`;

/** Two entries may come to one K ("auto" and 8 at 128 columns): it is shown once. */
export const distinctFits = ({ gaussian }: MatrixReport): Fit[] =>
  gaussian.filter((fit, k) => gaussian.findIndex(({ gaussians }) => gaussians === fit.gaussians) === k);

/** One word for all K of a matrix, or one for each that occurs. */
function verdictsCell(matrix: MatrixReport): Cell {
  const fits = distinctFits(matrix);
  const words = [...new Set(fits.map(({ verdict }) => verdict ?? ""))];
  if (words.length === 1) return { text: words[0], style: styleOf(fits[0]) };
  return { text: words.map((word) => word.replace("as noise", "noise")).join("/"), style: "structure" };
}

/** The name within its layer, without ".weight". */
export function shortName({ name, layer }: MatrixReport, grouped: boolean): string {
  const bare = name.replace(/\.weight(?=\[[\d,]+\]$|$)/, "");
  const inside = grouped && layer !== null ? new RegExp(`[._/]${layer}[./]`).exec(bare) : null;
  return printable(inside ? bare.slice(inside.index + inside[0].length) : bare);
}

const signal: FigureColumn[] = [
  right("signal", { matrix: signalCell }),
  right("of", {
    gap: 1,
    matrix: ({ rows, columns }) => ({ text: count(Math.min(rows, columns)), style: "dim" }),
  }),
  right("holds", { gap: 1, matrix: ({ spectrum }) => (spectrum === null ? "–" : percent(spectrum.signal.energy)) }),
];

const sizes: FigureColumn[] = [
  right("PR", { matrix: ({ participation }) => participationCell(participation) }),
  right("noise", {
    gap: 1,
    matrix: ({ noiseParticipationRatio }) => ({ text: figure(noiseParticipationRatio, 3), style: "dim" }),
  }),
  right("norm", { matrix: ({ norms }) => figure(norms.norm) }),
];

const verdicts: FigureColumn = { title: "Gaussians", align: "left", matrix: verdictsCell };

/** What each K keeps: one line for each. */
function fitColumns(fits: readonly Fit[]): FigureColumn[] {
  const columns = [
    right("K", { fit: ({ gaussians }) => count(gaussians) }),
    right("fit %", { fit: (fit) => ({ text: percent(fit.energy), style: styleOf(fit) }) }),
    right("chance", { gap: 1, fit: ({ permutedEnergy }) => percent(permutedEnergy) }),
  ];
  if (fits.some(({ svdEnergy }) => svdEnergy !== undefined))
    columns.push(
      right("best", { gap: 1, fit: ({ svdEnergy }) => (svdEnergy === undefined ? "" : percent(svdEnergy)) }),
    );
  if (fits.some(({ verdict }) => verdict !== null))
    columns.push({
      title: "verdict",
      align: "left",
      fit: (fit) => ({ text: fit.verdict ?? "", style: styleOf(fit) }),
    });
  return columns;
}

/** Columns for wider terminals, each group with the title it stands after; "" is the beginning, "last" the end. */
function widerColumns(fits: readonly Fit[], spectra: boolean): [after: string, columns: FigureColumn[]][] {
  const wider: [string, FigureColumn[]][] = [];
  if (fits.some(({ svdAtEqualNumbers }) => svdAtEqualNumbers !== undefined))
    wider.push([
      "best",
      [
        right("equal", {
          gap: 1,
          fit: ({ svdAtEqualNumbers: equal }) => (equal === undefined ? "" : percent(equal)),
        }),
      ],
    ]);
  if (fits.some(({ permuted }) => permuted !== undefined))
    wider.push(["chance", [right("z", { gap: 1, fit: ({ permuted }) => (permuted ? decimals(permuted.z, 1) : "") })]]);
  wider.push(["", [right("shape", { matrix: shapeOf })]]);
  if (spectra)
    wider.push([
      "holds",
      [
        right("90 % in", { matrix: ({ spectrum }) => String(spectrum?.energyRanks["0.9"] ?? "–") }),
        right("effective rank", { matrix: ({ spectrum }) => figure(spectrum?.effectiveRank ?? NaN, 3) }),
      ],
    ]);
  wider.push(
    ["noise", [right("stable rank", { matrix: ({ participation: ratio }) => figure(ratio?.stableRank ?? NaN, 3) })]],
    [
      "last",
      [
        right("amplitude PR", { fit: ({ amplitudeParticipationRatio: ratio }) => figure(ratio ?? NaN, 3) }),
        right("noise", {
          gap: 1,
          fit: ({ noiseAmplitudeParticipationRatio: ratio }) => ({ text: figure(ratio ?? NaN, 3), style: "dim" }),
        }),
      ],
    ],
  );
  return wider;
}

/** What a column takes of the width, with the gap before it. */
function roomOf(column: FigureColumn, matrices: readonly MatrixReport[]): number {
  let widest = widthOf(column.title);
  const see = (cell: Cell | string): void => {
    widest = Math.max(widest, widthOf(typeof cell === "string" ? cell : cell.text));
  };
  for (const matrix of matrices) {
    if (column.matrix) see(column.matrix(matrix));
    else if (column.fit) distinctFits(matrix).map(column.fit).forEach(see);
  }
  return widest + (column.gap ?? GAP);
}

/** What a terminal under 70 columns does without, so that names keep room. */
const NOT_ON_NARROW = ["noise", "norm", "PR"];
const NARROW_NAME = 18;

/**
 * The columns that fit in `width` beside the names: signal, its energy, PR beside noise, norm, and one word on the
 * Gaussians; where there is room what each K keeps in place of the word, then what is of less interest.
 */
export function fittingColumns(
  report: Report,
  matrices: readonly MatrixReport[],
  grouped: boolean,
  width: number,
): FigureColumn[] {
  const fits = report.matrices.flatMap((matrix) => matrix.gaussian);
  const spectra = report.matrices.some(({ spectrum }) => spectrum !== null);
  const names = matrices.map((matrix) => widthOf(shortName(matrix, grouped)) + (grouped ? 2 : 0));
  const longest = Math.min(width, largestOf(names, 12));
  const rooms = new Map<FigureColumn, number>();
  const room = (column: FigureColumn): number =>
    rooms.get(column) ?? rooms.set(column, roomOf(column, matrices)).get(column)!;
  const beside = (columns: readonly FigureColumn[]): number => columns.reduce((sum, column) => sum + room(column), 0);

  const base = [...(spectra ? signal : []), ...sizes];
  const each = [...base, ...fitColumns(fits)];
  const judged = fits.some(({ verdict }) => verdict !== null);
  let chosen = !judged || beside(each) + longest <= width ? each : [...base, verdicts];
  for (const title of NOT_ON_NARROW)
    if (beside(chosen) + NARROW_NAME > width) chosen = chosen.filter((column) => column.title !== title);
  for (const [after, columns] of widerColumns(fits, spectra)) {
    const found = chosen.findIndex(({ title }) => title === after);
    if (found < 0 && after !== "" && after !== "last") continue;
    const at = after === "last" ? chosen.length : found + 1;
    const tried = [...chosen.slice(0, at), ...columns, ...chosen.slice(at)];
    if (beside(tried) + longest <= width) chosen = tried;
  }
  return chosen;
}
