import { planMatrices } from "../analyze/plan.js";
import { quoted } from "../base/printable.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { readMatrixRows } from "../checkpoint/matrix-rows.js";
import { type Interpreted, interpret } from "../checkpoint/views/interpreted.js";
import { load } from "../load.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { GaussianFit, Matrix } from "../types.js";
import { histogram } from "./histogram.js";
import type { RowFit, RowFits, Settings, Singular, Spread } from "./messages.js";
import { patterns } from "./settings.js";

/**
 * Weights read to choose rows among, those of a histogram, and the largest matrix whose singular values are taken on
 * a page.
 */
const ROWS_WEIGHTS = 1 << 22;
const SPREAD_WEIGHTS = 1 << 24;
const SINGULAR_WEIGHTS = 1 << 26;

function planOf(checkpoint: Interpreted, name: string, settings: Settings): StoredMatrix {
  const plan = planMatrices(checkpoint, patterns(settings)).matrices.find((matrix) => matrix.name === name);
  if (!plan) throw new RangeError(`${quoted(name)}: no such matrix`);
  return plan;
}

/** The rows that the Gaussians fit best, in the middle and worst, and one by number. */
export async function rowFits(
  raw: RawCheckpoint,
  {
    matrix: name,
    settings,
    gaussians,
    row,
  }: { matrix: string; settings: Settings; gaussians: number; row: number | null },
): Promise<RowFits> {
  const kernels = await load();
  const checkpoint = await interpret(raw);
  const plan = planOf(checkpoint, name, settings);
  const { rows, columns } = plan;
  const read = Math.min(rows, Math.max(3, Math.floor(ROWS_WEIGHTS / columns)));
  const options = { gaussians: Math.min(gaussians, columns), width: settings.width };
  const matrix = await readMatrixRows(checkpoint, plan, [0, read]);
  const fit = kernels.fitGaussians(matrix, options);
  const order = Array.from(fit.rowR2.keys()).sort((a, b) => fit.rowR2[b] - fit.rowR2[a] || a - b);
  const taken = (at: number): RowFit => rowFit(matrix, fit, at, at);
  let chosen: RowFit | null = null;
  if (row !== null && row >= 0 && row < rows) {
    const alone = await readMatrixRows(checkpoint, plan, [row, row + 1]);
    chosen = rowFit(alone, kernels.fitGaussians(alone, options), 0, row);
  }
  return {
    read,
    rows,
    best: taken(order[0]),
    median: taken(order[order.length >> 1]),
    worst: taken(order[order.length - 1]),
    chosen,
  };
}

function rowFit(
  { columns, data }: Matrix,
  { basis, amplitudes, rowR2, rowEnergy }: GaussianFit,
  at: number,
  row: number,
): RowFit {
  const { gaussians, centres, sigmas } = basis;
  return {
    row,
    r2: rowR2[at],
    energy: rowEnergy[at],
    weights: Float32Array.from(data.subarray(at * columns, (at + 1) * columns)),
    amplitudes: amplitudes.slice(at * gaussians, (at + 1) * gaussians),
    centres,
    sigmas,
  };
}

/** A histogram of a matrix's weights, of as many rows as are held at once. */
export async function spreadOf(
  raw: RawCheckpoint,
  { matrix: name, settings }: { matrix: string; settings: Settings },
): Promise<Spread> {
  const checkpoint = await interpret(raw);
  const plan = planOf(checkpoint, name, settings);
  const { rows, columns } = plan;
  const read = Math.min(rows, Math.max(1, Math.floor(SPREAD_WEIGHTS / columns)));
  const { data } = await readMatrixRows(checkpoint, plan, [0, read]);
  return { ...histogram(data), read, rows };
}

/** Leading singular values. @throws RangeError where the matrix is too large to hold whole. */
export async function singularValues(
  raw: RawCheckpoint,
  { matrix: name, settings, count }: { matrix: string; settings: Settings; count: number },
): Promise<Singular> {
  const checkpoint = await interpret(raw);
  const plan = planOf(checkpoint, name, settings);
  const { rows, columns } = plan;
  if (rows * columns > SINGULAR_WEIGHTS)
    throw new RangeError(
      `${quoted(name)}: ${rows} × ${columns} weights are not held whole in a page; the command line has no such limit`,
    );
  const { values, residuals, converged } = (await load()).singularValues(await readMatrixRows(checkpoint, plan), {
    count: Math.min(count, rows, columns),
  });
  return { values, residuals, converged };
}
