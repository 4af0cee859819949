import type { ComparedMatrix, CompareReport } from "../../types.js";
import { type CsvValue, csvLines } from "../csv-cells.js";
import { count, figure, percent } from "../format.js";
import { markdownName, markdownNames, markdownTable, markdownText } from "../markdown-cells.js";
import { adapterAnswer, changeAnswer } from "./answer.js";
import { changeColumns } from "./columns.js";
import { heatOf, shownRanks } from "./heat.js";
import { notesOf } from "./table.js";

/** Column → its value; names are those of the report. */
const columns: Record<string, (matrix: ComparedMatrix) => CsvValue> = {
  name: ({ name }) => name,
  baseName: ({ baseName }) => baseName,
  stack: ({ stack }) => stack,
  layer: ({ layer }) => layer,
  role: ({ role }) => role,
  rows: ({ rows }) => rows,
  columns: (matrix) => matrix.columns,
  norm: ({ norm }) => norm,
  relativeChange: ({ relativeChange }) => relativeChange,
  cosine: ({ cosine }) => cosine,
  changed: ({ changed }) => changed,
  participationRatio: ({ participation }) => participation?.value,
  noiseParticipationRatio: (matrix) => matrix.noiseParticipationRatio,
  spectralNorm: ({ participation }) => participation?.spectralNorm,
  rank50: ({ energyRanks }) => energyRanks?.["0.5"],
  rank90: ({ energyRanks }) => energyRanks?.["0.9"],
  rank99: ({ energyRanks }) => energyRanks?.["0.99"],
  rankAboveRounding: ({ rankAboveRounding }) => rankAboveRounding,
  signalDirections: ({ signal }) => signal?.directions,
  signalVerdict: ({ signal }) => signal?.verdict,
};

/** One row a matrix. */
export function compareCsv({ matrices }: CompareReport): string {
  return csvLines([Object.keys(columns), ...matrices.map((matrix) => Object.values(columns).map((of) => of(matrix)))]);
}

type Side = "left" | "right";
const sides = (words: number, figures: number): Side[] => [
  ...Array<Side>(words).fill("left"),
  ...Array<Side>(figures).fill("right"),
];

function heatTable(report: CompareReport): string {
  const { roles, rows } = heatOf(report.cells);
  if (rows.length === 0) return "";
  const body = rows.map(({ heading, cells }) => [
    markdownText(heading),
    ...cells.map((cell) => (cell === null ? "" : cell.change === null ? "–" : figure(cell.change, 3))),
  ]);
  return (
    "\nChange by layer and " +
    `role\n\n${markdownTable(["layer", ...roles.map(markdownText)], sides(1, roles.length), body)}`
  );
}

/** The answer, the matrices, the layers by role, what adapters would hold, notes. */
export function compareMarkdown(report: CompareReport): string {
  const { base, tuned, matrices, adapterRanks, quantisation, adapter } = report;
  const names = markdownNames(matrices);
  const rows = matrices.map((matrix, i) => [
    names[i],
    matrix.layer === null ? "" : String(matrix.layer),
    markdownText(matrix.role ?? ""),
    `${matrix.rows} × ${matrix.columns}`,
    ...changeColumns.map(({ cell }) => cell(matrix)),
  ]);
  const parts = [
    `${markdownText(changeAnswer(report))}\n\n`,
    adapter ? `${markdownText(adapterAnswer(adapter))}\n\n` : "",
    `${markdownName(base.name)} → ${markdownName(tuned.name)}\n\n`,
    markdownTable(
      ["matrix", "layer", "role", "shape", ...changeColumns.map(({ title }) => title)],
      ["left", "right", "left", ...sides(0, 1 + changeColumns.length)],
      rows,
    ),
    heatTable(report),
    adapterRanks.length > 0
      ? `\n${markdownTable(
          ["adapter of rank", "holds %", "numbers"],
          sides(0, 3),
          shownRanks(adapterRanks).map(({ rank, energy, parameters }) => [
            count(rank),
            percent(energy),
            count(parameters),
          ]),
        )}`
      : "",
    quantisation.length > 0
      ? `\n${markdownTable(
          ["quantised as", "side", "bits a weight", "matrices", "squared error / ‖W‖²"],
          sides(2, 3),
          quantisation.map(({ dtype, side, bits, matrices: n, error }) => [
            markdownText(dtype),
            side,
            figure(bits),
            count(n),
            figure(error, 3),
          ]),
        )}`
      : "",
    notesOf(report)
      .map((note) => `- ${markdownText(note)}\n`)
      .join("")
      .replace(/^(?=.)/, "\n"),
  ];
  return parts.join("");
}
