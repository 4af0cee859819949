import type { MatrixReport, Report } from "../types.js";
import type { KeyedRow } from "./row.js";

/** What the rules table asks `analyze` for, in this order. */
export const RULES = ["8", "d/32", "d/16", "d/8"] as const;
/** d/16 over d/32 above this is no plateau: energy that doubles with K gives 2. */
const STABLE = 1.1;

const sum = (matrices: readonly MatrixReport[], value: (matrix: MatrixReport) => number): number =>
  matrices.reduce((total, matrix) => total + value(matrix), 0);

/**
 * For a checkpoint: energy at each rule for K, all matrices together, beside noise, the closed-form mean over column
 * permutations and, where the report holds it, the SVD's; then the smallest K that holds a wanted share. The report's
 * `gaussians` begin with RULES.
 */
export function rulesTable(report: Report): KeyedRow[] {
  const { source, matrices } = report;
  const fitted = matrices.filter(({ tiedTo, gaussian }) => tiedTo === null && gaussian.length > 0);
  if (fitted.length === 0) return [];
  const squares = sum(fitted, ({ norms }) => norms.norm * norms.norm);
  const weights = sum(fitted, ({ parameters }) => parameters);
  const pooled = (value: (matrix: MatrixReport) => number): number =>
    sum(fitted, (matrix) => value(matrix) * matrix.norms.norm * matrix.norms.norm) / squares;
  const energies = RULES.map((_, k) => pooled(({ gaussian }) => gaussian[k].energy));
  const rows = RULES.map((rule, k): KeyedRow => {
    const structured = fitted.filter(({ gaussian }) => gaussian[k].verdict === "structure").length;
    const judged = fitted.every(({ gaussian }) => gaussian[k].verdict !== null);
    const noise = pooled(({ gaussian }) => gaussian[k].noiseEnergy);
    return {
      checkpoint: source.name,
      key: "energy",
      quantity: "energy",
      rule: `K = ${rule}`,
      compression: weights / sum(fitted, ({ gaussian }) => gaussian[k].amplitudes),
      noise,
      permuted: pooled(({ gaussian }) => gaussian[k].permutedEnergy),
      svd: fitted.every(({ gaussian }) => gaussian[k].svdEnergy !== undefined)
        ? pooled(({ gaussian }) => gaussian[k].svdEnergy ?? 0)
        : null,
      structured: judged ? structured : null,
      matrices: fitted.length,
      published: null,
      measured: energies[k],
      agrees: null,
      note: judged ? `${structured} of ${fitted.length} matrices hold more than their column permutations (z > 3)` : "",
    };
  });
  const growth = energies[1] > 0 ? energies[2] / energies[1] : null;
  rows.push({
    checkpoint: source.name,
    key: "energy-ratio",
    quantity: "energy at d/16 over energy at d/32",
    rule: "d/16 over d/32",
    noise: 2,
    published: 1,
    measured: growth,
    agrees: growth === null ? null : growth <= STABLE,
    note: "published as the range where R² is stable; noise doubles",
  });
  return [...rows, ...targetLines(report, fitted)];
}

/**
 * Compression at the smallest K, and at the smallest SVD rank r of r(n+d) numbers, that hold the share of energy the
 * report was asked for.
 */
function targetLines({ source, summary: { energyTarget } }: Report, fitted: readonly MatrixReport[]): KeyedRow[] {
  if (energyTarget === null) return [];
  const { energy, weights, amplitudes, factors } = energyTarget;
  const targets = fitted.filter((matrix) => matrix.energyTarget !== undefined);
  const share = `${Number((100 * energy).toPrecision(6))} %`;
  const reached = targets.filter(({ energyTarget: found, columns }) => (found?.gaussians ?? columns) < columns).length;
  const common = {
    checkpoint: source.name,
    key: "compression" as const,
    quantity: `compression that holds ${share} of each matrix's energy`,
    matrices: targets.length,
    published: null,
    agrees: null,
  };
  return [
    {
      ...common,
      rule: "smallest K",
      noise: 1 / energy,
      measured: weights / amplitudes,
      note: `${reached} of ${targets.length} matrices reach it with a K below d; noise needs ${share} of d`,
    },
    {
      ...common,
      rule: "smallest SVD rank",
      noise: null,
      measured: weights / factors,
      note: "r(n + d) numbers for rank r",
    },
  ];
}
