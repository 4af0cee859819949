import type { ChangeFigures } from "../matrix/change/change.js";
import { countAbove } from "../matrix/change/factors.js";
import { isQuantised } from "../matrix/change/rounding.js";
import { signalOf } from "../spectra/describe.js";
import { exactParticipation } from "../spectra/low-rank.js";
import { energyRanks, totalOf } from "../spectra/ranks.js";
import type { ChangedGroup, ComparedMatrix, CompareReport, ParticipationRatio } from "../types.js";
import type { MatrixPair } from "./match.js";

/** A pair with what was found in it. */
export interface FoundPair {
  pair: MatrixPair;
  figures: ChangeFigures;
}

/** Σσ² and Σσ⁴ are known exactly from all singular values. */
function participationOf(squares: Float64Array): ParticipationRatio {
  return exactParticipation(totalOf(squares), totalOf(squares.map((square) => square * square)), squares[0]);
}

const relative = (change: number, base: number): number | null =>
  change === 0 ? 0 : base > 0 ? Math.sqrt(change) / Math.sqrt(base) : null;

/** One pair's entry of the report (docs/method.md §10). */
export function matrixReport({ pair, figures: { sums, squares, rounding } }: FoundPair): ComparedMatrix {
  const {
    base,
    tuned,
    shape: { rows, columns },
  } = pair;
  const { name, stack, layer, role } = tuned;
  const ranks = squares && energyRanks(squares, [0.5, 0.9, 0.99]);
  return {
    name,
    baseName: base.name,
    layer,
    stack,
    role,
    rows,
    columns,
    norm: Math.sqrt(sums.base),
    relativeChange: relative(sums.change, sums.base),
    cosine: sums.change > 0 && sums.base > 0 ? sums.inner / Math.sqrt(sums.change) / Math.sqrt(sums.base) : null,
    changed: sums.changed / (rows * columns),
    participation: squares && participationOf(squares),
    noiseParticipationRatio: (rows * columns) / (rows + columns + 1),
    energyRanks: ranks && { "0.5": ranks[0], "0.9": ranks[1], "0.99": ranks[2] },
    rankAboveRounding: squares ? countAbove(squares, rounding) : 0,
    signal: squares && signalOf({ squares, rows, columns }),
  };
}

/** In the middle of an odd number, between the two of an even one; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const ranks90 = (matrices: readonly ComparedMatrix[]): number[] =>
  matrices.flatMap(({ energyRanks: ranks }) => (ranks ? [ranks["0.9"]] : []));

/** ‖W‖² and ‖ΔW‖² over several pairs. */
function pooled(found: readonly FoundPair[]): { base: number; change: number } {
  let base = 0;
  let change = 0;
  for (const {
    figures: { sums },
  } of found) {
    base += sums.base;
    change += sums.change;
  }
  return { base, change };
}

function groupOf(found: readonly FoundPair[]): ChangedGroup {
  const matrices = found.map(matrixReport);
  const { base, change } = pooled(found);
  return {
    matrices: matrices.length,
    unchanged: matrices.filter(({ changed }) => changed === 0).length,
    relativeChange: relative(change, base),
    medianRank90: median(ranks90(matrices)),
    largestRankAboveRounding: matrices.reduce((most, { rankAboveRounding }) => Math.max(most, rankAboveRounding), 0),
  };
}

/** Pairs by what `keyOf` says of them, in the order of first appearance. */
function groups<Key extends object>(
  found: readonly FoundPair[],
  keyOf: (pair: MatrixPair) => Key | null,
): (Key & ChangedGroup)[] {
  const members = new Map<string, { key: Key; found: FoundPair[] }>();
  for (const one of found) {
    const key = keyOf(one.pair);
    if (key === null) continue;
    const text = JSON.stringify(key);
    const group = members.get(text) ?? { key, found: [] };
    group.found.push(one);
    members.set(text, group);
  }
  return [...members.values()].map(({ key, found: all }) => ({ ...key, ...groupOf(all) }));
}

const placeOf = ({ tuned: { layer, stack } }: MatrixPair): { stack: string; layer: number } | null =>
  layer === null ? null : { stack: stack ?? "", layer };
const inLayerOrder = <Place extends { stack: string; layer: number }>(places: Place[]): Place[] => {
  const stacks = [...new Set(places.map(({ stack }) => stack))];
  return places.sort((a, b) => stacks.indexOf(a.stack) - stacks.indexOf(b.stack) || a.layer - b.layer);
};

/** Ranks that a table of adapters shows: powers of two up to the largest smaller side. */
function adapterRanks(found: readonly FoundPair[]): CompareReport["adapterRanks"] {
  const adaptable = found.filter(({ pair, figures }) => pair.tuned.layer !== null && figures.squares !== null);
  const whole = adaptable.reduce((sum, { figures }) => sum + totalOf(figures.squares!), 0);
  const most = adaptable.reduce((largest, { figures }) => Math.max(largest, figures.squares!.length), 0);
  const shown: CompareReport["adapterRanks"] = [];
  for (let rank = 1; rank < 2 * most && whole > 0; rank *= 2) {
    let held = 0;
    let parameters = 0;
    for (const {
      pair: {
        shape: { rows, columns },
      },
      figures,
    } of adaptable) {
      held += totalOf(figures.squares!.subarray(0, rank));
      parameters += rank * (rows + columns);
    }
    shown.push({ rank, energy: Math.min(1, held / whole), parameters });
  }
  return shown;
}

function quantisation(found: readonly FoundPair[]): CompareReport["quantisation"] {
  return (["base", "tuned"] as const).flatMap((side) => {
    // What an adapter adds to a quantised base is no error of the quantiser.
    const stored = found.filter(({ pair }) => !pair.added);
    const types = [...new Set(stored.map(({ pair }) => pair[side].tensor.dtype))].filter(isQuantised).sort();
    return types.map((dtype) => {
      const members = stored.filter(({ pair }) => pair[side].tensor.dtype === dtype);
      const { base, change } = pooled(members);
      return {
        side,
        dtype,
        bits: members[0].pair.bits[side],
        matrices: members.length,
        weights: members.reduce((sum, { pair: { shape } }) => sum + shape.rows * shape.columns, 0),
        error: base > 0 ? change / base : 0,
      };
    });
  });
}

/** Sums over one vector on both sides. */
export interface FoundVector {
  name: string;
  base: number;
  change: number;
}

/** What the report says of all pairs together: sums over entries, and the range of the ranks. */
export function summaryOf(
  found: readonly FoundPair[],
  matrices: readonly ComparedMatrix[],
  vectors: readonly FoundVector[],
): CompareReport["summary"] {
  const changed = found.filter(({ figures }) => figures.sums.changed > 0);
  const ofChanged = matrices.filter(({ changed: share }) => share > 0);
  const { base, change } = pooled(changed);
  const outside = vectors.reduce((sum, vector) => sum + vector.change, 0);
  const ranks = ranks90(matrices);
  const above = ofChanged.map(({ rankAboveRounding }) => rankAboveRounding);
  const least = (values: number[]): number =>
    values.reduce((a, b) => Math.min(a, b), values.length === 0 ? 0 : Infinity);
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    matrices: matrices.length,
    unchanged: matrices.length - ofChanged.length,
    relativeChange: base > 0 ? Math.sqrt(change) / Math.sqrt(base) : 0,
    medianRank90: median(ranks) ?? 0,
    smallestRank90: least(ranks),
    largestRank90: most(ranks),
    smallestRankAboveRounding: least(above),
    largestRankAboveRounding: most(above),
    others: vectors.length,
    othersChanged: vectors.filter((vector) => vector.change > 0).length,
    shareOutsideMatrices: outside > 0 ? outside / (change + outside) : 0,
  };
}

/** All of a report that follows from the pairs. */
export function figuresOf(
  found: readonly FoundPair[],
  vectors: readonly FoundVector[],
): Pick<
  CompareReport,
  "matrices" | "others" | "layers" | "roles" | "cells" | "adapterRanks" | "quantisation" | "summary"
> {
  const matrices = found.map(matrixReport);
  return {
    matrices,
    others: vectors.map(({ name, base, change }) => ({ name, relativeChange: relative(change, base) })),
    layers: inLayerOrder(groups(found, placeOf)),
    roles: groups(found, ({ tuned: { role } }) => ({ role: role ?? "none" })),
    cells: inLayerOrder(
      groups(found, (pair) => {
        const place = placeOf(pair);
        return place && { ...place, role: pair.tuned.role ?? "none" };
      }),
    ),
    adapterRanks: adapterRanks(found),
    quantisation: quantisation(found),
    summary: summaryOf(found, matrices, vectors),
  };
}
