import { h, type Markup } from "../report/html/markup.js";

const HEIGHT = 20;
const WIDTH = 60;

/** Shares of one as bars below each other, in the colours of the charts: the fit, chance, the best of equal numbers. */
export function bars(shares: readonly number[]): Markup {
  const each = HEIGHT / shares.length;
  return h(
    "svg",
    { class: "bars chart", width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    shares.map((share, i) =>
      h("rect", {
        class: `bar ${["accent", "c1", "c2"][i] ?? "muted"}`,
        x: 0,
        y: i * each + 1,
        width: Math.max(0, Math.min(1, share)) * WIDTH,
        height: each - 2,
      }),
    ),
  );
}
