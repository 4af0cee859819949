import { FULL_SPECTRUM_SIDE } from "../matrix/schedule.js";
import type {
  EnergySummary,
  MatrixReport,
  MatrixSpectrum,
  SampleSummary,
  SignalDetail,
  SignalGroup,
  SignalSummary,
} from "../types.js";
import type { SampleDesign } from "./draw.js";
import { sampleError } from "./sample-error.js";

/** A matrix whose singular values were all found. */
type Counted = MatrixReport & { spectrum: MatrixSpectrum };

const isCounted = (matrix: MatrixReport): matrix is Counted => matrix.spectrum !== null;
const sideOf = ({ rows, columns }: MatrixReport): number => Math.min(rows, columns);
const squaresOf = ({ norms }: MatrixReport): number => norms.norm * norms.norm;
const sumOf = <T>(values: readonly T[], of: (value: T) => number): number => values.reduce((sum, x) => sum + of(x), 0);

/** Figures of a matrix that a sample extends, each with what it is a share of. */
const FIGURES = {
  directions: [({ spectrum }: Counted) => spectrum.signal.directions, sideOf],
  parameters: [({ spectrum }: Counted) => spectrum.signal.parameters, ({ parameters }: MatrixReport) => parameters],
  energy: [(matrix: Counted) => matrix.spectrum.signal.energy * squaresOf(matrix), squaresOf],
} as const;

/** Matrices of one role that were drawn together, those with a small side apart: of these none is left out. */
interface Stratum {
  role: string | null;
  members: MatrixReport[];
  /** Those whose singular values were found. */
  counted: Counted[];
}

/** Untied matrices that have singular values to find: neither zeros alone, nor with a weight that is not finite. */
const populationOf = (matrices: readonly MatrixReport[]): MatrixReport[] =>
  matrices.filter(({ tiedTo, participation }) => tiedTo === null && participation !== null);

/** How many matrices one of the report stands for: of a sample more than itself. */
const weightOf = ({ sampleWeight }: MatrixReport): number => sampleWeight ?? 1;
/** Σ over the matrices that these stand for. */
const totalOf = <T extends MatrixReport>(matrices: readonly T[], of: (matrix: T) => number): number =>
  sumOf(matrices, (matrix) => weightOf(matrix) * of(matrix));

/** The answer over all matrices (docs/method.md §8); null where no spectrum was found. */
export function signalSummary(
  matrices: readonly MatrixReport[],
  design: SampleDesign | null = null,
): SignalSummary | null {
  const population = populationOf(matrices);
  const strata = strataOf(population);
  const sampled = strata.filter(({ counted }) => counted.length > 0);
  if (sampled.length === 0) return null;
  const total = (figure: keyof typeof FIGURES): number => sumOf(sampled, (stratum) => extended(stratum, figure));
  return {
    directions: Math.round(total("directions")),
    standardError: standardErrorOf(sampled, "directions", design),
    of: Math.round(totalWithin(sampled, sideOf)),
    parameters: Math.round(total("parameters")),
    energy: Math.min(1, total("energy") / totalWithin(sampled, squaresOf)),
    counted: sumOf(sampled, ({ counted }) => counted.length),
    matrices: Math.round(totalOf(population, () => 1)),
    withoutBulk: sumOf(sampled, ({ counted }) =>
      sumOf(counted, ({ spectrum }) => (spectrum.signal.verdict === "ok" ? 0 : 1)),
    ),
    unsampledRoles: [
      ...new Set(
        strata.filter(({ counted }) => counted.length === 0).map(({ role }) => role ?? "matrices without a role"),
      ),
    ],
  };
}

/** The same over the matrices of these strata, one after the other. */
const totalWithin = (strata: readonly Stratum[], of: (matrix: MatrixReport) => number): number =>
  strata.reduce((before, { members }) => members.reduce((sum, x) => sum + weightOf(x) * of(x), before), 0);

function strataOf(population: readonly MatrixReport[]): Stratum[] {
  const strata = new Map<string, Stratum>();
  for (const matrix of population) {
    const key = JSON.stringify([sideOf(matrix) <= FULL_SPECTRUM_SIDE, matrix.role]);
    const stratum = strata.get(key) ?? { role: matrix.role, members: [], counted: [] };
    stratum.members.push(matrix);
    if (isCounted(matrix)) stratum.counted.push(matrix);
    strata.set(key, stratum);
  }
  return [...strata.values()];
}

/**
 * The sum over all members: exact where all were counted, else the mean share of those that were times what it is a
 * share of.
 */
function extended({ members, counted }: Stratum, figure: keyof typeof FIGURES): number {
  const [value, whole] = FIGURES[figure];
  if (counted.length === members.length) return totalOf(counted, value);
  return (sumOf(counted, (matrix) => value(matrix) / whole(matrix)) / counted.length) * totalOf(members, whole);
}

/**
 * Of a figure in all, by the formula of stratified sampling without replacement; null where a stratum shows no spread.
 * Where all drawn matrices of a stratum were counted, it is that of the sample they are. `less` is taken off each
 * value.
 */
function standardErrorOf(
  strata: readonly Stratum[],
  figure: keyof typeof FIGURES,
  design: SampleDesign | null,
  less: (matrix: MatrixReport) => number = () => 0,
): number | null {
  const [value, whole] = FIGURES[figure];
  const isWhole = ({ members, counted }: Stratum): boolean => counted.length === members.length;
  const complete = design === null ? [] : strata.filter(isWhole).flatMap(({ counted }) => counted);
  const error = sampleError(design, complete, (matrix) => value(matrix) - less(matrix));
  if (error === null) return null;
  let variance = error * error;
  for (const { members, counted } of strata.filter((stratum) => !isWhole(stratum))) {
    const shares = counted.map((matrix) => value(matrix) / whole(matrix));
    const n = shares.length;
    if (n < 2) return null;
    const mean = sumOf(shares, (share) => share) / n;
    const spread = sumOf(shares, (share) => (share - mean) * (share - mean)) / (n - 1);
    const all = totalOf(members, whole);
    variance += all * all * (1 - n / totalOf(members, () => 1)) * (spread / n);
  }
  return Math.sqrt(variance);
}

/** Standard errors of the answer's figures, of a sample. */
export function signalErrors(
  matrices: readonly MatrixReport[],
  design: SampleDesign,
): SampleSummary["standardErrors"]["signal"] {
  const sampled = strataOf(populationOf(matrices)).filter(({ counted }) => counted.length > 0);
  if (sampled.length === 0) return null;
  const squares = totalWithin(sampled, squaresOf);
  const share = sumOf(sampled, (stratum) => extended(stratum, "energy")) / squares;
  const energy = standardErrorOf(sampled, "energy", design, (matrix) => share * squaresOf(matrix));
  return {
    directions: standardErrorOf(sampled, "directions", design),
    parameters: standardErrorOf(sampled, "parameters", design),
    energy: energy === null ? null : energy / squares,
  };
}

/** Names in each list of extremes at most. */
const EXTREMES = 3;

/** What was counted, by layer, by role and by matrix. */
export function signalDetail(matrices: readonly MatrixReport[]): SignalDetail | null {
  const population = populationOf(matrices);
  const counted = population.filter(isCounted);
  if (counted.length === 0) return null;
  // Each once: where figures are packed they are made anew whenever they are asked for.
  const shares = Float64Array.from(counted, (matrix) => matrix.spectrum.signal.directions / sideOf(matrix));
  const ordered = Uint32Array.from(counted.keys()).sort((a, b) => shares[b] - shares[a] || a - b);
  const ends = Math.min(EXTREMES, ordered.length >> 1);
  const namesOf = (places: Uint32Array): string[] => Array.from(places, (place) => counted[place].name);
  const layered = groupsOf(population, ({ stack, layer }) => (layer === null ? null : { stack: stack ?? "", layer }));
  return {
    factors: sumOf(counted, ({ spectrum, rows, columns }) => spectrum.signal.directions * (rows + columns)),
    gaussianEnergy: Math.min(
      1,
      sumOf(counted, (matrix) => matrix.spectrum.gaussianEnergy * squaresOf(matrix)) / sumOf(counted, squaresOf),
    ),
    layers: layered.sort((a, b) => (a.stack === b.stack ? a.layer - b.layer : 0)),
    roles: groupsOf(population, ({ role }) => ({ role })),
    most: namesOf(ordered.subarray(0, ends)),
    least: namesOf(ordered.subarray(ordered.length - ends).reverse()),
  };
}

/** What is counted of the matrices that share what they are grouped by, if anything, in the order of their first. */
function groupsOf<Of extends object>(
  members: readonly MatrixReport[],
  groupOf: (matrix: MatrixReport) => Of | null,
): SignalGroup<Of>[] {
  const groups = new Map<string, { of: Of; matrices: MatrixReport[] }>();
  for (const matrix of members) {
    const of = groupOf(matrix);
    if (of === null) continue;
    const key = JSON.stringify(of);
    const group = groups.get(key) ?? { of, matrices: [] };
    group.matrices.push(matrix);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ of, matrices }) => {
    const counted = matrices.filter(isCounted);
    if (counted.length === 0) return [];
    return {
      ...of,
      directions: sumOf(counted, FIGURES.directions[0]),
      of: sumOf(counted, sideOf),
      parameters: sumOf(counted, FIGURES.parameters[0]),
      energy: Math.min(1, sumOf(counted, FIGURES.energy[0]) / sumOf(counted, squaresOf)),
      counted: counted.length,
      matrices: matrices.length,
    };
  });
}

/** Numbers to store for the asked share of the energy of every matrix: never more than its own weights. */
export function energySummary(matrices: readonly MatrixReport[]): EnergySummary | null {
  const asked = matrices.filter(({ tiedTo, energyTarget }) => tiedTo === null && energyTarget !== undefined);
  if (asked.length === 0) return null;
  return {
    energy: asked[asked.length - 1].energyTarget!.energy,
    weights: Math.round(totalOf(asked, ({ parameters }) => parameters)),
    amplitudes: Math.round(totalOf(asked, (matrix) => targetNumbers(matrix).amplitudes)),
    factors: Math.round(totalOf(asked, (matrix) => targetNumbers(matrix).factors)),
  };
}

/** Numbers to store for the asked share of the energy of one matrix: never more than its own weights. */
export function targetNumbers({ rows, columns, parameters, energyTarget }: MatrixReport): {
  amplitudes: number;
  factors: number;
} {
  const { gaussians = 0, rank = 0 } = energyTarget ?? {};
  return {
    amplitudes: Math.min(parameters, rows * (gaussians ?? columns)),
    factors: Math.min(parameters, (rows + columns) * rank),
  };
}
