import { distinctGaussians } from "./asked.js";
import { leastMemory } from "./rows.js";
import { type MatrixOptions, scheduleOf } from "./schedule.js";
import type { StoredMatrix } from "./stored.js";

/** Bytes that the kernels' memory may reach (assembly/memory.ts). */
const ADDRESSABLE = 0xffff0000;
/**
 * Bytes beside Gram matrices and rows, generously: of any matrix; of each of its smaller side, for panels, the
 * reduction and the power method's blocks; of each of its columns, for the bases that `energy` tries at once.
 */
const BESIDE = 8 << 20;
const A_SIDE = 5 << 10;
const A_TARGET = 12 << 10;

/** Bytes of the Gram matrices that a matrix takes at once; 0 where it takes none. */
function gramBytes(plan: StoredMatrix, options: MatrixOptions): number {
  const { needsGram, byRows, each } = scheduleOf(plan, options);
  const side = Math.ceil(Math.min(plan.rows, plan.columns) / 8) * 8;
  return needsGram ? 8 * side * side * (byRows || plan.rows <= each ? 1 : 2) : 0;
}

/** Bytes that a matrix with a Gram matrix takes of the kernels' memory beside the rows that pass, at most. */
export function bytesBesideRows(plan: StoredMatrix, options: MatrixOptions): number {
  const { rows, columns } = plan;
  const covariances = distinctGaussians(options.gaussians, columns).reduce((sum, k) => sum + 8 * k * k, 0);
  const target = options.energy === null ? 0 : A_TARGET * columns;
  return BESIDE + gramBytes(plan, options) + A_SIDE * Math.min(rows, columns) + covariances + target;
}

/**
 * Why a matrix cannot be done with these options and what can be asked in place of them, in the command line's words;
 * null where its Gram matrix fits in WebAssembly's memory beside `memory` bytes of rows, as any does up to a smaller
 * side of some 21,500.
 */
export function gramProblem(plan: StoredMatrix, options: MatrixOptions, memory: number): string | null {
  const { rows, columns, spectrum } = plan;
  const gram = gramBytes(plan, options);
  if (gram === 0) return null;
  const least = leastMemory(plan);
  const most = ADDRESSABLE - bytesBesideRows(plan, options);
  if (most >= Math.min(memory, rows * least)) return null;
  const { energy } = options;
  const others = [
    energy === null ? "" : "no --energy (--svd says what the first K directions hold)",
    spectrum && energy === null ? "--spectrum none" : "",
    scheduleOf(plan, options, 0, false).exact ? "--participation power" : "",
  ];
  const instead = most >= least ? `--memory ${Math.floor(most / 2 ** 20)}` : others.filter(Boolean).join(" and ");
  return (
    `out of memory: all singular values of ${rows} × ${columns} weights take ${Math.round(gram / 1e8) / 10} GB for ` +
    `their Gram matrix, of WebAssembly's 4.3; what can be done: ${instead}`
  );
}
