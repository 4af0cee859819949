import { printable } from "../base/printable.js";
import { stackOf } from "../checkpoint/names.js";
import type { MatrixReport, ParticipationRatio, Report } from "../types.js";
import { askedPercent, bytes, count, decimals, figure, largestOf, percent, widthOf, withError } from "./format.js";
import { type Cell, type Column, GAP, type Paint, type Row, type Style, tableLines, wrapped } from "./layout.js";
import { type Selection, selected } from "./order.js";
import { summaryParagraphs } from "./summary.js";

type Fit = MatrixReport["gaussian"][number];

/** A column of the table of matrices: one figure a matrix, or one a matrix and K. */
interface FigureColumn extends Column {
  matrix?(matrix: MatrixReport): Cell | string;
  fit?(fit: Fit): Cell | string;
}

const verdictStyle: Record<string, Style> = { structure: "structure", "as noise": "noise", "below noise": "below" };
const styleOf = (fit: Fit): Style | undefined => (fit.verdict === null ? undefined : verdictStyle[fit.verdict]);
const shapeOf = ({ shape, rows, columns }: MatrixReport) =>
  shape.length === 2 && shape[0] === rows ? `${rows} × ${columns}` : `${rows} × ${columns} of ${shape.join(" × ")}`;

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

function figureColumns(report: Report): { shown: FigureColumn[]; wider: [after: string, columns: FigureColumn[]][] } {
  const fits = report.matrices.flatMap((matrix) => matrix.gaussian);
  const shown: FigureColumn[] = [
    { title: "norm", align: "right", matrix: ({ norms }) => figure(norms.norm) },
    { title: "PR", align: "right", matrix: ({ participation }) => participationCell(participation) },
    {
      title: "noise",
      align: "right",
      gap: 1,
      matrix: ({ noiseParticipationRatio }) => ({ text: figure(noiseParticipationRatio, 3), style: "dim" }),
    },
    { title: "K", align: "right", fit: ({ gaussians }) => count(gaussians) },
    { title: "fit %", align: "right", fit: (fit) => ({ text: percent(fit.energy), style: styleOf(fit) }) },
    { title: "chance", align: "right", gap: 1, fit: ({ permutedEnergy }) => percent(permutedEnergy) },
  ];
  if (fits.some(({ svdEnergy }) => svdEnergy !== undefined))
    shown.push({
      title: "best",
      align: "right",
      gap: 1,
      fit: ({ svdEnergy }) => (svdEnergy === undefined ? "" : percent(svdEnergy)),
    });
  if (fits.some(({ verdict }) => verdict !== null))
    shown.push({ title: "verdict", align: "left", fit: (fit) => ({ text: fit.verdict ?? "", style: styleOf(fit) }) });
  const wider: [string, FigureColumn[]][] = [];
  if (fits.some(({ svdAtEqualNumbers }) => svdAtEqualNumbers !== undefined))
    wider.push([
      "best",
      [
        {
          title: "equal",
          align: "right",
          gap: 1,
          fit: ({ svdAtEqualNumbers: equal }) => (equal === undefined ? "" : percent(equal)),
        },
      ],
    ]);
  if (fits.some(({ permuted }) => permuted !== undefined))
    wider.push([
      "chance",
      [{ title: "z", align: "right", gap: 1, fit: ({ permuted }) => (permuted ? decimals(permuted.z, 1) : "") }],
    ]);
  wider.push(
    ["", [{ title: "shape", align: "right", matrix: shapeOf }]],
    [
      "noise",
      [
        {
          title: "stable rank",
          align: "right",
          matrix: ({ participation }) => (participation ? figure(participation.stableRank, 3) : ""),
        },
      ],
    ],
    [
      "last",
      [
        {
          title: "amplitude PR",
          align: "right",
          fit: ({ amplitudeParticipationRatio: ratio }) => (ratio === null ? "" : figure(ratio, 3)),
        },
        {
          title: "noise",
          align: "right",
          gap: 1,
          fit: ({ noiseAmplitudeParticipationRatio: ratio }) => ({
            text: ratio === null ? "" : figure(ratio, 3),
            style: "dim",
          }),
        },
      ],
    ],
  );
  return { shown, wider };
}

/** Two entries may come to one K ("auto" and 8 at 128 columns): it is shown once. */
const distinctFits = ({ gaussian }: MatrixReport): Fit[] =>
  gaussian.filter((fit, k) => gaussian.findIndex(({ gaussians }) => gaussians === fit.gaussians) === k);

/** The name within its layer, without ".weight". */
function shortName({ name, layer }: MatrixReport, grouped: boolean): string {
  const bare = name.replace(/\.weight(?=\[[\d,]+\]$|$)/, "");
  const inside = grouped && layer !== null ? new RegExp(`[._/]${layer}[./]`).exec(bare) : null;
  return printable(inside ? bare.slice(inside.index + inside[0].length) : bare);
}

function rowsOf(matrix: MatrixReport, columns: readonly FigureColumn[], grouped: boolean): Row[] {
  const indent = grouped ? "  " : "";
  const inline = columns.some(({ title }) => title === "shape");
  const distinct = distinctFits(matrix);
  const fits: (Fit | undefined)[] = distinct.length ? distinct : [undefined];
  const rows: Row[] = fits.map((fit, k) => [
    k === 0
      ? `${indent}${shortName(matrix, grouped)}`
      : k === 1 && !inline
        ? { text: `${indent}  ${shapeOf(matrix)}`, style: "dim" }
        : "",
    ...columns.map((column): Cell | string =>
      column.matrix ? (k === 0 ? column.matrix(matrix) : "") : fit && column.fit ? column.fit(fit) : "",
    ),
  ]);
  if (fits.length < 2 && !inline) rows.push([{ text: `${indent}  ${shapeOf(matrix)}`, style: "dim" }]);
  const aside = (line: string, style: Style) => rows.push({ line: `${indent}  ${line}`, style });
  if (matrix.norms.nonFinite > 0)
    aside(
      `${count(matrix.norms.nonFinite)} of ${count(matrix.parameters)} weights are NaN or infinite: no ` +
        "participation ratio, no fit",
      "below",
    );
  else if (matrix.participation === null) aside("all weights are zero: no participation ratio, no fit", "below");
  if (matrix.tiedTo !== null) aside(`tied to ${printable(matrix.tiedTo)}, counted there`, "dim");
  const target = matrix.energyTarget;
  if (target && matrix.gaussian.length) {
    const gaussians =
      target.gaussians === null ? "no K is enough" : `K = ${count(target.gaussians)} of ${count(matrix.columns)}`;
    const rank = `, or ${count(target.rank)} of ${count(Math.min(matrix.rows, matrix.columns))} singular vectors`;
    aside(`for ${askedPercent(target.energy)} %: ${gaussians}${rank}`, "dim");
  }
  return rows;
}

/** Matrices under headings of their layers, those of none first; one group without a heading where they were sorted. */
function groupsOf(
  matrices: readonly MatrixReport[],
  grouped: boolean,
): { heading: string | null; members: MatrixReport[] }[] {
  if (!grouped) return [{ heading: null, members: [...matrices] }];
  const stacks = new Map<string, Map<number, MatrixReport[]>>();
  const outside: MatrixReport[] = [];
  for (const matrix of matrices) {
    if (matrix.layer === null) {
      outside.push(matrix);
      continue;
    }
    const stack = stackOf(matrix.name) ?? "";
    const layers = stacks.get(stack) ?? new Map<number, MatrixReport[]>();
    stacks.set(stack, layers);
    const members = layers.get(matrix.layer);
    if (members) members.push(matrix);
    else layers.set(matrix.layer, [matrix]);
  }
  const groups = outside.length ? [{ heading: "outside the layers", members: outside }] : [];
  for (const [stack, layers] of stacks) {
    for (const [layer, members] of [...layers].sort(([a], [b]) => a - b))
      groups.push({ heading: stacks.size > 1 ? `${printable(stack)} ${layer}` : `layer ${layer}`, members });
  }
  return groups;
}

function allRows(matrices: readonly MatrixReport[], columns: readonly FigureColumn[], grouped: boolean): Row[] {
  return groupsOf(matrices, grouped).flatMap(({ heading, members }) => [
    ...(heading === null ? [] : [{ line: heading, style: "strong" as const }]),
    ...members.flatMap((matrix) => rowsOf(matrix, columns, grouped)),
  ]);
}

/** What a column takes of the width, with the gap before it. */
function roomOf(column: FigureColumn, matrices: readonly MatrixReport[]): number {
  let widest = widthOf(column.title);
  const see = (cell: Cell | string) => {
    widest = Math.max(widest, widthOf(typeof cell === "string" ? cell : cell.text));
  };
  for (const matrix of matrices) {
    if (column.matrix) see(column.matrix(matrix));
    else if (column.fit) distinctFits(matrix).map(column.fit).forEach(see);
  }
  return widest + (column.gap ?? GAP);
}

/** What a terminal under 70 columns does without, so that names keep room for a shape. */
const NOT_ON_NARROW = ["best", "noise", "norm"];
const NARROW_NAME = 18;

/** The columns that fit: all that are needed, then of the rest, in their order, what leaves the names whole. */
function fittingColumns(
  report: Report,
  matrices: readonly MatrixReport[],
  grouped: boolean,
  width: number,
): FigureColumn[] {
  const { shown, wider } = figureColumns(report);
  const longest = Math.min(
    width,
    largestOf(
      matrices.map((matrix) => widthOf(shortName(matrix, grouped)) + (grouped ? 2 : 0)),
      12,
    ),
  );
  const rooms = new Map<FigureColumn, number>();
  const room = (column: FigureColumn) => rooms.get(column) ?? rooms.set(column, roomOf(column, matrices)).get(column)!;
  const beside = (columns: FigureColumn[]) => columns.reduce((sum, column) => sum + room(column), 0);
  let chosen = shown;
  for (const title of NOT_ON_NARROW)
    if (beside(chosen) + NARROW_NAME > width) chosen = chosen.filter((column) => column.title !== title);
  for (const [after, columns] of wider) {
    const at = after === "last" ? chosen.length : chosen.findIndex(({ title }) => title === after) + 1;
    const tried = [...chosen.slice(0, at), ...columns, ...chosen.slice(at)];
    if (beside(tried) + longest <= width) chosen = tried;
  }
  return chosen;
}

const nameColumn: Column = { title: "matrix", align: "left" };

function legend(report: Report, columns: readonly FigureColumn[]): string {
  const has = (name: string) => columns.some(({ title }) => title === name);
  const permutations = report.options.permutations;
  return [
    "PR: participation ratio of the squared singular values; beside it, that of noise of the same shape.",
    "Fit: share of the energy (squared norm) that K Gaussians along the columns keep; chance: what they would keep " +
      `of the same matrix with its columns shuffled${has("best") ? "; best: what any K directions can keep" : ""}` +
      `${has("equal") ? "; equal: what singular vectors of as many numbers keep" : ""}.`,
    has("verdict")
      ? `Verdict: against ${String(permutations)} shuffles; beyond 3 standard deviations is structure, or below noise.`
      : "--null adds a verdict on each figure.",
    report.matrices.some(({ gaussian }) => gaussian.some(({ svdEnergy }) => svdEnergy !== undefined))
      ? ""
      : "--svd adds the best possible.",
  ]
    .filter(Boolean)
    .join(" ");
}

function layerTable(report: Report, width: number, paint: Paint): string[] {
  const { layers } = report;
  if (layers.length === 0) return [];
  const columns: Column[] = [
    { title: "layer", align: "right" },
    { title: "matrices", align: "right" },
    { title: "parameters", align: "right" },
    { title: "norm", align: "right" },
    { title: "norm/parameter", align: "right" },
    { title: "", align: "left" },
  ];
  const largest = Math.max(...layers.map(({ norm }) => norm));
  const room = Math.min(30, width - 52);
  const bar = (norm: number) => (largest > 0 && room > 4 ? "▪".repeat(Math.round((norm / largest) * room)) : "");
  return [
    "",
    ...tableLines(
      columns,
      layers.map(({ layer, matrices, parameters, norm, normPerParameter }) => [
        String(layer),
        count(matrices),
        count(parameters),
        figure(norm),
        normPerParameter.toExponential(2),
        { text: bar(norm), style: "dim" as const },
      ]),
      width,
      paint,
    ),
  ];
}

/** A report for a person at a terminal `columns` wide, as lines of text. */
export function reportTable(
  report: Report,
  { columns: width, paint, ...selection }: { columns: number; paint: Paint } & Selection,
): string {
  const { source } = report;
  const matrices = selected(report.matrices, selection);
  const grouped = selection.sort === undefined;
  const title =
    `${printable(source.name)}: ${source.format}, ${bytes(source.byteLength)}, ${count(source.parameters)} ` +
    `parameters, ${count(source.matrices)} ${source.matrices === 1 ? "matrix" : "matrices"}`;
  const lines = wrapped(title, width).map((line) => paint("strong", line));
  if (matrices.length > 0) {
    const columns = fittingColumns(report, matrices, grouped, width);
    lines.push("", ...tableLines([nameColumn, ...columns], allRows(matrices, columns, grouped), width, paint));
    if (matrices.length < report.matrices.length)
      lines.push(paint("dim", `and ${count(report.matrices.length - matrices.length)} more`));
    lines.push("", ...wrapped(legend(report, columns), width).map((line) => paint("dim", line)));
    lines.push(...layerTable(report, width, paint));
  }
  lines.push("", paint("strong", "How many parameters are really free?"));
  for (const paragraph of summaryParagraphs(report)) lines.push(...wrapped(paragraph, width, "  ", "    "));
  return `${lines.join("\n")}\n`;
}
