import { makeScale, type Scale } from "./axis.js";
import type { Chart, Point } from "./chart-types.js";
import { type Entry, LINE, legendRows } from "./legend.js";
import { fitted, widthOf } from "./letters.js";
import { h, type Markup } from "./markup.js";

const FONT = 12;
const TITLE = 15;
/** A label and the air around it, px: along the axis across, and along the one upward. */
const AIR = 8;
const HIGH = 16;
/** What the label of the upward axis takes at the left edge. */
const UPRIGHT = 18;
const EDGE = 3;

const round = (value: number): number => Math.round(value * 10) / 10;

/** Where everything of a chart but its marks lies: margins as wide as their labels, and no label on another. */
export interface Frame {
  x: Scale;
  y: Scale;
  left: number;
  right: number;
  top: number;
  bottom: number;
  legend: Entry[][];
  /** Base line of the first line of the legend. */
  legendFrom: number;
}

interface Size {
  width: number;
  height: number;
  titled: boolean;
  /** Between two lines of the legend. */
  line: number;
}

/** @param points all that a scale can show */
export function frameOf(chart: Chart, points: readonly Point[], { width, height, titled, line }: Size): Frame {
  const bottom = height - 42;
  const above = titled ? 26 : 0;
  // A legend that would leave no room to the marks is cut.
  const lines = Math.max(0, Math.floor((bottom - 3 * HIGH - 12 - above) / line));
  const across = points.map((point) => point.x);
  const upward = points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]);
  let left = 54;
  let top = 0;
  let legend: Entry[][] = [];
  let y: Scale;
  // The margin moves the legend, which moves the top, which may change the labels that make the margin.
  for (let round = 0; ; round++) {
    legend = legendRows(chart.series, left, width).slice(0, lines);
    top = 12 + above + legend.length * line;
    y = makeScale(chart.y, upward, { from: bottom, to: top, apart: 44, room: () => HIGH });
    const wanted = UPRIGHT + 7 + widest(y);
    if (wanted <= left || round === 3) break;
    left = Math.ceil(wanted);
  }
  // Dots on whole numbers stand clear of the frame.
  const inset = chart.x.whole && points.length < 2000 ? 12 : 0;
  const right = width - 14;
  const x = makeScale(chart.x, across, {
    from: left + inset,
    to: right - inset,
    apart: 70,
    room: (label) => widthOf(label, FONT) + AIR,
  });
  return { x, y, left, right, top, bottom, legend, legendFrom: 14 + above + (line - LINE) / 2 };
}

const widest = ({ ticks, label }: Scale): number =>
  ticks.reduce((most, tick) => Math.max(most, widthOf(label(tick), FONT)), 0);

/** Lines of the grid, labels of ticks and axes; a label that would leave the view is pushed in or left out. */
export function frameMarkup(chart: Chart, frame: Frame, { width, height, titled }: Size): Markup[] {
  const { x, y, left, right, top, bottom } = frame;
  const middle = (left + right) / 2;
  const centre = (top + bottom) / 2;
  const upright = 2 * Math.min(centre - (titled ? 30 : EDGE), height - 20 - centre);
  return [
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
      acrossLabels(x, width).map(({ at, text }) =>
        h("text", { x: round(at), y: bottom + 20, "text-anchor": "middle" }, text),
      ),
    ),
    h("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    h(
      "text",
      { class: "label", x: middle, y: height - 6, "text-anchor": "middle" },
      fitted(chart.x.label, FONT, 2 * Math.min(middle - UPRIGHT, width - EDGE - middle)),
    ),
    h(
      "text",
      { class: "label", transform: `translate(12 ${round(centre)}) rotate(-90)`, "text-anchor": "middle" },
      fitted(chart.y.label, FONT, upright),
    ),
  ];
}

/** Labels below the axis across: near an edge one moves inward, and where it would meet the next it is left out. */
function acrossLabels({ ticks, position, label }: Scale, width: number): { at: number; text: string }[] {
  const placed: { at: number; text: string; half: number }[] = [];
  for (const tick of ticks) {
    const text = label(tick);
    const half = widthOf(text, FONT) / 2;
    const at = Math.max(UPRIGHT + half, Math.min(width - EDGE - half, position(tick)));
    const before = placed[placed.length - 1];
    if (before === undefined || at - before.at >= half + before.half + AIR / 2) placed.push({ at, text, half });
  }
  return placed;
}

/** The title of a file of its own, as much as fits; bold letters are a tenth wider. */
export const titleMarkup = (title: string, width: number): Markup =>
  h("text", { class: "title", x: 12, y: 22 }, fitted(title, 1.12 * TITLE, width - 12 - EDGE));
