import type { MatrixReport } from "../types.js";
import type { MatrixPasses } from "./passes.js";

/** Bases tried in one pass. */
const TRIES = 16;

/**
 * The smallest K of the uniform basis, and the smallest number of singular directions, that hold a share `target` of
 * the energy. Energy rises with K but for a ripple, so the search narrows a bracket, TRIES values a pass, and then
 * tries the values just below the end of the bracket one by one.
 */
export async function energyTarget(
  columns: number,
  target: number,
  width: number,
  spectrum: Float64Array | null,
  passes: MatrixPasses,
  scale: number,
): Promise<NonNullable<MatrixReport["energyTarget"]>> {
  const tried = new Map<number, number>();
  const measure = async (counts: number[]): Promise<void> => {
    const fresh = [...new Set(counts)].filter((count) => count >= 1 && count <= columns && !tried.has(count));
    if (fresh.length === 0) return;
    (await energies(passes, columns, fresh, width, scale)).forEach((energy, i) => tried.set(fresh[i], energy));
  };
  let low = 0;
  let high = columns;
  await measure([columns]);
  const reaches = (count: number): boolean => tried.get(count)! >= target;
  if (reaches(columns)) {
    while (high - low > 1) {
      const inner = Array.from(
        { length: TRIES },
        (_, i) => low + Math.round(((i + 1) * (high - low)) / (TRIES + 1)),
      ).filter((count) => count > low && count < high);
      await measure(inner);
      for (const count of inner.sort((a, b) => a - b)) {
        if (reaches(count)) {
          high = count;
          break;
        }
        low = count;
      }
    }
    await measure(Array.from({ length: TRIES }, (_, i) => high - 1 - i));
  }
  const reaching = [...tried.keys()].filter(reaches);
  return {
    energy: target,
    gaussians: reaching.length > 0 ? Math.min(...reaching) : null,
    svdRank: spectrum && rankReaching(spectrum, target),
  };
}

/** Share of the energy that the basis of each K keeps. */
async function energies(
  passes: MatrixPasses,
  columns: number,
  counts: number[],
  width: number,
  scale: number,
): Promise<number[]> {
  const totals = new Float64Array(counts.length);
  let squares = 0;
  let ranks: number[] = [];
  await passes.run({ kind: "explained", scale, gaussians: counts, width }, (part) => {
    squares += part.squares;
    ranks = part.ranks;
    part.explained.forEach((explained, k) => {
      totals[k] += explained;
    });
  });
  return ranks.map((rank, k) => (rank === columns ? 1 : totals[k] / squares));
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
