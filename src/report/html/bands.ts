import type { Chart, Point, Series } from "./chart-types.js";

/** Beyond this many dots a chart says more by bands. */
const MOST_DOTS = 400;
/** Places along the axis at which a band has a corner. */
const BINS = 48;

const isDots = ({ mark }: Series): boolean => mark === "dots" || mark === "squares";
const isLong = ({ mark, points }: Series): boolean => /^(line|dashes|dotted)/.test(mark) && points.length > MOST_DOTS;

/**
 * A chart of many dots as bands: of each series the middle half of the values at each place along the axis, and a line
 * through their medians. A chart of few dots as it is.
 */
export function banded(chart: Chart): Chart {
  const dots = chart.series.filter(isDots).reduce((sum, { points }) => sum + points.length, 0);
  const many = (one: Series): boolean => isLong(one) || (isDots(one) && dots > MOST_DOTS);
  if (!chart.series.some(many)) return chart;
  const series = chart.series.flatMap((one) => {
    if (!many(one)) return [one];
    const [band, line] = bandOf(one, chart.x.scale === "log");
    // A line that says what noise gives stays one.
    return isDots(one) || one.mark === "line-dots" ? [band, line] : [{ ...one, points: line.points }];
  });
  return {
    ...chart,
    description: chart.description.replace(
      /One dot a matrix(, whiskers[^;.]*)?/,
      "Lines are medians, bands hold the middle half of the matrices",
    ),
    series,
  };
}

function bandOf(series: Series, logarithmic: boolean): [band: Series, line: Series] {
  const middle = binned(series.points, logarithmic).map(({ x, values }): Point => {
    const at = (part: number): number => values[Math.floor(part * (values.length - 1))];
    return { x, y: at(0.5), low: at(0.25), high: at(0.75), label: `${series.name} ${values.length} together`.trim() };
  });
  const { name, colour } = series;
  return [
    { name, colour, mark: "band", points: middle, quiet: true },
    { name, colour, mark: "line-dots", points: middle.map(({ x, y, label }) => ({ x, y, label })) },
  ];
}

/** Values by their place, sorted: each place its own while there are few, else places of equal width (or ratio). */
function binned(points: readonly Point[], logarithmic: boolean): { x: number; values: number[] }[] {
  const own = new Set(points.map(({ x }) => x));
  const ends = [...own].reduce<[number, number]>(
    ([low, high], x) => [Math.min(low, x), Math.max(high, x)],
    [Infinity, -Infinity],
  );
  const [low, high] = ends;
  // Of ratios a logarithm would do; the fourth root spreads places well enough, and the same in every host.
  const place = (x: number): number => (logarithmic && low > 0 ? Math.sqrt(Math.sqrt(x / low)) - 1 : x - low);
  const bin = (x: number): number =>
    own.size <= BINS ? x : Math.min(BINS - 1, Math.floor((place(x) / place(high)) * BINS));
  const bins = new Map<number, { x: number; count: number; values: number[] }>();
  for (const { x, y } of points) {
    const key = bin(x);
    const found = bins.get(key) ?? { x: 0, count: 0, values: [] };
    found.x += x;
    found.count++;
    found.values.push(y);
    bins.set(key, found);
  }
  return [...bins.values()]
    .map(({ x, count, values }) => ({ x: x / count, values: values.sort((a, b) => a - b) }))
    .sort((a, b) => a.x - b.x);
}
