import type { Series } from "./chart-types.js";
import { fitted, widthOf } from "./letters.js";
import { mark as dot } from "./marks.js";
import { h, type Markup } from "./markup.js";

const FONT = 12;
/** Between the beginning of an entry and its name, and after the name. */
const SAMPLE = 21;
const APART = 14;

/** A line of the legend, px. */
export const LINE = 18;
/** One of entries that can be pressed, px: as high as a finger needs at least. */
export const TALL_LINE = 24;

/** An entry, and where it begins. */
export interface Entry {
  series: Series;
  name: string;
  offset: number;
}

/** Names of the series in lines, from `left` on; of a name that is longer than a line, its beginning. */
export function legendRows(all: readonly Series[], left: number, width: number): Entry[][] {
  const named = all.filter((series) => series.quiet !== true && series.points.length > 0);
  if (named.length < 2 && named.every((series) => series.name === "")) return [];
  const rows: Entry[][] = [];
  let offset = Infinity;
  for (const series of named) {
    const name = fitted(series.name, FONT, width - 4 - left - SAMPLE);
    const end = SAMPLE + widthOf(name, FONT);
    if (offset + end > width - 4) {
      rows.push([]);
      offset = left;
    }
    rows[rows.length - 1].push({ series, name, offset });
    offset += end + APART;
  }
  return rows;
}

/** One entry with its base line at `y`. */
export function legendEntry(
  { series: { mark, colour, name: whole }, name, offset: x }: Entry,
  y: number,
  hidden?: ReadonlySet<string>,
): Markup {
  const middle = y - 4;
  const own = (): Markup => dot(mark === "squares", { x: x + 8, y: middle }, colour);
  const sample =
    mark === "band" || mark === "bars" || mark === "area"
      ? h("rect", { class: `${mark === "bars" ? "bar" : mark} ${colour}`, x, y: middle - 5, width: 16, height: 10 })
      : mark === "dots" || mark === "squares"
        ? own()
        : h(
            "g",
            {},
            h("path", { class: `line ${mark.replace("-dots", "")} ${colour}`, d: `M${x} ${middle}h16` }),
            mark.endsWith("-dots") && own(),
          );
  const content = [sample, h("text", { x: x + SAMPLE, y }, name)];
  if (!hidden) return h("g", { class: "legend" }, content);
  const area = { class: "hit", x: x - 4, y: middle - TALL_LINE / 2, height: TALL_LINE };
  return h(
    "g",
    {
      class: "legend",
      role: "button",
      tabindex: 0,
      "aria-pressed": String(!hidden.has(whole)),
      "aria-label": whole === "" ? "values" : whole,
      "data-series": whole,
    },
    h("rect", { ...area, width: Math.max(TALL_LINE, Math.ceil(SAMPLE + 8 + widthOf(name, FONT))) }),
    content,
  );
}
