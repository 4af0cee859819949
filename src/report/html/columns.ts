import { printable } from "../../base/printable.js";
import type { MatrixReport } from "../../types.js";
import { count, figure, share, short } from "./numbers.js";
import { roleName } from "./roles.js";

/** A column of the table of matrices. `k` counts the entries of `gaussian`. */
export interface Column {
  key: string;
  title: string;
  about: string;
  /** Figures stand right, words left. */
  numeric: boolean;
  /** CSS width in the page's table, px. */
  width: number;
  value(matrix: MatrixReport, k: number): number | string | null;
  text(matrix: MatrixReport, k: number): string;
}

function numeric(
  key: string,
  [title, about]: [title: string, about: string],
  value: (matrix: MatrixReport, k: number) => number | null | undefined,
  write: (value: number) => string = figure,
  width = 96,
): Column {
  const of = (matrix: MatrixReport, k: number): number | null => value(matrix, k) ?? null;
  return {
    key,
    title,
    about,
    numeric: true,
    width,
    value: of,
    text: (matrix, k) => {
      const found = of(matrix, k);
      return found === null ? "–" : write(found);
    },
  };
}
function word(
  key: string,
  [title, about]: [title: string, about: string],
  value: (matrix: MatrixReport, k: number) => string,
  width: number,
): Column {
  return { key, title, about, numeric: false, width, value, text: value };
}

/** Every column that the table of matrices can show, in its order. */
export const columns: Column[] = [
  word("name", ["Matrix", "Name of the tensor"], (matrix) => printable(matrix.name), 300),
  numeric("layer", ["Layer", "Number in the name"], (matrix) => matrix.layer, String, 68),
  word("role", ["Role", "What the name says it does"], (matrix) => roleName(matrix.role), 130),
  word("dtype", ["Type", "Storage type"], (matrix) => matrix.dtype, 72),
  numeric("rows", ["Rows", "Rows as stored"], (matrix) => matrix.rows, count, 84),
  numeric("columns", ["Columns", "Columns as stored"], (matrix) => matrix.columns, count, 92),
  numeric(
    "parameters",
    ["Parameters", "Rows × columns"],
    (matrix) => matrix.parameters,
    (value) => short(value),
    112,
  ),
  numeric(
    "signal",
    ["Signal", "Directions above the matrix's own noise"],
    (matrix) => matrix.spectrum?.signal.directions,
    count,
    84,
  ),
  numeric(
    "signalEnergy",
    ["Holds", "Share of ‖W‖² in the signal"],
    (matrix) => matrix.spectrum?.signal.energy,
    share,
    92,
  ),
  word(
    "signalVerdict",
    ["The rest", "Whether what is left is distributed as noise is"],
    ({ spectrum }) => (spectrum === null ? "–" : spectrum.signal.verdict === "ok" ? "noise" : spectrum.signal.verdict),
    110,
  ),
  numeric(
    "effectiveRank",
    ["Effective rank", "exp of the entropy of σ/Σσ"],
    (matrix) => matrix.spectrum?.effectiveRank,
    figure,
    132,
  ),
  numeric(
    "rank90",
    ["90 % in", "Directions that hold 90 % of ‖W‖²"],
    (matrix) => matrix.spectrum?.energyRanks["0.9"],
    count,
    84,
  ),
  numeric(
    "norm",
    ["Norm", "Frobenius norm"],
    (matrix) => matrix.norms.norm,
    (value) => figure(value, 4),
    84,
  ),
  numeric(
    "participation",
    ["PR", "Participation ratio of the squared singular values"],
    (matrix) => matrix.participation?.value,
  ),
  numeric(
    "noiseParticipation",
    ["PR of noise", "Participation ratio of noise of this shape"],
    (matrix) => matrix.noiseParticipationRatio,
    figure,
    106,
  ),
  numeric("stableRank", ["Stable rank", "‖W‖² / σ₁²"], (matrix) => matrix.participation?.stableRank, figure, 108),
  numeric("gaussians", ["K", "Gaussians a row"], (matrix, k) => matrix.gaussian[k]?.gaussians, String, 60),
  numeric(
    "energy",
    ["Fit", "Share of ‖W‖² that K Gaussians along the columns keep"],
    (matrix, k) => matrix.gaussian[k]?.energy,
    share,
    84,
  ),
  numeric(
    "noiseEnergy",
    ["Fit of noise", "What they would keep of white noise"],
    (matrix, k) => matrix.gaussian[k]?.noiseEnergy,
    share,
    112,
  ),
  numeric(
    "permutedEnergy",
    ["Chance", "What they would keep with the columns shuffled"],
    (matrix, k) => matrix.gaussian[k]?.permutedEnergy,
    share,
    96,
  ),
  numeric(
    "svdEnergy",
    ["Best", "What any K directions can keep: those of the largest singular values"],
    (matrix, k) => matrix.gaussian[k]?.svdEnergy,
    share,
    76,
  ),
  numeric(
    "svdAtEqualNumbers",
    ["Equal", "What singular vectors of as many numbers keep"],
    (matrix, k) => matrix.gaussian[k]?.svdAtEqualNumbers,
    share,
    76,
  ),
  numeric(
    "z",
    ["z", "Fit against shuffles of the columns, in their standard deviations"],
    (matrix, k) => matrix.gaussian[k]?.permuted?.z,
    (value) => figure(value),
    76,
  ),
  word(
    "verdict",
    ["Verdict", "Fit against shuffles of the columns"],
    (matrix, k) => matrix.gaussian[k]?.verdict ?? "–",
    110,
  ),
  numeric(
    "amplitudeParticipation",
    ["Amplitude PR", "Participation ratio of the amplitudes' covariance"],
    (matrix, k) => matrix.gaussian[k]?.amplitudeParticipationRatio,
    figure,
    120,
  ),
  numeric("r2", ["R²", "Textbook R² of the fit"], (matrix, k) => matrix.gaussian[k]?.r2, share, 76),
  numeric(
    "kurtosis",
    ["Kurtosis", "Excess kurtosis of the weights"],
    (matrix) => matrix.norms.excessKurtosis,
    figure,
    92,
  ),
];
