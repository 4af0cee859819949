import { printable } from "../../base/printable.js";
import type { MatrixReport, Report } from "../../types.js";
import { columns } from "./columns.js";
import { h, type Markup } from "./markup.js";
import { count, figure, share, short } from "./numbers.js";
import type { PaperTable } from "./paper.js";
import { roleName } from "./roles.js";

/** A table that scrolls sideways by itself; reachable by keyboard, named for readers. */
export function scrolling(
  caption: string,
  head: string[],
  rows: { cells: string[]; own?: boolean }[],
  words = 1,
): Markup {
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
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
              i === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: i < words ? "word" : null }, cell),
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

/** Every matrix, one row each; the Gaussian figures are those of entry `k`. */
export function matrixTable(matrices: readonly MatrixReport[], k: number): Markup {
  const asked = matrices.find((matrix) => matrix.gaussian.length > 0)?.gaussian[k]?.asked;
  const shown = columns.filter((column) => matrices.some((matrix) => column.text(matrix, k) !== "–"));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Matrices" },
    h(
      "table",
      {},
      h("caption", {}, asked === undefined ? "Matrices" : `Matrices, K = ${asked}`),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          shown.map((column) =>
            h("th", { scope: "col", class: column.numeric ? null : "word", title: column.about }, column.title),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        matrices.map((matrix) =>
          h(
            "tr",
            {},
            shown.map((column, i) => {
              const text = column.text(matrix, k);
              return i === 0
                ? h("th", { scope: "row" }, text, matrix.tiedTo !== null && ` (same as ${printable(matrix.tiedTo)})`)
                : h("td", { class: column.numeric ? null : "word" }, text);
            }),
          ),
        ),
      ),
    ),
  );
}

/** The layers in their order: ‖W‖ over their matrices, and the same for each weight. */
export function layerTable(layers: Report["layers"]): Markup {
  const several = layers.some(({ stack }) => stack !== layers[0].stack);
  return scrolling(
    "Layers",
    ["Layer", "Matrices", "Weights", "Norm", "Norm / weight"],
    layers.map(({ stack, layer, matrices, parameters, norm, normPerParameter }) => ({
      cells: [
        `${several ? `${printable(stack)} ` : ""}${layer}`,
        count(matrices),
        short(parameters),
        figure(norm, 4),
        normPerParameter.toExponential(2),
      ],
    })),
  );
}

/** Directions above noise, summed over the matrices of each role. */
export function roleTable(roles: NonNullable<Report["summary"]["signalDetail"]>["roles"]): Markup {
  return scrolling(
    "Signal by role",
    ["Role", "Matrices", "Signal", "of", "Energy", "Free parameters"],
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

/** What each K costs and keeps over the model: amplitudes, weights for each of them, energy. */
export function compressionTable({ compression }: Report["summary"]): Markup {
  return scrolling(
    "Compression",
    ["K", "Amplitudes", "Weights an amplitude", "Energy", "Effective parameters"],
    compression.map(({ gaussians, amplitudes, ratio, energy, effectiveParameters }) => ({
      cells: [gaussians, short(amplitudes), figure(ratio), share(energy), short(effectiveParameters)],
    })),
  );
}
