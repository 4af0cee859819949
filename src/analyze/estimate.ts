import version from "../../build/version.js";
import { LONE_GRAM } from "../base/chunks.js";
import type { StoredPlace } from "../checkpoint/checkpoint.js";
import type { Interpreted } from "../checkpoint/views/interpreted.js";
import { distinctGaussians } from "../matrix/asked.js";
import { gramProblem } from "../matrix/gram-limit.js";
import { leastMemory } from "../matrix/rows.js";
import { type MatrixOptions, scheduleOf } from "../matrix/schedule.js";
import { areFlipped } from "../matrix/spectrum.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { AnalysisEstimate, AnalysisPlan } from "../types.js";
import { taskKeys } from "./keys.js";
import type { Prepared } from "./prepare.js";

/**
 * Nanoseconds, of a core like that of bench/RESULTS.md, as `npm run bench:estimate` checks them: of each matrix and of
 * the analysis as a whole; of each weight in the first pass, under each permutation and basis, for `energy`, and in the
 * passes of the power method; there also of each row and column, whose blocks of vectors are kept orthogonal.
 */
const START = 0.12e9;
const EACH = 0.2e6;
const FIRST_PASS = 6.5;
const PERMUTED = 0.6;
const TARGET = 20;
const POWER = 6;
const POWER_SIDE = 10e3;
/** Of each step of a Gram matrix, and of its eigenvalues by the smaller side and its cube. */
const GRAM = 0.055;
const SPECTRUM_SIDE = 8e3;
const SPECTRUM_STEP = 0.15;
/** Of each weight under sign flips, and of it for each of the smaller side up to a most. */
const FLIPPED = 60;
const FLIPPED_SIDE = 0.35;
const FLIPPED_MOST = 512;
/** Of each weight of a block-quantised type, each time that it passes. */
const DECODED = 1.2;
/** Of each weight and leading direction by block Lanczos. */
const LEADING = 0.4;
/** Of each byte from a server, and of it where a matrix is kept in a temporary file between passes. */
const FETCHED = 3;
const SPOOLED = 5;
/**
 * Bytes of a process of Node that has the kernels; of each matrix in plan and report; of a matrix as it is held in
 * blocks, in bytes of its f32 and of `memory` at most; of each element of a Gram matrix that is reduced; of bytes
 * fetched ahead.
 */
const PROCESS_BYTES = 76e6;
const PLANNED_BYTES = 15e3;
const GRAM_BYTES = 16;
const HELD = 2.7;
const HELD_MOST = 1.4;
const AHEAD = 0.65;
/** Passes of the power method over a matrix, usually, and the share of `memory` that stays between two of them. */
const POWER_PASSES = 9;
const KEPT = 0.95;
/** Bytes of a matrix in json, without its fits; of a fit. */
const MATRIX_BYTES = 1800;
const FIT_BYTES = 450;

/** About the seconds of one core that a matrix takes whose bytes are at hand. */
export function secondsOf(matrix: StoredMatrix, options: MatrixOptions): number {
  const { rows, columns, type, spectrum = false } = matrix;
  const { needsGram, passes } = scheduleOf(matrix, options);
  const { permutations, energy, svd } = options;
  const smaller = Math.min(rows, columns);
  const counts = distinctGaussians(options.gaussians, columns);
  const whole = spectrum || energy !== null || (svd && needsGram);
  let perWeight = FIRST_PASS + PERMUTED * permutations * counts.length;
  let steps = EACH;
  if (needsGram) perWeight += GRAM * smaller;
  else {
    perWeight += POWER;
    steps += POWER_SIDE * (rows + columns);
  }
  if (type.elementsPerBlock > 1) perWeight += DECODED * (needsGram ? passes : POWER_PASSES);
  if (whole) steps += SPECTRUM_SIDE * smaller + SPECTRUM_STEP * smaller * smaller * smaller;
  if (energy !== null) perWeight += TARGET;
  if (svd && !whole) perWeight += LEADING * Math.max(...counts);
  if (permutations > 0 && spectrum && areFlipped(matrix))
    perWeight += FLIPPED + FLIPPED_SIDE * Math.min(smaller, FLIPPED_MOST);
  return 1e-9 * (steps + rows * columns * perWeight);
}

/** What bytes add that come from a server, or another source than a file that a thread reads by itself. */
function fetchSeconds({ file, byteLength }: StoredMatrix, stored: number, memory: number): number {
  return file === null ? 1e-9 * stored * (FETCHED + (byteLength > memory ? SPOOLED : 0)) : 0;
}

/** Bytes that a matrix takes in memory beside the process's own. */
function heldBytes(matrix: StoredMatrix, options: MatrixOptions, memory: number): number {
  const { rows, columns } = matrix;
  const smaller = Math.min(rows, columns);
  const gram = scheduleOf(matrix, options).needsGram ? GRAM_BYTES * smaller * smaller : 0;
  return Math.min(HELD_MOST * memory, HELD * 4 * rows * columns) + (smaller > LONE_GRAM ? gram / 2 : gram);
}

/** What an analysis will do, before it does it, from the header alone. */
export async function planOf({ checkpoint, plan, settings }: Prepared, instructions: string): Promise<AnalysisPlan> {
  const { matrices } = plan;
  const stored: number[] = [];
  const keys = await taskKeys(matrices, settings.matrix, instructions, (matrix) => {
    const places = checkpoint.places(matrix.tensor);
    stored.push(storedBytes(checkpoint, matrix, places));
    return places;
  });
  return {
    schemaVersion: 1,
    tool: { name: "weightscope", version, instructions: instructions as AnalysisPlan["tool"]["instructions"] },
    source: { name: checkpoint.name, format: checkpoint.format, byteLength: checkpoint.byteLength },
    options: settings.described,
    tasks: matrices.map((matrix, i) => ({
      key: keys[i],
      name: matrix.name,
      dtype: matrix.type.name,
      rows: matrix.rows,
      columns: matrix.columns,
      byteLength: stored[i],
      seconds: secondsOf(matrix, settings.matrix),
    })),
    estimate: estimateOf(matrices, stored, settings),
  };
}

/** Bytes in the file: of what is put together from several tensors, those of its parts. */
function storedBytes(
  checkpoint: Interpreted,
  { tensor, byteLength }: StoredMatrix,
  places: readonly StoredPlace[],
): number {
  if (!checkpoint.assembled(tensor)) return byteLength;
  const parts = places.reduce((sum, { start, end }) => sum + end - start, 0);
  // Such a tensor is read as f32.
  return Math.round((parts * byteLength) / (4 * tensor.parameters));
}

function estimateOf(
  matrices: readonly StoredMatrix[],
  stored: readonly number[],
  { matrix: options, memory }: Pick<Prepared["settings"], "matrix" | "memory">,
): AnalysisEstimate {
  const estimate: AnalysisEstimate = {
    matrices: matrices.length,
    bytesStored: 0,
    bytesRead: 0,
    coreSeconds: 0,
    largestSeconds: 0,
    largest: null,
    leastMemory: 0,
    peakMemory: PROCESS_BYTES + PLANNED_BYTES * matrices.length,
    outputBytes: 0,
    workers: 1,
    failed: [],
  };
  let held = 0;
  let fetched = 0;
  for (const [i, matrix] of matrices.entries()) {
    const reason = gramProblem(matrix, options, memory);
    if (reason) {
      estimate.failed.push({ name: matrix.name, reason });
      continue;
    }
    const { exact, passes } = scheduleOf(matrix, options, memory);
    const seconds = secondsOf(matrix, options) + fetchSeconds(matrix, stored[i], memory);
    estimate.bytesStored += stored[i];
    const again = matrix.byteLength <= memory ? 0 : 1 - (KEPT * memory) / matrix.byteLength;
    estimate.bytesRead += stored[i] * (1 + again * ((exact ? passes : POWER_PASSES) - 1));
    estimate.coreSeconds += seconds;
    if (seconds > estimate.largestSeconds) [estimate.largestSeconds, estimate.largest] = [seconds, matrix.name];
    estimate.leastMemory = Math.max(estimate.leastMemory, leastMemory(matrix));
    if (matrix.file === null) fetched += stored[i];
    held = Math.max(held, heldBytes(matrix, options, memory));
    estimate.outputBytes += MATRIX_BYTES + options.gaussians.length * FIT_BYTES;
  }
  if (estimate.largestSeconds > 0)
    estimate.workers = Math.max(1, Math.ceil(estimate.coreSeconds / estimate.largestSeconds));
  estimate.peakMemory = Math.round(estimate.peakMemory + held + AHEAD * Math.min(memory, fetched));
  if (matrices.length > 0) estimate.coreSeconds += START * 1e-9;
  return estimate;
}
