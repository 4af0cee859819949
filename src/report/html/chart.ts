import { showable } from "./axis.js";
import type { Chart, Drawing, DrawOptions, Series, Target } from "./chart-types.js";
import { frameMarkup, frameOf, titleMarkup } from "./frame.js";
import { LINE, legendEntry, TALL_LINE } from "./legend.js";
import { mark as dot, marks, whiskers } from "./marks.js";
import { type Child, h, type Markup } from "./markup.js";

/** Beyond this many, dots of a series become one path without labels. */
const LABELLED = 400;

const round = (value: number): number => Math.round(value * 10) / 10;

/** The chart as SVG, and where its points came to lie. Colours and fonts come from `chartStyle`. */
export function draw(chart: Chart, { width, height, style, hidden }: DrawOptions): Drawing {
  const shown = chart.series.map((series) => ({
    ...series,
    points: (hidden?.has(series.name) ? [] : series.points).filter(
      (point) => showable(chart.x, point.x) && showable(chart.y, point.y),
    ),
  }));
  const all = shown.flatMap((series) => series.points);
  const size = { width, height, titled: style !== undefined, line: hidden ? TALL_LINE : LINE };
  const frame = frameOf(chart, all, size);
  const { x, y, left, right, top, bottom, legend } = frame;
  // Of a single entry nothing would be left.
  const toggles = legend.flat().length > 1 ? hidden : undefined;
  const targets: Target[] = [];
  const marks = shown.map((series) =>
    drawSeries(
      series,
      targets,
      x.position,
      (value) =>
        Math.min(bottom, Math.max(top, y.position(Math.max(value, chart.y.scale === "log" ? 1e-300 : -Infinity)))),
      bottom,
    ),
  );
  const svg = h(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: toggles ? "group" : "img",
      class: "chart",
      "aria-label": `${chart.title}. ${chart.description}`,
    },
    style !== undefined && h("style", {}, style),
    style !== undefined && h("rect", { class: "ground", width, height }),
    style !== undefined && titleMarkup(chart.title, width),
    legend.flatMap((row, line) => row.map((entry) => legendEntry(entry, frame.legendFrom + line * size.line, toggles))),
    frameMarkup(chart, frame, size),
    marks,
    all.length === 0 &&
      h(
        "text",
        { class: "label", x: (left + right) / 2, y: (top + bottom) / 2, "text-anchor": "middle" },
        hidden?.size ? "nothing is chosen in the legend" : "nothing to show yet",
      ),
  );
  return { svg, targets, width, height };
}

function drawSeries(
  series: Series,
  targets: Target[],
  x: (value: number) => number,
  y: (value: number) => number,
  base: number,
): Markup | null {
  const { points, colour, mark, name } = series;
  if (points.length === 0) return null;
  const at = points.map((point) => ({ point, x: round(x(point.x)), y: round(y(point.y)) }));
  const path = (places: { x: number; y: number }[]): string =>
    places.map((place, i) => `${i === 0 ? "M" : "L"}${place.x} ${place.y}`).join("");
  const parts: Child[] = [];
  if (mark === "band") {
    const upper = points.map((point) => ({ x: round(x(point.x)), y: round(y(point.high ?? point.y)) }));
    const lower = points.map((point) => ({ x: round(x(point.x)), y: round(y(point.low ?? point.y)) })).reverse();
    return h("path", { class: `band ${colour}`, d: `${path([...upper, ...lower])}Z` });
  }
  if (mark === "area")
    return h("path", {
      class: `area ${colour}`,
      d: `M${at[0].x} ${round(y(0))}${path(at).replace("M", "L")}L${at[at.length - 1].x} ${round(y(0))}Z`,
    });
  if (mark === "bars") {
    const gap = at.length > 1 ? Math.abs(at[1].x - at[0].x) : 40;
    const wide = round(Math.max(1, Math.min(28, gap * 0.7)));
    parts.push(
      ...at.map((place) =>
        h("rect", {
          class: `bar ${colour}`,
          x: round(place.x - wide / 2),
          width: wide,
          y: place.y,
          height: round(Math.max(0, base - place.y)),
        }),
      ),
    );
  }
  if (/^(line|dashes|dotted)/.test(mark))
    parts.push(h("path", { class: `line ${mark.replace("-dots", "")} ${colour}`, d: path(at) }));
  if (/dots$|squares/.test(mark)) {
    parts.push(
      whiskers(
        at.flatMap(({ point: { low, high }, x: across }) =>
          low !== undefined && high !== undefined && high > low
            ? [{ x: across, low: round(y(low)), high: round(y(high)) }]
            : [],
        ),
        colour,
      ),
    );
    const square = mark === "squares";
    if (at.length > LABELLED) parts.push(marks(square, at, colour));
    else
      parts.push(
        ...at.map((place) =>
          dot(square, place, colour, place.point.label !== undefined && h("title", {}, place.point.label)),
        ),
      );
  }
  for (const place of at) targets.push({ x: place.x, y: place.y, series: name, point: place.point });
  return h("g", {}, parts);
}
