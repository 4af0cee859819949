import type { Report } from "../types.js";
import { bytes, count, figure, percent } from "./format.js";
import { markdownName, markdownTable, markdownText } from "./markdown-cells.js";
import { type Selection, type Sourced, selected } from "./order.js";
import { summaryParagraphs } from "./summary.js";

type Side = "left" | "right";

/** Tables of matrices and layers, and the summary; with a column of sources where there are several. */
export function reportMarkdown(all: readonly Sourced<Report>[], selection: Selection = {}): string {
  const several = all.length > 1;
  const lead = (source: string) => (several ? [markdownName(source)] : []);
  const table = (titles: string[], sides: Side[], rows: string[][]) =>
    rows.length
      ? `${markdownTable(several ? ["source", ...titles] : titles, several ? ["left", ...sides] : sides, rows)}\n`
      : "";
  const best = all.some(({ report }) =>
    report.matrices.some(({ gaussian }) => gaussian.some(({ svdEnergy }) => svdEnergy !== undefined)),
  );
  const judged = all.some(({ report }) =>
    report.matrices.some(({ gaussian }) => gaussian.some(({ verdict }) => verdict !== null)),
  );

  const matrices = all.flatMap(({ source, report }) =>
    selected(report.matrices, selection).flatMap((matrix) =>
      (matrix.gaussian.length ? matrix.gaussian : [undefined]).map((fit) => [
        ...lead(source),
        markdownName(matrix.name),
        matrix.layer === null ? "" : String(matrix.layer),
        matrix.role ?? "",
        `${matrix.rows} × ${matrix.columns}`,
        figure(matrix.norms.norm),
        matrix.participation ? participation(matrix.participation) : "–",
        figure(matrix.noiseParticipationRatio, 3),
        fit ? String(fit.gaussians) : "",
        fit ? percent(fit.energy) : "",
        fit ? percent(fit.permutedEnergy) : "",
        ...(best
          ? [
              fit?.svdEnergy === undefined ? "" : percent(fit.svdEnergy),
              fit?.svdAtEqualNumbers === undefined ? "" : percent(fit.svdAtEqualNumbers),
            ]
          : []),
        ...(judged ? [fit?.verdict ?? ""] : []),
      ]),
    ),
  );
  const titles = [
    "matrix",
    "layer",
    "role",
    "shape",
    "norm",
    "PR",
    "PR of noise",
    "K",
    "fit %",
    "chance %",
    ...(best ? ["best %", "equal numbers %"] : []),
    ...(judged ? ["verdict"] : []),
  ];
  const sides: Side[] = [
    "left",
    "right",
    "left",
    "right",
    "right",
    "right",
    "right",
    "right",
    "right",
    "right",
    ...(best ? ["right" as const, "right" as const] : []),
    ...(judged ? ["left" as const] : []),
  ];

  const layers = all.flatMap(({ source, report }) =>
    report.layers.map(({ layer, matrices: n, parameters, norm, normPerParameter }) => [
      ...lead(source),
      String(layer),
      count(n),
      count(parameters),
      figure(norm),
      normPerParameter.toExponential(2),
    ]),
  );
  const heads = all
    .map(
      ({ source, report: { source: file } }) =>
        `${markdownName(several ? source : file.name)}: ${file.format}, ${bytes(file.byteLength)}, ` +
        `${count(file.parameters)} parameters, ${count(file.matrices)} matrices\n\n`,
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
  const layerTitles = ["layer", "matrices", "parameters", "norm", "norm/parameter"];
  const layerSides = layerTitles.map(() => "right" as const);
  return `${heads}${table(titles, sides, matrices)}${table(layerTitles, layerSides, layers)}${summaries}`;
}

function participation({
  value,
  lower,
  upper,
  method,
}: NonNullable<Report["matrices"][number]["participation"]>): string {
  return method === "exact" ? figure(value, 3) : `${figure(value, 3)} (${figure(lower, 3)} to ${figure(upper, 3)})`;
}
