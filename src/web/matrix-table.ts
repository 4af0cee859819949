import { printableNameOf } from "../report/distinct.js";
import { columns as figures } from "../report/html/columns.js";
import { count, figure, share } from "../report/html/numbers.js";
import type { MatrixReport } from "../types.js";
import { bars } from "./bars.js";
import type { TableColumn } from "./table-column.js";

/** Columns that are always there. */
const FIRST = ["name", "signal", "participationOfNoise", "energy", "verdict"];

/** A column of the table, whose figures are those of the entry of `gaussian` that is chosen. */
const column = (key: string, k: number): TableColumn<MatrixReport> => {
  const found = figures.find((one) => one.key === key)!;
  return { ...found, value: (matrix) => found.value(matrix, k), text: (matrix) => found.text(matrix, k) };
};

const ofNoise = ({ participation, noiseParticipationRatio }: MatrixReport): number | null =>
  participation === null ? null : participation.value / noiseParticipationRatio;

/** What the answer rests on, in the terminal's words. */
function answering(k: number, nameOf: (matrix: MatrixReport) => string): TableColumn<MatrixReport>[] {
  return [
    { ...column("name", k), width: 220, text: nameOf },
    {
      ...column("signal", k),
      title: "Signal of",
      about: "Directions above the matrix's own noise, of its smaller side",
      width: 100,
      text: ({ spectrum, rows, columns }) =>
        `${spectrum === null ? "–" : count(spectrum.signal.directions)} of ${count(Math.min(rows, columns))}`,
    },
    {
      key: "participationOfNoise",
      title: "PR / noise",
      about: "Participation ratio over that of noise of the same shape",
      numeric: true,
      width: 92,
      value: ofNoise,
      text: (matrix) => figure(ofNoise(matrix)),
    },
    {
      ...column("energy", k),
      title: "Fit · chance · equal",
      about:
        "Energy that K Gaussians keep, what they keep of shuffled columns, and what singular vectors of as many " +
        "numbers keep",
      width: 262,
      text: ({ gaussian }) => {
        const fit = gaussian[k];
        return fit ? `${share(fit.energy)} · ${share(fit.permutedEnergy)} · ${share(fit.svdAtEqualNumbers)}` : "–";
      },
      picture: ({ gaussian }) => {
        const fit = gaussian[k];
        return fit ? bars([fit.energy, fit.permutedEnergy, fit.svdAtEqualNumbers ?? 0]) : null;
      },
    },
    column("verdict", k),
  ];
}

/** Every column that can be added, by its key and title. */
export const moreColumns: readonly { key: string; title: string; about: string }[] = figures.filter(
  ({ key }) => !FIRST.includes(key),
);

/** The columns of the page's table of these matrices: those of the answer, and those that were added. */
export const tableColumns = (
  matrices: readonly MatrixReport[],
  k: number,
  added: readonly string[],
): TableColumn<MatrixReport>[] => [
  ...answering(k, printableNameOf(matrices)),
  ...moreColumns.filter(({ key }) => added.includes(key)).map(({ key }) => column(key, k)),
];

/** A matrix's stack and layer in a heading; what stands outside any layer comes under its own. */
export const groupOf = ({ stack, layer }: MatrixReport): string =>
  layer === null ? "outside the layers" : `${stack === null ? "layer" : stack} ${layer}`;
