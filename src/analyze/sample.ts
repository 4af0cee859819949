import { Random, seedFor } from "../base/random.js";
import { checkedGaussians } from "../matrix/asked.js";
import { costOf, FULL_SPECTRUM_SIDE, type MatrixOptions, spectrumCostOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";

/** Larger ones are left to whoever asks for them: each takes minutes and more than a gigabyte. */
const LARGEST_SIDE = 11_585;

/** What `analyze` does unless it is asked for more. */
const DEFAULT_FIGURES: MatrixOptions = {
  gaussians: /* @__PURE__ */ checkedGaussians(["auto", 8]),
  width: 0.5,
  permutations: 0,
  participation: {},
  svd: false,
  energy: null,
  singularValues: false,
  seed: 1,
};

const smallerSide = ({ rows, columns }: StoredMatrix): number => Math.min(rows, columns);

/**
 * Names of the matrices whose singular values are all found by default: those with a smaller side up to 512; of the
 * others a sample, stratified by role and spread over depth, whose modelled cost is at most that of the default figures
 * over the whole checkpoint. Roles take turns in the order of their weights, until no role's next matrix fits.
 * What is drawn depends on the checkpoint's matrices and the seed alone.
 */
export function sampledSpectra(matrices: readonly StoredMatrix[], seed: number): Set<string> {
  const small = matrices.filter((matrix) => smallerSide(matrix) <= FULL_SPECTRUM_SIDE);
  const large = matrices.filter((matrix) => smallerSide(matrix) > FULL_SPECTRUM_SIDE);
  const names = new Set(small.map(({ name }) => name));
  if (large.length === 0) return names;
  let budget = 0;
  for (const matrix of matrices) budget += costOf(matrix, DEFAULT_FIGURES, false);
  let queues = byRole(large.filter((matrix) => smallerSide(matrix) <= LARGEST_SIDE)).map(({ role, members }) =>
    spread(members, seedFor(seed, role)),
  );
  while (queues.length > 0) {
    // A role whose next matrix is too dear has had its last turn.
    queues = queues.filter((queue) => {
      const next = queue.next();
      if (next.done || spectrumCostOf(next.value) > budget) return false;
      budget -= spectrumCostOf(next.value);
      names.add(next.value.name);
      return true;
    });
  }
  return names;
}

/** Matrices of each role, the role with most weights first. */
function byRole(matrices: readonly StoredMatrix[]): { role: string; members: StoredMatrix[] }[] {
  const roles = new Map<string, { role: string; members: StoredMatrix[]; weights: number }>();
  for (const matrix of matrices) {
    const role = matrix.role ?? "";
    const found = roles.get(role) ?? { role, members: [], weights: 0 };
    found.members.push(matrix);
    found.weights += matrix.rows * matrix.columns;
    roles.set(role, found);
  }
  return [...roles.values()].sort((a, b) => b.weights - a.weights);
}

/**
 * All of them in an order whose beginnings lie evenly over depth: van der Corput's sequence from a seeded start, each
 * point the first matrix from there on that is not yet taken.
 */
function* spread(members: readonly StoredMatrix[], seed: number): Generator<StoredMatrix, void> {
  const taken = new Uint8Array(members.length);
  const start = new Random(seed).float();
  for (let i = 0; i < members.length; i++) {
    let at = Math.floor(((start + reversedBits(i)) % 1) * members.length);
    while (taken[at]) at = (at + 1) % members.length;
    taken[at] = 1;
    yield members[at];
  }
}

/** The binary digits of a whole number behind the point, in reverse. */
function reversedBits(value: number): number {
  let result = 0;
  for (let unit = 0.5; value > 0; unit /= 2, value = Math.floor(value / 2)) result += (value % 2) * unit;
  return result;
}
