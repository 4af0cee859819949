import { seedFor } from "../base/random.js";
import { covarianceParticipation, energyOf } from "../gaussians/uniform.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import { totalOf } from "../spectra/ranks.js";
import { topEnergy } from "../spectra/top-energy.js";
import type { MatrixReport } from "../types.js";
import type { PreparedBasis } from "./bases.js";
import type { FirstSums } from "./first-sums.js";
import { meanPermutedEnergy, permutedEnergies, standing, verdictOf } from "./null.js";
import type { MatrixPasses } from "./passes.js";
import type { StoredMatrix } from "./stored.js";

type GaussianReport = MatrixReport["gaussian"][number];

/** What the first pass found of a matrix. */
export interface FirstFound {
  plan: StoredMatrix;
  /** σ of the Gaussians in units of columns/K. */
  width: number;
  sums: FirstSums;
  /** Share of ‖W‖² in the top singular directions, by their number; null where it was not asked for. */
  top: ReadonlyMap<number, number> | null;
}

/** Singular directions that take at most as many numbers as K amplitudes a row: r(n + d) ≤ nK. */
export function equalRank({ rows, columns }: StoredMatrix, gaussians: number): number {
  return Math.floor((rows * gaussians) / (rows + columns));
}

/**
 * Energy share of the top directions, for each count of them: from all squared singular values where they are there,
 * else from further passes over the rows.
 */
export async function topEnergies(
  machine: Machine,
  { name, rows, columns }: StoredMatrix,
  counts: readonly number[],
  from: { all: Float64Array } | { passes: MatrixPasses; squares: number; scale: number; seed: number },
): Promise<Map<number, number>> {
  const share = (energies: ArrayLike<number>, whole: number): Map<number, number> =>
    new Map(counts.map((count, i) => [count, Math.min(1, energies[i] / whole)]));
  if ("all" in from)
    return share(
      counts.map((count) => totalOf(from.all.subarray(0, count))),
      totalOf(from.all),
    );
  const within = counts.map((count) => Math.min(count, rows, columns));
  const top = topEnergy(machine, { rows, columns, stride: strideOf(columns) }, from.squares, within, {
    seed: seedFor(from.seed, name),
  });
  return share((await from.passes.drive(top, from.scale)).energies, from.squares);
}

/** The fit of basis `k`, beside noise, permuted columns and singular directions. */
export function gaussianFigures(
  machine: Machine,
  bases: readonly PreparedBasis[],
  k: number,
  { plan, width, sums, top }: FirstFound,
): Omit<GaussianReport, "asked"> {
  const { rows, columns } = plan;
  const { gaussians, rank, theta } = bases[k];
  const fit = sums.fits[k];
  const { energy, r2 } = energyOf(fit);
  const permuted = sums.permuted && permutedEnergies(sums.permuted, bases.length, k, fit.squares);
  const permutedEnergy = meanPermutedEnergy({
    theta,
    rank,
    columns,
    rowSumSquares: sums.rowSumSquares,
    squares: fit.squares,
  });
  const permutation =
    permuted &&
    (rank === columns
      ? { standardDeviation: 0, z: 0, permutations: permuted.length }
      : standing(energy, permutedEnergy, permuted));
  const amplitudeParticipationRatio =
    machine.scope(() => covarianceParticipation(machine, machine.copyFloat64(fit.scatter), fit.mean.length)) || null;
  return {
    gaussians,
    width,
    energy,
    r2,
    noiseEnergy: rank / columns,
    noiseAmplitudeParticipationRatio: noiseAmplitudeParticipation(bases[k], rows),
    verdict: permutation && verdictOf(permutation.z),
    permutedEnergy,
    ...(permutation && { permuted: permutation }),
    ...(top && {
      svdEnergy: top.get(gaussians)!,
      svdAtEqualNumbers: top.get(equalRank(plan, gaussians))!,
    }),
    rank,
    amplitudes: rows * gaussians,
    compression: columns / gaussians,
    amplitudeParticipationRatio,
  };
}

/** (tr B)² / (tr B² (1 + 1/ν) + (tr B)²/ν), B = (GGᵀ)⁻¹ and ν = rows - 1 (docs/method.md §5); null for a single row. */
function noiseAmplitudeParticipation({ inverseTrace, inverseSquares }: PreparedBasis, rows: number): number | null {
  if (rows < 2) return null;
  const freedom = rows - 1;
  return inverseTrace ** 2 / (inverseSquares * (1 + 1 / freedom) + inverseTrace ** 2 / freedom);
}
