import { CheckpointError } from "../base/errors.js";
import type { MatrixFigures } from "../matrix/figures.js";
import { type Check, fits, integer, list, nothingElse, nullable, number, optional, text, word } from "./shape.js";
import { KEY, MOST_TASKS } from "./work.js";

/** Characters of a result: singular values of many matrices are long. */
const LONGEST_RESULT = 256 << 20;
const LONGEST_REASON = 400;

/** What comes back of a job. */
export interface WorkResult {
  schemaVersion: 1;
  /** Of the matrices that were done, in the order of the tasks. */
  figures: { key: string; figures: MatrixFigures }[];
  /** Matrices that cannot be done, and why. */
  failed: { key: string; reason: string }[];
}

/** What a result must agree with. */
export interface ExpectedMatrix {
  key: string;
  rows: number;
  columns: number;
}

const positive: Check = (value) => number(value) === true && (value as number) >= 0;

const norms = nothingElse({
  norm: positive,
  normPerParameter: nullable(positive),
  mean: nullable(number),
  standardDeviation: nullable(positive),
  excessKurtosis: nullable(number),
  minimum: nullable(number),
  maximum: nullable(number),
  nonFinite: integer(0),
});

const participation = nothingElse({
  value: positive,
  lower: positive,
  upper: positive,
  standardError: nullable(positive),
  method: word("exact", "power"),
  convergedBy: nullable(word("exact", "bounds", "standard-error")),
  iterations: integer(0),
  squaredNorm: nullable(positive),
  stableRank: nullable(positive),
  spectralNorm: nullable(positive),
  spectralNormResidual: nullable(number),
});

const signal = nothingElse({
  directions: integer(0),
  parameters: integer(0),
  energy: number,
  edge: number,
  noiseVariance: number,
  kritchmanNadler: integer(0),
  below: integer(0),
  bulk: nullable(number),
  verdict: word("ok", "no Marchenko–Pastur bulk", "no bulk"),
});

const rank = nullable(number);

/** The figures of a matrix: every field is known, so that nothing else can come along. */
const figuresOfMatrix = nothingElse({
  norms,
  participation: nullable(participation),
  noiseParticipationRatio: number,
  spectrum: nullable(
    nothingElse({
      signal,
      signFlips: optional(nothingElse({ directions: number, flips: integer(0) })),
      gaussianEnergy: number,
      effectiveRank: rank,
      numericalRank: rank,
      floor: number,
      energyRanks: nothingElse({ "0.5": rank, "0.9": rank, "0.99": rank }),
      tail: nullable(
        nothingElse({ exponent: number, standardError: number, minimum: number, n: integer(0), distance: number }),
      ),
      singularValues: optional(list(number, Number.MAX_SAFE_INTEGER)),
    }),
  ),
  energyTarget: optional(nothingElse({ energy: number, gaussians: nullable(integer(1)), rank: integer(0) })),
  gaussian: list(
    nothingElse({
      asked: text(/^(?:auto|d\/\d+|\d+)$/, 16),
      gaussians: integer(1),
      width: number,
      energy: number,
      r2: nullable(number),
      noiseEnergy: number,
      noiseAmplitudeParticipationRatio: nullable(number),
      verdict: nullable(word("as noise", "structure", "below noise")),
      permutedEnergy: number,
      permuted: optional(nothingElse({ standardDeviation: number, z: nullable(number), permutations: integer(1) })),
      svdEnergy: optional(number),
      svdAtEqualNumbers: optional(number),
      rank: integer(0),
      amplitudes: integer(1),
      compression: number,
      amplitudeParticipationRatio: nullable(number),
    }),
    64,
  ),
});

const envelope = nothingElse({
  schemaVersion: (value) => value === 1,
  figures: list(nothingElse({ key: text(KEY, 32), figures: (value) => typeof value === "object" }), MOST_TASKS),
  failed: list(nothingElse({ key: text(KEY, 32), reason: text(/^/, LONGEST_REASON) }), MOST_TASKS),
});

/** Of a matrix of this shape: what follows from the shape alone, and bounds that hold. */
function agrees(figures: MatrixFigures, { rows, columns }: ExpectedMatrix): boolean {
  const { participation: ratio, noiseParticipationRatio, gaussian, spectrum } = figures;
  if (noiseParticipationRatio !== (rows * columns) / (rows + columns + 1)) return false;
  if (ratio === null) return gaussian.length === 0 && spectrum === null;
  const side = Math.min(rows, columns);
  const inside = (share: number): boolean => share >= -1e-3 && share <= 1 + 1e-3;
  return (
    ratio.lower <= ratio.value &&
    ratio.value <= ratio.upper &&
    gaussian.every(
      (one) => one.gaussians <= columns && one.amplitudes === rows * one.gaussians && inside(one.energy),
    ) &&
    (spectrum === null ||
      (spectrum.signal.directions <= side &&
        (spectrum.singularValues === undefined || spectrum.singularValues.length <= side)))
  );
}

/**
 * The result of a job whose matrices are known. Whoever computed it is trusted with the figures' values alone: every
 * field is of its kind, each matrix has its own shape's, and each of the job's is there once.
 * @throws CheckpointError "bad-result" saying what is wrong.
 */
export function parseResult(given: unknown, expected: readonly ExpectedMatrix[]): WorkResult {
  if (typeof given !== "string") throw refused("no text");
  if (given.length > LONGEST_RESULT) throw refused(`${given.length} characters, more than ${LONGEST_RESULT}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(given);
  } catch {
    throw refused("no JSON");
  }
  const wrong = fits(parsed, envelope);
  if (wrong !== null) throw refused(wrong);
  const result = parsed as WorkResult;
  const wanted = new Map(expected.map((one) => [one.key, one]));
  for (const { key } of result.failed) if (!wanted.delete(key)) throw refused("a matrix that was not asked for");
  for (const { key, figures } of result.figures) {
    const matrix = wanted.get(key);
    if (!matrix || !wanted.delete(key)) throw refused("a matrix that was not asked for");
    const off = fits(figures, figuresOfMatrix);
    if (off !== null) throw refused(off);
    if (!agrees(figures, matrix)) throw refused("figures of a matrix of another shape");
  }
  if (wanted.size > 0) throw refused(`${wanted.size} matrices are missing`);
  return result;
}

/** As much of a reason as a result may hold. */
export const reasonInShort = (reason: string): string => reason.slice(0, LONGEST_REASON);

const refused = (why: string): CheckpointError => new CheckpointError("bad-result", `a result that is none: ${why}`);
