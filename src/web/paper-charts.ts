/** Widths of charts on A4 within its margins, px: two side by side, and one alone. */
export const PAPER = { half: 330, whole: 680 };

/** What can be drawn for paper, and again for the screen. */
interface Printable {
  drawForPaper(): void;
  redraw(): void;
}

/** Held weakly: the charts of an element that is gone go with it. */
const charts = new Set<WeakRef<Printable>>();

function each(work: (chart: Printable) => void): void {
  for (const one of charts) {
    const chart = one.deref();
    if (chart) work(chart);
    else charts.delete(one);
  }
}

/** Draws a chart for paper whenever the page is printed. */
export function drawnForPaper(chart: Printable): void {
  if (charts.size === 0) {
    addEventListener("beforeprint", () => each((one) => one.drawForPaper()));
    addEventListener("afterprint", () => each((one) => one.redraw()));
  }
  charts.add(new WeakRef(chart));
}
