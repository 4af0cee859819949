import type { MatrixReport, Report } from "../types.js";
import { answerOf } from "./answer.js";
import { bytes, count, figure, percent, plusMinus } from "./format.js";
import { markdownName, markdownNames, markdownTable, markdownText } from "./markdown-cells.js";
import { signalCell } from "./matrix-columns.js";
import { leftOut, notable, type Selection, type Sourced } from "./order.js";
import { summaryParagraphs } from "./summary.js";
import { matricesInWords } from "./table.js";

type Fit = MatrixReport["gaussian"][number];

/** A column: its title, its side, and its cell in Markdown of a row of some kind. */
type Columns<Row> = [title: string, side: "left" | "right", cell: (row: Row) => string][];

/** Zeros for what is not there would be figures: a dash is none. */
const known = (value: number | null | undefined, digits?: number): string => figure(value ?? NaN, digits);

const whole = (value: number | null): string => (value === null ? "–" : count(value));

const matrixColumns: Columns<{ name: string; matrix: MatrixReport; fit: Fit | undefined }> = [
  ["matrix", "left", ({ name }) => name],
  ["layer", "right", ({ matrix }) => (matrix.layer === null ? "" : String(matrix.layer))],
  ["role", "left", ({ matrix }) => markdownText(matrix.role ?? "")],
  ["shape", "right", ({ matrix }) => `${matrix.rows} × ${matrix.columns}`],
  ["signal", "right", ({ matrix }) => signalCell(matrix)],
  ["holds %", "right", ({ matrix: { spectrum } }) => (spectrum ? percent(spectrum.signal.energy) : "–")],
  ["PR", "right", ({ matrix }) => (matrix.participation ? participation(matrix.participation) : "–")],
  ["PR of noise", "right", ({ matrix }) => figure(matrix.noiseParticipationRatio, 3)],
  ["norm", "right", ({ matrix }) => figure(matrix.norms.norm)],
  ["K", "right", ({ fit }) => (fit ? String(fit.gaussians) : "")],
  ["fit %", "right", ({ fit }) => (fit ? percent(fit.energy) : "")],
  ["chance %", "right", ({ fit }) => (fit ? percent(fit.permutedEnergy) : "")],
];
const bestColumns: typeof matrixColumns = [
  ["best %", "right", ({ fit }) => (fit?.svdEnergy === undefined ? "" : percent(fit.svdEnergy))],
  ["equal %", "right", ({ fit }) => (fit?.svdAtEqualNumbers === undefined ? "" : percent(fit.svdAtEqualNumbers))],
];
const verdictColumns: typeof matrixColumns = [["verdict", "left", ({ fit }) => fit?.verdict ?? ""]];

const spectrumColumns: Columns<{ name: string; spectrum: NonNullable<MatrixReport["spectrum"]> }> = [
  ["matrix", "left", ({ name }) => name],
  ["signal", "right", ({ spectrum: { signal } }) => count(signal.directions)],
  ["free parameters", "right", ({ spectrum: { signal } }) => count(signal.parameters)],
  ["sign flips", "right", ({ spectrum: { signFlips } }) => (signFlips ? count(signFlips.directions) : "–")],
  ["Kritchman–Nadler", "right", ({ spectrum: { signal } }) => count(signal.kritchmanNadler)],
  ["below", "right", ({ spectrum: { signal } }) => count(signal.below)],
  ["edge of σ²", "right", ({ spectrum: { signal } }) => figure(signal.edge)],
  ["noise variance", "right", ({ spectrum: { signal } }) => figure(signal.noiseVariance)],
  ["bulk", "right", ({ spectrum: { signal } }) => known(signal.bulk, 3)],
  ["the rest", "left", ({ spectrum: { signal } }) => (signal.verdict === "ok" ? "as noise" : signal.verdict)],
  ["effective rank", "right", ({ spectrum }) => known(spectrum.effectiveRank)],
  ["numerical rank", "right", ({ spectrum }) => whole(spectrum.numericalRank)],
  [
    "50, 90, 99 % in",
    "right",
    ({ spectrum: { energyRanks } }) =>
      [energyRanks["0.5"], energyRanks["0.9"], energyRanks["0.99"]].map(whole).join(", "),
  ],
  [
    "tail exponent",
    "right",
    ({ spectrum: { tail } }) => (tail ? `${figure(tail.exponent, 3)} ± ${figure(tail.standardError, 2)}` : "–"),
  ],
];

const layerColumns: Columns<Report["layers"][number]> = [
  ["stack", "left", ({ stack }) => markdownName(stack)],
  ["layer", "right", ({ layer }) => String(layer)],
  ["matrices", "right", ({ matrices }) => count(matrices)],
  ["parameters", "right", ({ parameters }) => count(parameters)],
  [
    "norm",
    "right",
    ({ norm, normStandardError }) => figure(norm) + plusMinus(normStandardError, (error) => figure(error, 2)),
  ],
  ["norm/parameter", "right", ({ normPerParameter }) => normPerParameter.toExponential(2)],
];

/** Matrices in a table, unless --top asks for more. */
const MOST_SHOWN = 2000;

/** Tables of matrices, spectra and layers, and the summary; with a column of sources where there are several. */
export function reportMarkdown(all: readonly Sourced<Report>[], selection: Selection = {}): string {
  const several = all.length > 1;
  const table = <Row>(columns: Columns<Row>, rowsOf: (report: Report) => Row[]): string => {
    const titles = columns.map(([title]) => title);
    const sides = columns.map(([, side]) => side);
    const rows = all.flatMap(({ source, report }) =>
      rowsOf(report).map((row) => [
        ...(several ? [markdownName(source)] : []),
        ...columns.map(([, , cell]) => cell(row)),
      ]),
    );
    if (rows.length === 0) return "";
    return `${markdownTable(several ? ["source", ...titles] : titles, several ? ["left", ...sides] : sides, rows)}\n`;
  };
  const shown = new Map(
    all.map(({ report }) => {
      const found = notable(report.matrices, selection, MOST_SHOWN);
      return [report, { ...found, names: markdownNames(found.shown) }];
    }),
  );
  const namedOf = (report: Report): { name: string; matrix: MatrixReport }[] => {
    const { shown: matrices, names } = shown.get(report)!;
    return matrices.map((matrix, i) => ({ name: names[i], matrix }));
  };
  const fits = all.flatMap(({ report }) => report.matrices.flatMap(({ gaussian }) => gaussian));
  const matrices = table(
    [
      ...matrixColumns,
      ...(fits.some(({ svdEnergy }) => svdEnergy !== undefined) ? bestColumns : []),
      ...(fits.some(({ verdict }) => verdict !== null) ? verdictColumns : []),
    ],
    (report) =>
      namedOf(report).flatMap(({ name, matrix }) =>
        (matrix.gaussian.length ? matrix.gaussian : [undefined]).map((fit) => ({ name, matrix, fit })),
      ),
  );
  const spectra = table(spectrumColumns, (report) =>
    namedOf(report).flatMap(({ name, matrix: { spectrum } }) => (spectrum ? [{ name, spectrum }] : [])),
  );
  const heads = all
    .map(
      ({ source, report }) =>
        `${several ? `${markdownName(source)}: ` : ""}${markdownText(answerOf(report))}\n\n` +
        `${markdownName(several ? source : report.source.name)}: ${report.source.format}, ` +
        `${bytes(report.source.byteLength)}, ${count(report.source.parameters)} parameters, ` +
        `${matricesInWords(report)}\n\n`,
    )
    .join("");
  const summaries = all
    .map(
      ({ source, report }) =>
        `${several ? `${markdownName(source)}\n\n` : ""}${summaryParagraphs(report)
          .map((paragraph) => `- ${markdownText(paragraph)}\n`)
          .join("")}`,
    )
    .join("\n");
  const rest = [...shown.values()].filter(({ cut }) => cut).map(({ left }) => `${leftOut(left)}.\n\n`);
  return `${heads}${matrices}${rest.join("")}${spectra}${table(layerColumns, ({ layers }) => layers)}${summaries}`;
}

function participation({
  value,
  lower,
  upper,
  method,
}: NonNullable<Report["matrices"][number]["participation"]>): string {
  return method === "exact" ? figure(value, 3) : `${figure(value, 3)} (${figure(lower, 3)} to ${figure(upper, 3)})`;
}
