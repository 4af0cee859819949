/** What a chart is given, and gives. */
import type { Axis } from "./axis.js";
import type { Markup } from "./markup.js";

/** One mark of a chart. `low` and `high` are ends of an interval around `y`; `key` is what a pointer finds there. */
export interface Point {
  x: number;
  y: number;
  low?: number;
  high?: number;
  key?: number;
  label?: string | undefined;
}

/** Points drawn alike under one name. */
export interface Series {
  name: string;
  /** Class of the colour: "c0" … "c9", or "ink", "muted", "accent". */
  colour: string;
  mark: "dots" | "squares" | "line" | "dashes" | "dotted" | "line-dots" | "dashes-dots" | "band" | "bars" | "area";
  points: Point[];
  /** Left out of the legend. */
  quiet?: boolean;
  /** What `low` and `high` of its points are: bounds are no deviations. */
  interval?: string;
}

/** What a chart shows, before it has a size. */
export interface Chart {
  title: string;
  description: string;
  x: Axis;
  y: Axis;
  series: Series[];
}

/** A point as it lies in the drawing, px, for a pointer or a keyboard to find. */
export interface Target {
  x: number;
  y: number;
  series: string;
  point: Point;
}

/** A chart drawn as SVG, px. */
export interface Drawing {
  svg: Markup;
  targets: Target[];
  width: number;
  height: number;
}

/** The size of the drawing, px. */
export interface DrawOptions {
  width: number;
  height: number;
  /** The title and the styles within: for a file that stands alone. */
  style?: string | undefined;
  /** On a page: names of series that are left out, where entries of the legend turn them off and on. */
  hidden?: ReadonlySet<string> | undefined;
}
