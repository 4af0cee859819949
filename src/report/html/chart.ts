import { makeScale, showable } from "./axis.js";
import type { Chart, Drawing, DrawOptions, Series, Target } from "./chart-types.js";
import { mark as dot, marks, whiskers } from "./marks.js";
import { type Child, h, type Markup } from "./markup.js";

const CHARACTER = 7.1;

const LINE = 18;

/** Beyond this many, dots of a series become one path without labels. */
const LABELLED = 400;

const round = (value: number): number => Math.round(value * 10) / 10;

/** The chart as SVG, and where its points came to lie. Colours and fonts come from `chartStyle`. */
export function draw(chart: Chart, { width, height, style }: DrawOptions): Drawing {
  const legend = legendRows(chart, width);
  const titled = style === undefined ? 0 : 26;
  const top = 12 + titled + legend.length * LINE;
  const bottom = height - 42;
  const left = 54;
  const right = width - 14;
  const shown = chart.series.map((series) => ({
    ...series,
    points: series.points.filter((point) => showable(chart.x, point.x) && showable(chart.y, point.y)),
  }));
  const all = shown.flatMap((series) => series.points);
  // Dots on whole numbers stand clear of the frame.
  const inset = chart.x.whole && all.length < 2000 ? 12 : 0;
  const x = makeScale(
    chart.x,
    all.map((point) => point.x),
    left + inset,
    right - inset,
    70,
  );
  const y = makeScale(
    chart.y,
    all.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    bottom,
    top,
    44,
  );
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
      role: "img",
      class: "chart",
      "aria-label": `${chart.title}. ${chart.description}`,
    },
    style !== undefined && h("style", {}, style),
    style !== undefined && h("rect", { class: "ground", width, height }),
    style !== undefined && h("text", { class: "title", x: 12, y: 22 }, chart.title),
    legend.flatMap((row, line) =>
      row.map(({ series, offset }) => legendEntry(series, offset, 14 + titled + line * LINE)),
    ),
    h(
      "g",
      { class: "grid" },
      y.ticks.map((tick) =>
        h("line", { x1: left, x2: right, y1: round(y.position(tick)), y2: round(y.position(tick)) }),
      ),
    ),
    h(
      "g",
      { class: "ticks" },
      y.ticks.map((tick) =>
        h("text", { x: left - 7, y: round(y.position(tick) + 4), "text-anchor": "end" }, y.label(tick)),
      ),
      x.ticks.map((tick) =>
        h("text", { x: round(x.position(tick)), y: bottom + 17, "text-anchor": "middle" }, x.label(tick)),
      ),
    ),
    h("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    h("text", { class: "label", x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, chart.x.label),
    h(
      "text",
      { class: "label", transform: `translate(12 ${round((top + bottom) / 2)}) rotate(-90)`, "text-anchor": "middle" },
      chart.y.label,
    ),
    marks,
    all.length === 0 &&
      h(
        "text",
        { class: "label", x: (left + right) / 2, y: (top + bottom) / 2, "text-anchor": "middle" },
        "nothing to show yet",
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

function legendRows(chart: Chart, width: number): { series: Series; offset: number }[][] {
  const named = chart.series.filter((series) => series.quiet !== true && series.points.length > 0);
  if (named.length < 2 && named.every((series) => series.name === "")) return [];
  const rows: { series: Series; offset: number }[][] = [];
  let offset = Infinity;
  for (const series of named) {
    const wide = 30 + series.name.length * CHARACTER;
    if (offset + wide > width - 10) {
      rows.push([]);
      offset = 54;
    }
    rows[rows.length - 1].push({ series, offset });
    offset += wide;
  }
  return rows;
}

function legendEntry({ name, mark, colour }: Series, x: number, y: number): Markup {
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
  return h("g", { class: "legend" }, sample, h("text", { x: x + 21, y }, name));
}
