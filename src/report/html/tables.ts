import { printable } from "../../base/printable.js";
import type { MatrixReport, Report } from "../../types.js";
import { printableNames } from "../distinct.js";
import { columns } from "./columns.js";
import { h, type Markup } from "./markup.js";
import { count, figure, plusMinus, share, short } from "./numbers.js";
import type { PaperTable } from "./paper.js";
import { roleName } from "./roles.js";

/** Rows of a table that is not broken between two sheets of paper. */
const TOGETHER = 30;

/** A table that scrolls sideways by itself; reachable by keyboard, named for readers. */
export function scrolling(
  caption: string,
  head: string[],
  rows: { cells: string[]; own?: boolean }[],
  words = 1,
): Markup {
  return h(
    "div",
    {
      class: ["scroll", head[0] === "Matrix" && "named", rows.length <= TOGETHER && "together"]
        .filter((name) => name !== false)
        .join(" "),
      tabindex: 0,
      role: "region",
      "aria-label": caption,
    },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((title, i) => h("th", { scope: "col", class: i < words ? "word" : null }, title)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map(({ cells, own }) =>
          h(
            "tr",
            { class: own ? "own" : null },
            cells.map((cell, i) =>
              // A heading over rows is as wide as they are.
              i === 0
                ? h("th", { scope: "row", colspan: cells.length === 1 ? head.length : null }, cell)
                : h("td", { class: i < words ? "word" : null }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/** A table of the paper, and its note. */
export const paperTable = (table: PaperTable): Markup =>
  h(
    "section",
    { class: "paper" },
    scrolling(
      table.title,
      table.head.map((title) => printable(title)),
      table.rows.map(({ cells, own }) => ({ cells: cells.map((cell) => printable(cell)), own })),
    ),
    h("p", { class: "note" }, table.note),
  );

/** Columns that a sheet of paper has room for; the others are on the screen. */
const ON_PAPER = new Set([
  "name",
  "signal",
  "participation",
  "noiseParticipation",
  "energy",
  "permutedEnergy",
  "verdict",
]);
/** Columns of a fit: the table of a further K has these alone. */
const OF_A_FIT = new Set(
  (
    "name gaussians energy noiseEnergy permutedEnergy svdEnergy svdAtEqualNumbers z verdict amplitudeParticipation " +
    "r2"
  ).split(" "),
);

/** Every matrix, one row each; the Gaussian figures are those of entry `k`; `others` come to the same K. */
export function matrixTable(matrices: readonly MatrixReport[], k: number, ...others: number[]): Markup {
  const fits = matrices.find((matrix) => matrix.gaussian.length > 0)?.gaussian ?? [];
  const asked = [k, ...others].flatMap((one) => fits[one]?.asked ?? []);
  const shown = columns.filter(
    ({ key, text }) => (k === 0 || OF_A_FIT.has(key)) && matrices.some((matrix) => text(matrix, k) !== "–"),
  );
  const look = ({ key, numeric }: (typeof columns)[number]): string | null =>
    [numeric ? "" : "word", ON_PAPER.has(key) ? "" : "more"].filter((name) => name !== "").join(" ") || null;
  const looks = shown.map(look);
  const title = asked.length === 0 ? "Matrices" : `Matrices, K = ${asked.join(", ")}`;
  const heads = shown.map((column, i) => h("th", { scope: "col", class: looks[i], title: column.about }, column.title));
  const names = printableNames(matrices);
  const called = new Map(matrices.map(({ name }, i) => [name, names[i]]));
  const row = (matrix: MatrixReport, at: number): Markup =>
    h(
      "tr",
      {},
      shown.map((column, i) => {
        if (i > 0) return h("td", { class: looks[i] }, column.text(matrix, k));
        const { tiedTo } = matrix;
        const same = tiedTo !== null && ` (same as ${called.get(tiedTo) ?? printable(tiedTo)})`;
        return h("th", { scope: "row" }, names[at], same);
      }),
    );
  return h(
    "div",
    { class: "scroll named", tabindex: 0, role: "region", "aria-label": title },
    h("table", {}, h("caption", {}, title), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, matrices.map(row))),
  );
}

/** Entries of `gaussian` in groups: those of one group come to one K in every matrix (4 = d/64). */
export function entriesByK(matrices: readonly MatrixReport[], entries: number): number[][] {
  const groups = new Map<string, number[]>();
  for (let k = 0; k < entries; k++) {
    const key = matrices.map(({ gaussian }) => gaussian[k]?.gaussians).join();
    groups.set(key, [...(groups.get(key) ?? []), k]);
  }
  return [...groups.values()];
}

/** The matrices that a reader should look at first: signal, distance from noise, and the first fit beside chance. */
export function notableTable(matrices: readonly MatrixReport[]): Markup {
  const names = printableNames(matrices);
  return scrolling(
    "Furthest from noise",
    ["Matrix", "Signal", "of", "PR / noise", "Fit", "Chance", "Fit of noise", "Verdict"],
    matrices.map(({ rows, columns: across, spectrum, participation, noiseParticipationRatio, gaussian: [fit] }, i) => ({
      cells: [
        names[i],
        spectrum ? count(spectrum.signal.directions) : "–",
        count(Math.min(rows, across)),
        figure(participation && participation.value / noiseParticipationRatio),
        share(fit?.energy),
        share(fit?.permutedEnergy),
        share(fit?.noiseEnergy),
        fit?.verdict ??
          (spectrum ? `rest: ${spectrum.signal.verdict === "ok" ? "noise" : spectrum.signal.verdict}` : "–"),
      ],
    })),
  );
}

/** The layers in their order: ‖W‖ over their matrices, and the same for each weight. */
export function layerTable(layers: Report["layers"]): Markup {
  const several = layers.some(({ stack }) => stack !== layers[0].stack);
  return scrolling(
    "Layers",
    ["Layer", "Matrices", "Parameters", "Norm", "Norm/parameter"],
    layers.map(({ stack, layer, matrices, parameters, norm, normPerParameter, normStandardError }) => ({
      cells: [
        `${several ? `${printable(stack)} ` : ""}${layer}`,
        count(matrices),
        short(parameters),
        figure(norm, 4) + plusMinus(normStandardError, (error) => figure(error, 2)),
        normPerParameter.toExponential(2),
      ],
    })),
  );
}

/** Directions above noise, summed over the matrices of each role. */
export function roleTable(roles: NonNullable<Report["summary"]["signalDetail"]>["roles"]): Markup {
  return scrolling(
    "Signal by role",
    ["Role", "Matrices", "Signal", "of", "Holds", "Free parameters"],
    roles.map(({ role, matrices, counted, directions, of, energy, parameters }) => ({
      cells: [
        printable(roleName(role)),
        counted === matrices ? count(matrices) : `${count(counted)} of ${count(matrices)}`,
        count(directions),
        count(of),
        share(energy),
        count(parameters),
      ],
    })),
  );
}

/** What each K costs and keeps over the model. */
export function compressionTable({ compression }: Report["summary"]): Markup {
  // Two ways to ask for one K (4 = d/64) are one row.
  const rows = new Map<string, [row: Report["summary"]["compression"][number], names: string[]]>();
  for (const row of compression) {
    const key = JSON.stringify([row.amplitudes, row.ratio, row.energy]);
    const found = rows.get(key);
    if (found) found[1].push(row.gaussians);
    else rows.set(key, [row, [row.gaussians]]);
  }
  return scrolling(
    "What Gaussians keep",
    ["K", "Amplitudes", "Times fewer", "Fit", "Numbers in all"],
    [...rows.values()].map(([{ amplitudes, ratio, energy, effectiveParameters }, names]) => ({
      cells: [names.join(", "), short(amplitudes), figure(ratio), share(energy), short(effectiveParameters)],
    })),
  );
}
