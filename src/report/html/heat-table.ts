import { printable } from "../../base/printable.js";
import { h, type Markup } from "./markup.js";

/** Of the name of a role or layer. */
const MOST_LETTERS = 28;

/** A map of layers and roles. */
export interface HeatMap {
  label: string;
  caption: string;
  roles: readonly string[];
  /** A cell's heat is from 0 to 1; null where a layer has nothing of a role. */
  rows: readonly { heading: string; cells: readonly ({ heat: number; text: string; title?: string } | null)[] }[];
}

/** That map as a table whose cells have the more colour the hotter they are: `heatStyle` takes `--heat`. */
export function heatTable({ label, caption, roles, rows }: HeatMap): Markup {
  const cell = (found: HeatMap["rows"][number]["cells"][number]): Markup => {
    if (found === null) return h("td", {});
    const { heat, text, title = null } = found;
    return h("td", { style: `--heat:${heat.toFixed(3)}`, title }, text);
  };
  return h(
    "div",
    { class: "scroll heat", tabindex: 0, role: "region", "aria-label": label },
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
          h("th", { scope: "col", class: "word" }, "Layer"),
          roles.map((role) => h("th", { scope: "col" }, printable(role, MOST_LETTERS))),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map(({ heading, cells }) =>
          h("tr", {}, h("th", { scope: "row" }, printable(heading, MOST_LETTERS)), cells.map(cell)),
        ),
      ),
    ),
  );
}
