import { printable } from "../base/printable.js";
import type { Chart, Target } from "../report/html/chart-types.js";
import { figure as written } from "../report/html/numbers.js";
import { make } from "./dom.js";

/** Between the tip and its point, and between the tip and the edge, px. */
const APART = 14;
const EDGE = 4;
const WIDEST = 260;

/** What is said of one point of a chart, beside it and within the stage. */
export class Tip {
  readonly element = make("div", { className: "tip", hidden: true, attributes: { role: "status" } });

  hide(): void {
    this.element.hidden = true;
  }

  show({ point, series, x: across, y: down }: Target, { x, y, series: all }: Chart, stage: HTMLElement): void {
    const { low, high } = point;
    const interval = all.find(({ name }) => name === series)?.interval;
    const lines = [
      `${series === "" ? "" : `${series}: `}${y.label} ${written(point.y, 4)}`,
      `${x.label} ${written(point.x, 4)}`,
    ];
    if (interval !== undefined && low !== undefined && high !== undefined)
      lines.push(`${interval}: ${written(low, 4)} to ${written(high, 4)}`);
    const title = make("b", {}, printable(point.label ?? "", 80));
    this.element.replaceChildren(title, ...lines.map((line) => make("span", {}, line)));
    const { style } = this.element;
    const wide = Math.min(WIDEST, stage.clientWidth - 2 * EDGE);
    this.element.hidden = false;
    style.maxWidth = `${wide}px`;
    style.left = `${Math.max(EDGE, Math.min(stage.clientWidth - wide - EDGE, across - wide / 2))}px`;
    const tall = this.element.offsetHeight;
    const above = down - APART - tall;
    style.top = `${above >= EDGE ? above : Math.min(down + APART, stage.clientHeight - EDGE - tall)}px`;
  }
}
