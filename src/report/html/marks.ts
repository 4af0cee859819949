import { type Child, h, type Markup } from "./markup.js";

/** A place in a drawing, px. */
export interface Place {
  x: number;
  y: number;
}

const RADIUS = 3;
const SIDE = 5.5;
/** Beyond this many of a series marks lie on one another: small squares say as much in a third of the bytes. */
const DENSE = 1000;
const SMALL = 3;
const tenth = (value: number): number => Math.round(value * 10) / 10;

/**
 * One point as a circle or a square: elements of their own kind, since a line of no length whose cap is the mark is
 * lost by printers and by other programs than browsers.
 */
export function mark(square: boolean, { x, y }: Place, colour: string, title?: Child): Markup {
  return square
    ? h(
        "rect",
        { class: `dots ${colour}`, x: tenth(x - SIDE / 2), y: tenth(y - SIDE / 2), width: SIDE, height: SIDE },
        title,
      )
    : h("circle", { class: `dots ${colour}`, cx: x, cy: y, r: RADIUS }, title);
}

/** Many points as the outlines of one path, so that thousands cost one element; what lies on one pixel is one mark. */
export function marks(square: boolean, places: readonly Place[], colour: string): Markup {
  if (places.length > DENSE) {
    const grid = new Set(places.map(({ x, y }) => `M${2 * Math.round(x / 2) - 1} ${2 * Math.round(y / 2) - 1}`));
    const outline = `h${SMALL}v${SMALL}h-${SMALL}z`;
    return h("path", { class: `dots ${colour}`, d: [...grid].map((corner) => corner + outline).join("") });
  }
  const outline = square
    ? `h${SIDE}v${SIDE}h-${SIDE}z`
    : `a${RADIUS} ${RADIUS} 0 1 0 ${2 * RADIUS} 0 ${RADIUS} ${RADIUS} 0 1 0-${2 * RADIUS} 0`;
  const half = square ? SIDE / 2 : RADIUS;
  const corners = new Set(
    places.map(({ x, y }) => `M${tenth(Math.round(x) - half)} ${tenth(Math.round(y) - (square ? half : 0))}`),
  );
  return h("path", { class: `dots ${colour}`, d: [...corners].map((corner) => corner + outline).join("") });
}

/** Intervals as upright lines, one path for all. */
export function whiskers(ends: readonly { x: number; low: number; high: number }[], colour: string): Markup | null {
  if (ends.length === 0) return null;
  const lines = new Set(ends.map(({ x, low, high }) => `M${x} ${low}V${high}`));
  return h("path", { class: `whisker ${colour}`, d: [...lines].join("") });
}
