import { meanAndDeviation } from "../base/statistics.js";
import type { Matrix } from "../types.js";
import { noiseMatrix, type ScalingRow, type TableContext, within } from "./row.js";

/** R² at K = 4 and K = 8 by width; docs/method.md §7. */
export const PUBLISHED = new Map([
  [64, [0.219, 0.414]],
  [128, [0.099, 0.19]],
  [256, [0.047, 0.075]],
  [512, [0.026, 0.055]],
  [1024, [0.012, 0.009]],
]);
const WIDTHS = [64, 128, 256, 512, 1024, 2048, 4096];
/** How far a mean of rows of noise may lie from a published figure, of unknown rows, and still agree. */
const TOLERANCE = 0.25;
const MINIMUM_SIGMA = 0.3;

const METHODS = ["uniform basis", "free, even start", "free, pursuit"] as const;

/** Fewer rows where one takes long; the standard error is in the table. */
const rowsFor = (columns: number, gaussians: number): number =>
  Math.max(8, Math.min(200, Math.floor(2e6 / (columns * gaussians))));

const noteFor = (method: (typeof METHODS)[number], columns: number, gaussians: number): string =>
  method === "uniform basis"
    ? "K amplitudes a row on one basis keep K/d of noise, the mean of the row included"
    : method === "free, pursuit"
      ? "the same 3K numbers a row, better chosen: more than 3K/d, from noise alone"
      : columns === 1024 && gaussians === 8
        ? "published below K = 4: a fitter that gave up, since more Gaussians can only fit better"
        : "what a plain curve fit reaches on noise, about 3K/d";

/**
 * Mean R² of rows of white noise by width: K = 4, 8 and d/16; the uniform basis, free Gaussians from an even start
 * (what a plain curve fit does) and from a pursuit, σ ≥ 0.3; `noiseLaw` is K/d or 3K/d.
 */
export async function fitTable(
  { kernels, seed, step }: TableContext,
  widths: readonly number[] = WIDTHS,
): Promise<ScalingRow[]> {
  const rows: ScalingRow[] = [];
  const cases = widths.flatMap((columns) =>
    [...new Set([4, 8, columns / 16])].map((gaussians) => ({ columns, gaussians })),
  );
  const fits = {
    "uniform basis": (matrix: Matrix, gaussians: number) => kernels.fitGaussians(matrix, { gaussians }),
    "free, even start": (matrix: Matrix, gaussians: number) =>
      kernels.fitFreeGaussians(matrix, { gaussians, minimumSigma: MINIMUM_SIGMA, start: "even" }),
    "free, pursuit": (matrix: Matrix, gaussians: number) =>
      kernels.fitFreeGaussians(matrix, { gaussians, minimumSigma: MINIMUM_SIGMA }),
  };
  let done = 0;
  for (const { columns, gaussians } of cases) {
    const matrix = noiseMatrix(rowsFor(columns, gaussians), columns, seed);
    const published = PUBLISHED.get(columns)?.[[4, 8].indexOf(gaussians)] ?? null;
    for (const method of METHODS) {
      await step(done++, cases.length * METHODS.length);
      const { mean, standardDeviation } = meanAndDeviation(fits[method](matrix, gaussians).rowR2);
      rows.push({
        columns,
        gaussians,
        method,
        rows: matrix.rows,
        minimumSigma: method === "uniform basis" ? null : MINIMUM_SIGMA,
        noiseLaw: ((method === "uniform basis" ? 1 : 3) * gaussians) / columns,
        standardError: standardDeviation / Math.sqrt(matrix.rows - 1),
        published,
        measured: mean,
        agrees: published === null ? null : within(mean, published, TOLERANCE),
        note: noteFor(method, columns, gaussians),
      });
    }
  }
  return rows;
}
