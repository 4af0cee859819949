import { inversePowerOfTwo } from "../base/powers-of-two.js";
import type { Machine } from "../kernels/machine.js";
import { type Application, type Applications, WIDTH } from "../spectra/krylov.js";
import { leadingEigenvalues } from "../spectra/lanczos.js";
import { methodFor, powerOptions } from "../spectra/method.js";
import { iterate } from "../spectra/power.js";
import { SPARSE_ERROR } from "../spectra/sparse.js";
import type { ParticipationOptions, ParticipationRatio } from "../types.js";
import { CANCELLATION, type Part } from "./parts.js";

/** Rows of the exact product between two pauses. */
const ROWS = 256;

/** Called between pieces of work, to let others run and to be interrupted. */
export type Pause = () => Promise<void>;

/** Relative to what was added up: what f64 leaves of a norm. */
const NORM_ERROR = 1e-12;

/** factor · MᵀM of a part M = ±Mᵀ, to blocks. */
function application(machine: Machine, part: Part, factor: number): (application: Application) => void {
  const { exports } = machine;
  const { size, offsets, indices, values, p, q, cells } = part;
  const between = machine.allocate(size * 32);
  const sums = machine.zeros64(16);
  const apply = (x: number, scale: number, y: number): void => {
    if (cells) return multiply(cells, machine.float32(x, size * WIDTH), scale, machine.float32(y, size * WIDTH));
    if (q) exports.weightedSums(size, q, x, sums);
    exports.sparseBlock(size, offsets, indices, values, x, p, sums, scale, y);
  };
  return ({ vectors, image }) => {
    apply(vectors, 1, between);
    apply(between, factor * part.sign, image);
  };
}

/** y = scale · M x of a block of vectors, with sums in f64. */
function multiply(cells: Float64Array, x: Float32Array, scale: number, y: Float32Array): void {
  const size = x.length / WIDTH;
  const sums = new Float64Array(WIDTH);
  for (let i = 0; i < size; i++) {
    sums.fill(0);
    for (let j = 0; j < size; j++) {
      const cell = scale * cells[i * size + j];
      for (let k = 0; k < WIDTH; k++) sums[k] += cell * x[j * WIDTH + k];
    }
    y.set(sums, i * WIDTH);
  }
}

async function run<T>(
  applications: Applications<T>,
  apply: (application: Application) => void,
  pause: Pause,
): Promise<T> {
  for (;;) {
    const step = applications.next();
    if (step.done) return step.value;
    await pause();
    for (const each of step.value ?? []) {
      apply(each);
      await pause();
    }
  }
}

/** q₀, q₁, Mᵀq₀ and Mᵀq₁ of a smoothed part in each of `size` rows, for assembly/sparse.ts. */
function denseTerms(machine: Machine, { sign, size, offsets, indices, values, p, q }: Part): number {
  const dense = machine.allocate(size * 32);
  const columns = [machine.allocate(size * 8), machine.allocate(size * 8)];
  const images = [machine.allocate(size * 8), machine.allocate(size * 8)];
  const weights = machine.float64(q, size * 2);
  const terms = machine.float64(p, size * 2);
  columns.forEach((column, k) => {
    const target = machine.float64(column, size);
    for (let i = 0; i < size; i++) target[i] = weights[2 * i + k];
    machine.exports.sparseVector(size, offsets, indices, values, column, images[k]);
  });
  const [one, two] = columns.map((column) => machine.float64(column, size));
  const target = machine.float64(dense, size * 4);
  images.forEach((image, k) => {
    const stored = machine.float64(image, size);
    const column = k === 0 ? one : two;
    let first = 0;
    let second = 0;
    for (let i = 0; i < size; i++) {
      first += one[i] * column[i];
      second += two[i] * column[i];
    }
    // Mᵀ = sign · M.
    for (let i = 0; i < size; i++)
      target[4 * i + 2 + k] = sign * (stored[i] + terms[2 * i] * first + terms[2 * i + 1] * second);
  });
  for (let i = 0; i < size; i++) {
    target[4 * i] = one[i];
    target[4 * i + 1] = two[i];
  }
  return dense;
}

/** Products of a dense part between two pauses. */
const AT_ONCE = 1 << 25;

/** ‖M²‖² of a smoothed part from its cells in f64. */
async function squaresOfDense(size: number, cells: Float64Array, pause: Pause): Promise<number> {
  const rows = Math.max(1, Math.floor(AT_ONCE / (size * size)));
  let total = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += cells[i * size + k] * cells[j * size + k];
      total += (i === j ? 1 : 2) * sum * sum;
    }
    if (i % rows === rows - 1) await pause();
  }
  return total;
}

/** ‖M²‖², row by row. */
async function squaresOfSquare(machine: Machine, part: Part, pause: Pause): Promise<number> {
  const { size, offsets, indices, values, p, cells } = part;
  if (cells) return squaresOfDense(size, cells, pause);
  const sum = machine.zeros64(size);
  const dense = p ? denseTerms(machine, part) : 0;
  let total = 0;
  for (let first = 0; first < size; first += ROWS) {
    total += machine.exports.productSquares(
      first,
      Math.min(size, first + ROWS),
      offsets,
      indices,
      values,
      offsets,
      indices,
      values,
      size,
      sum,
      p,
      dense,
    );
    await pause();
  }
  return total;
}

/**
 * Of an exact ratio: itself, but where terms of a part too large for f64 cells cancel. ‖M²‖ is then off by at most
 * `error` · ‖M‖².
 */
function exactBounds({ size, squares, cells, cancellation }: Part, square: number): { lower: number; upper: number } {
  const value = (squares * squares) / square;
  if (cells || cancellation <= CANCELLATION) return { lower: value, upper: value };
  const error = SPARSE_ERROR * cancellation;
  const off = NORM_ERROR * cancellation ** 2;
  const norm = Math.sqrt(square) / squares;
  return {
    lower: Math.max(1, ((1 - off) / (norm + error)) ** 2),
    upper: norm > error ? Math.min(size, ((1 + off) / (norm - error)) ** 2) : size,
  };
}

/** Singular values of an antisymmetric matrix come in equal pairs: no bound and no estimate lies below 2. */
function floored(result: ParticipationRatio, { sign }: Part): ParticipationRatio {
  const least = sign < 0 ? 2 : 1;
  return {
    ...result,
    value: Math.max(least, result.value),
    lower: Math.max(least, result.lower),
    upper: Math.max(least, result.upper),
  };
}

/**
 * Participation ratio of a part: exact by a row-by-row product, or by the power method. Null where the part is zero up
 * to rounding. Allocates in the arena, which nobody else may use meanwhile.
 */
export async function partParticipation(
  machine: Machine,
  part: Part,
  options: ParticipationOptions,
  pause: Pause,
): Promise<ParticipationRatio | null> {
  const { size, squares, terms } = part;
  const method = methodFor(size, size, options);
  const checked = powerOptions(options);
  if (!(squares > 1e-28 * terms)) return null;
  const factor = inversePowerOfTwo(squares);
  const trace = squares * factor;
  const apply = application(machine, part, factor);
  const figures = (largest: number, residual: number) => ({
    method,
    squaredNorm: squares,
    stableRank: trace / largest,
    spectralNorm: Math.sqrt(largest / factor),
    spectralNormResidual: residual / Math.sqrt(largest * factor),
  });
  if (method === "exact") {
    const square = await squaresOfSquare(machine, part, pause);
    const value = (squares * squares) / square;
    const { lower, upper } = exactBounds(part, square);
    const applications = leadingEigenvalues(machine, size, size, { count: 1, tolerance: 1e-4 });
    const { values, residuals } = await run(applications, apply, pause);
    return floored(
      {
        value,
        lower,
        upper,
        standardError: 0,
        convergedBy: "exact",
        iterations: 0,
        ...figures(values[0], residuals[0]),
      },
      part,
    );
  }
  const operator = {
    dimension: size,
    rank: size,
    trace,
    traceError: part.cells ? NORM_ERROR : NORM_ERROR * part.cancellation ** 2,
    error: SPARSE_ERROR * (part.cells ? 1 : part.cancellation),
  };
  const { largest, residual, ...result } = await run(iterate(machine, operator, checked), apply, pause);
  return floored({ ...result, ...figures(largest, residual) }, part);
}
