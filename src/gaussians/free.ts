import type { Filled } from "../base/arguments.js";
import { checkMatrix } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import type { FitStatus, FreeGaussianFit, FreeGaussianOptions, Matrix } from "../types.js";
import { energyOf } from "./uniform.js";

/** Smallest σ in columns unless asked otherwise: much narrower, and a Gaussian just stores a sample. */
export const DEFAULT_MINIMUM_SIGMA = 0.3;
const DEFAULT_TOLERANCE = 1e-6;
const DEFAULT_ITERATIONS = 10_000;
/** What `iterations` can count to. */
const MOST_ITERATIONS = 65_535;
/** Bytes of weights and results in the arena at once, at least one row. */
const BLOCK_BYTES = 1 << 22;

/** In the order of the codes of assembly/free-gaussians.ts. */
const STATUS: readonly FitStatus[] = ["converged", "iteration-limit", "degenerate"];

const FLOAT32_BITS = new DataView(new ArrayBuffer(4));

/** The nearest f32 not below (direction 1) or not above (direction -1) a positive value. */
function roundedTowards(value: number, direction: 1 | -1): number {
  const rounded = Math.fround(value);
  if (direction * rounded >= direction * value) return rounded;
  FLOAT32_BITS.setFloat32(0, rounded);
  FLOAT32_BITS.setUint32(0, FLOAT32_BITS.getUint32(0) + direction);
  return FLOAT32_BITS.getFloat32(0);
}

/**
 * Every option with its default, σ bounds as f32 values inside what was asked. @throws RangeError where one is out of
 * range.
 */
export function checkFreeGaussianOptions(columns: number, options: FreeGaussianOptions): Filled<FreeGaussianOptions> {
  const {
    gaussians,
    tolerance = DEFAULT_TOLERANCE,
    maxIterations = DEFAULT_ITERATIONS,
    minimumSigma = DEFAULT_MINIMUM_SIGMA,
    start = "pursuit",
  } = options;
  const { maximumSigma = Math.max(columns, minimumSigma) } = options;
  if (!Number.isInteger(gaussians) || gaussians < 1 || gaussians > columns) {
    throw new RangeError(`gaussians must be a whole number from 1 to the ${columns} columns, not ${gaussians}`);
  }
  if (!(tolerance >= 0 && tolerance < 1)) throw new RangeError(`tolerance must be in [0, 1), not ${tolerance}`);
  if (!Number.isInteger(maxIterations) || maxIterations < 1)
    throw new RangeError(`maxIterations must be a whole number from 1, not ${maxIterations}`);
  if (!(minimumSigma >= 1e-30 && minimumSigma <= 1e30))
    throw new RangeError(`minimumSigma must be in [1e-30, 1e30], not ${minimumSigma}`);
  if (!(maximumSigma >= minimumSigma && maximumSigma <= 1e30))
    throw new RangeError(`maximumSigma must be in [minimumSigma, 1e30], not ${maximumSigma}`);
  if (start !== "pursuit" && start !== "even")
    throw new RangeError(`start must be "pursuit" or "even", not ${String(start)}`);
  const smallest = roundedTowards(minimumSigma, 1);
  return {
    gaussians,
    tolerance,
    maxIterations: Math.min(maxIterations, MOST_ITERATIONS),
    start,
    minimumSigma: smallest,
    maximumSigma: Math.max(smallest, roundedTowards(maximumSigma, -1)),
  };
}

/** @throws RangeError naming the first weight that is not finite in f32. */
function checkFinite(weights: Float32Array, firstRow: number, columns: number, data: Matrix["data"]): void {
  for (let i = 0; i < weights.length; i++) {
    // x - x is 0 for every finite x and NaN for the rest.
    if (weights[i] - weights[i] === 0) continue;
    const at = firstRow * columns + i;
    throw new RangeError(
      `weights must be finite in 32 bits: row ${Math.floor(at / columns)}, column ${at % columns} is ${data[at]}`,
    );
  }
}

/**
 * K Gaussians a row with amplitude, centre and width of their own, by variable projection from a greedy pursuit or an
 * even start (docs/method.md §1). 3K numbers a row.
 *
 * - `gaussians`: 1 … columns. From a pursuit R² of a row never falls as K grows, other options equal.
 * - `tolerance`: a step of the search ends when an iteration lowers the squared error by less than this part of it. In
 *   [0, 1), default 1e-6.
 * - `maxIterations`: of Levenberg–Marquardt, a row, over all its steps; from 1, default 10,000, never more than 65,535.
 * - `minimumSigma`, `maximumSigma`: in columns, default 0.3 and `columns`. Centres lie at most 3 σ outside the columns.
 *
 * `rowR2`, `energy` and `r2` are those of the returned f32 parameters. Status of a row: "converged"; "iteration-limit",
 * `maxIterations` ran out (the pursuit still adds Gaussians after that, without moving them); "degenerate", fewer than
 * K Gaussians leave nothing that another could lower (a row of zeros is the plainest case), and the others have
 * amplitude 0.
 * @throws RangeError for shapes that do not fit, weights that are not finite in f32, options out of range, or too
 *   little memory.
 */
export function fitFreeGaussians(machine: Machine, matrix: Matrix, options: FreeGaussianOptions): FreeGaussianFit {
  checkMatrix(matrix);
  const { rows, columns, data } = matrix;
  const { gaussians, tolerance, maxIterations, minimumSigma, maximumSigma, start } = checkFreeGaussianOptions(
    columns,
    options,
  );
  const amplitudes = new Float32Array(rows * gaussians);
  const centres = new Float32Array(rows * gaussians);
  const sigmas = new Float32Array(rows * gaussians);
  const rowR2 = new Float32Array(rows);
  const iterations = new Uint16Array(rows);
  const status: FitStatus[] = [];
  let squares = 0;
  let residual = 0;
  let variation = 0;
  machine.scope(() => {
    const { exports } = machine;
    if (exports.prepareFree(columns, minimumSigma, maximumSigma) >>> 0 === 0)
      throw new RangeError(`out of memory: the workspace for rows of ${columns} columns does not fit`);
    const block = Math.max(1, Math.min(rows, Math.floor(BLOCK_BYTES / (4 * columns + 12 * gaussians + 32))));
    const weights = machine.allocate(block * columns * 4);
    const parameters = machine.allocate(3 * block * gaussians * 4);
    const counts = machine.allocate(2 * block * 4);
    const sums = machine.allocate(block * 24);
    for (let first = 0; first < rows; first += block) {
      const count = Math.min(block, rows - first);
      const size = count * gaussians * 4;
      const view = machine.float32(weights, count * columns);
      view.set(data.subarray(first * columns, (first + count) * columns));
      checkFinite(view, first, columns, data);
      exports.fitFreeRows(
        weights,
        count,
        gaussians,
        start === "even" ? 1 : 0,
        tolerance,
        maxIterations,
        parameters,
        parameters + size,
        parameters + 2 * size,
        counts,
        counts + count * 4,
        sums,
      );
      [amplitudes, centres, sigmas].forEach((target, i) =>
        target.set(machine.float32(parameters + i * size, count * gaussians), first * gaussians),
      );
      const results = machine.int32(counts, 2 * count);
      const totals = machine.float64(sums, 3 * count);
      for (let i = 0; i < count; i++) {
        const row = { residual: totals[3 * i], squares: totals[3 * i + 1], variation: totals[3 * i + 2] };
        rowR2[first + i] = energyOf(row).r2;
        iterations[first + i] = results[i];
        status.push(STATUS[results[count + i]]);
        residual += row.residual;
        squares += row.squares;
        variation += row.variation;
      }
    }
  });
  return {
    gaussians,
    rows,
    columns,
    amplitudes,
    centres,
    sigmas,
    rowR2,
    iterations,
    status,
    ...energyOf({ squares, residual, variation }),
  };
}
