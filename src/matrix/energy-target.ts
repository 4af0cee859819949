import { energyRanks } from "../spectra/ranks.js";
import type { MatrixReport } from "../types.js";
import type { MatrixPasses } from "./passes.js";

/** Bases tried in one pass. */
const TRIES = 16;

/**
 * The smallest K of the uniform basis, and the smallest number of singular directions, that hold a share `target` of
 * the energy.
 */
export async function energyTarget(
  target: number,
  squares: Float64Array,
  passes: MatrixPasses,
  bases: Omit<ExplainedBases, "counts">,
): Promise<NonNullable<MatrixReport["energyTarget"]>> {
  const gaussians = await smallestGaussians(bases.columns, target, (counts) =>
    explainedShares(passes, { ...bases, counts }),
  );
  return { energy: target, gaussians, rank: energyRanks(squares, [target])[0] };
}

/**
 * The smallest K whose energy reaches `target`, or null. Energy rises with K but for a ripple, so the search narrows a
 * bracket, TRIES values a pass, and then tries the values just below the end of the bracket one by one.
 */
export async function smallestGaussians(
  columns: number,
  target: number,
  energiesOf: (counts: number[]) => Promise<number[]>,
): Promise<number | null> {
  const tried = new Map<number, number>();
  const measure = async (counts: number[]): Promise<void> => {
    const fresh = [...new Set(counts)].filter((count) => count >= 1 && count <= columns && !tried.has(count));
    if (fresh.length === 0) return;
    (await energiesOf(fresh)).forEach((energy, i) => tried.set(fresh[i], energy));
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
  return reaching.length > 0 ? Math.min(...reaching) : null;
}

/** Bases to try on the rows of a matrix. */
export interface ExplainedBases {
  columns: number;
  /** Gaussians of each. */
  counts: number[];
  width: number;
  /** The power of two that the rows come multiplied by. */
  scale: number;
}

/** Share of the energy that the basis of each K keeps: one pass. */
export async function explainedShares(
  passes: MatrixPasses,
  { columns, counts, width, scale }: ExplainedBases,
): Promise<number[]> {
  const totals = new Float64Array(counts.length);
  let squares = 0;
  let ranks: number[] = [];
  await passes.run({ kind: "explained", scale, gaussians: counts, width }, function* (part) {
    squares += part.squares;
    ranks = part.ranks;
    part.explained.forEach((explained, k) => {
      totals[k] += explained;
    });
  });
  return ranks.map((rank, k) => (rank === columns ? 1 : Math.min(1, totals[k] / squares)));
}
