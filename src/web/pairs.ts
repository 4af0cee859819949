import type { MatrixReport } from "../types.js";

/** A matrix in both checkpoints. */
export interface Pair {
  a: MatrixReport;
  b: MatrixReport;
}

/**
 * Matrices of two checkpoints that stand for each other: those of one name; then, in order, those of one layer, role
 * and size (formats name the same matrix differently).
 */
export function pairsOf(
  a: readonly MatrixReport[],
  b: readonly MatrixReport[],
): { pairs: Pair[]; onlyA: number; onlyB: number } {
  const named = new Map(b.map((matrix) => [matrix.name, matrix]));
  const taken = new Set<MatrixReport>();
  const partner = new Map<MatrixReport, MatrixReport>();
  for (const matrix of a) {
    const other = named.get(matrix.name);
    if (!other || taken.has(other)) continue;
    partner.set(matrix, other);
    taken.add(other);
  }
  const key = ({ layer, role, parameters }: MatrixReport): string | null =>
    role === null ? null : `${layer}/${role}/${parameters}`;
  const left = new Map<string, MatrixReport[]>();
  for (const matrix of b) {
    const place = key(matrix);
    if (place !== null && !taken.has(matrix)) left.set(place, [...(left.get(place) ?? []), matrix]);
  }
  for (const matrix of a) {
    const place = key(matrix);
    const other = partner.has(matrix) || place === null ? undefined : left.get(place)?.shift();
    if (!other) continue;
    partner.set(matrix, other);
    taken.add(other);
  }
  const pairs = a.flatMap((matrix) => (partner.has(matrix) ? [{ a: matrix, b: partner.get(matrix)! }] : []));
  return { pairs, onlyA: a.length - pairs.length, onlyB: b.length - pairs.length };
}
