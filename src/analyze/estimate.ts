import version from "../../build/version.js";
import type { Interpreted } from "../checkpoint/views/interpreted.js";
import { leastMemory } from "../matrix/rows.js";
import { costOf, type MatrixOptions, scheduleOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { AnalysisEstimate, AnalysisPlan } from "../types.js";
import { taskKeys } from "./keys.js";
import type { Prepared } from "./prepare.js";

/** Seconds that a matrix takes whatever its size: its part of plan, messages and report. */
const EACH_SECONDS = 0.25e-3;
/** Seconds for each of the smaller side where all singular values are found: steps that wait for one another. */
const SIDE_SECONDS = 14e-6;
/** Passes of the power method over a matrix, usually. */
const POWER_PASSES = 4;
/** Bytes of a matrix in json, without its fits; of a fit. */
const MATRIX_BYTES = 1800;
const FIT_BYTES = 450;

/** About the seconds of one core that a matrix takes. */
export function secondsOf(matrix: StoredMatrix, options: MatrixOptions): number {
  const whole = matrix.spectrum || options.energy !== null;
  const steps = whole ? SIDE_SECONDS * Math.min(matrix.rows, matrix.columns) : 0;
  return EACH_SECONDS + steps + costOf(matrix, options) * 1e-9;
}

/** What an analysis will do, before it does it, from the header alone. */
export async function planOf({ checkpoint, plan, settings }: Prepared, instructions: string): Promise<AnalysisPlan> {
  const { matrices } = plan;
  const keys = await taskKeys(matrices, settings.matrix, instructions, ({ tensor }) => checkpoint.places(tensor));
  const stored = matrices.map((matrix) => storedBytes(checkpoint, matrix));
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
function storedBytes(checkpoint: Interpreted, { tensor, byteLength }: StoredMatrix): number {
  if (!checkpoint.assembled(tensor)) return byteLength;
  const parts = checkpoint.places(tensor).reduce((sum, { start, end }) => sum + end - start, 0);
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
    outputBytes: 0,
    workers: 1,
  };
  for (const [i, matrix] of matrices.entries()) {
    const { exact, passes } = scheduleOf(matrix, options, memory);
    const seconds = secondsOf(matrix, options);
    estimate.bytesStored += stored[i];
    estimate.bytesRead += stored[i] * (matrix.byteLength <= memory ? 1 : exact ? passes : POWER_PASSES);
    estimate.coreSeconds += seconds;
    if (seconds > estimate.largestSeconds) [estimate.largestSeconds, estimate.largest] = [seconds, matrix.name];
    estimate.leastMemory = Math.max(estimate.leastMemory, leastMemory(matrix));
    estimate.outputBytes += MATRIX_BYTES + options.gaussians.length * FIT_BYTES;
  }
  if (estimate.largestSeconds > 0)
    estimate.workers = Math.max(1, Math.ceil(estimate.coreSeconds / estimate.largestSeconds));
  return estimate;
}
