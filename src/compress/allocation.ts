import type { Costs } from "./budget.js";
import { numbersOfDirection } from "./budget.js";

/** The directions of a matrix that may be kept, largest first. */
export interface Spectrum extends Costs {
  /** σ² each. */
  squares: Float64Array;
  /** ‖W‖². */
  total: number;
}

/** A direction, by what it brings for its bits. */
interface Candidate {
  matrix: number;
  direction: number;
  worth: number;
}

/**
 * Ranks by water-filling: directions of all matrices in the order of their energy (or their share of their own matrix's
 * energy) for each bit, as long as the next one fits the budget, or until the energies pooled reach `energy`. Every
 * matrix keeps one at least. Ties go to the earlier matrix.
 */
export function allocateRanks(
  spectra: readonly Spectrum[],
  relative: boolean,
  until: { budget: number } | { energy: number },
): number[] {
  const ranks = spectra.map(() => 1);
  const bits = spectra.map((one) => numbersOfDirection(one) * one.bitsEach);
  const allowed =
    "budget" in until
      ? until.budget * spectra.reduce((sum, { sourceBits }) => sum + sourceBits, 0) * (1 + 1e-12)
      : Infinity;
  const wanted = "energy" in until ? until.energy * spectra.reduce((sum, { total }) => sum + total, 0) : Infinity;
  let spent = bits.reduce((sum, one) => sum + one, 0);
  let energy = spectra.reduce((sum, { squares }) => sum + (squares[0] ?? 0), 0);
  const full = spectra.map(() => false);
  for (const { matrix, direction } of candidatesOf(spectra, bits, relative)) {
    if (energy >= wanted) break;
    // Of a matrix whose next direction did not fit, no later one is kept.
    if (full[matrix]) continue;
    if (spent + bits[matrix] > allowed) {
      full[matrix] = true;
      continue;
    }
    spent += bits[matrix];
    energy += spectra[matrix].squares[direction];
    ranks[matrix] = direction + 1;
  }
  return ranks;
}

/** All directions but the first of each matrix, the worthiest first. */
function candidatesOf(spectra: readonly Spectrum[], bits: readonly number[], relative: boolean): Candidate[] {
  const candidates = spectra.flatMap(({ squares, total }, matrix) =>
    Array.from(squares.subarray(1), (square, i): Candidate => {
      const worth = (relative && total > 0 ? square / total : square) / bits[matrix];
      return { matrix, direction: i + 1, worth };
    }),
  );
  return candidates.sort((a, b) => b.worth - a.worth || a.matrix - b.matrix || a.direction - b.direction);
}
