import { createBasis } from "../gaussian.js";
import type { Machine } from "../kernels.js";
import { ROW_SUMS_BYTES, MOMENTS_BYTES, strideOf } from "../matrix.js";
import type { MatrixReport } from "../types.js";
import type { MatrixPlan } from "./plan.js";
import type { RowStream } from "./rows.js";

/** Bases tried in one pass. */
const TRIES = 16;
const BATCH = 1024;

/**
 * The smallest K of the uniform basis, and the smallest number of singular directions, that hold a share `target` of
 * the energy. Energy rises with K but for a ripple, so the search narrows a bracket, TRIES values a pass, and then
 * tries the values just below the end of the bracket one by one.
 */
export async function energyTarget(machine: Machine, plan: MatrixPlan, target: number, width: number, spectrum: Float64Array | null, stream: RowStream, scale: number): Promise<NonNullable<MatrixReport["energyTarget"]>> {
  const { columns } = plan;
  const tried = new Map<number, number>();
  const measure = async (counts: number[]): Promise<void> => {
    const fresh = [...new Set(counts)].filter((count) => count >= 1 && count <= columns && !tried.has(count));
    if (fresh.length === 0) return;
    (await energies(machine, plan, fresh, width, stream, scale)).forEach((energy, i) => tried.set(fresh[i], energy));
  };
  let low = 0, high = columns;
  await measure([columns]);
  const reaches = (count: number): boolean => tried.get(count)! >= target;
  if (reaches(columns)) {
    while (high - low > 1) {
      const inner = Array.from({ length: TRIES }, (_, i) => low + Math.round(((i + 1) * (high - low)) / (TRIES + 1))).filter((count) => count > low && count < high);
      await measure(inner);
      for (const count of inner.sort((a, b) => a - b)) {
        if (reaches(count)) { high = count; break; }
        low = count;
      }
    }
    await measure(Array.from({ length: TRIES }, (_, i) => high - 1 - i));
  }
  const reaching = [...tried.keys()].filter(reaches);
  return { energy: target, gaussians: reaching.length > 0 ? Math.min(...reaching) : null, svdRank: spectrum && rankReaching(spectrum, target) };
}

async function energies(machine: Machine, plan: MatrixPlan, counts: number[], width: number, stream: RowStream, scale: number): Promise<number[]> {
  const { columns } = plan, stride = strideOf(columns), marked = machine.exports.mark();
  try {
    const moments = machine.zeros64(MOMENTS_BYTES / 8), rowSums = machine.allocate(BATCH * ROW_SUMS_BYTES);
    const bases = counts.map((count) => createBasis(machine, columns, count, width)), totals = machine.zeros64(counts.length);
    let squares = 0;
    await stream.pass(stride, scale, (pointer, _first, rows) => {
      for (let i = 0; i < rows; i += BATCH) {
        const from = pointer + i * stride * 4, count = Math.min(BATCH, rows - i);
        machine.exports.addMoments(moments, from, count, columns, stride, rowSums);
        const sums = machine.float64(rowSums, count * 3);
        for (let row = 0; row < count; row++) squares += sums[3 * row + 1];
        bases.forEach((basis, k) => machine.exports.explainedEnergy(basis, from, count, stride, rowSums, totals + k * 8));
      }
    });
    return [...machine.float64(totals, counts.length)].map((total, k) => (machine.exports.basisRank(bases[k]) === columns ? 1 : total / squares));
  } finally {
    machine.exports.release(marked);
  }
}

/** The least r with Σ_{i ≤ r} σ² ≥ target Σσ². */
function rankReaching(spectrum: Float64Array, target: number): number {
  const whole = spectrum.reduce((sum, value) => sum + Math.max(0, value), 0);
  let sum = 0;
  for (let r = 0; r < spectrum.length; r++) {
    sum += Math.max(0, spectrum[r]);
    if (sum >= target * whole) return r + 1;
  }
  return spectrum.length;
}
