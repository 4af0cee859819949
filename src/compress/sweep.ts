import type { MatrixReport, Report } from "../types.js";

/** Which matrices a row of a sweep replaces. */
export type SweepBy = "layer" | "role";

/** A part of a model that is replaced while the rest stays as it is. */
export interface SweepPart {
  /** "layer 3", "mlp.up"; null where all matrices that were chosen are replaced together. */
  part: string | null;
  /** The matrices' names. */
  names: string[];
  weights: number;
  /** √Σ‖W‖²; null where all is replaced together. */
  norm: number | null;
  /** Directions above noise and all directions, over the matrices whose spectrum is known; null where none is. */
  signal: { directions: number; of: number } | null;
}

/** What stands in a matrix's place: nothing else, factors, amplitudes, or its own weights in fewer bits. */
export type SweepMethod = "none" | "singular" | "gaussian" | "rounding";

/** One restored checkpoint and what the user's program says of it. */
export interface SweepRow {
  part: string | null;
  method: SweepMethod;
  /** What was asked for: "1/4", "signal", "4 bits". */
  asked: string;
  weights: number;
  /** Numbers stored in the place of the weights. */
  numbers: number;
  /** They in bits, scales of blocks included, and the weights' own. */
  bits: number;
  bitsOfSource: number;
  /** Share of Σ‖W‖² kept. */
  energy: number;
  /** The last number that COMMAND printed; null where it failed. */
  value: number | null;
}

/** What `compress --sweep` prints. Plain data. */
export interface SweepReport {
  schemaVersion: 1;
  source: Pick<Report["source"], "name" | "format" | "byteLength">;
  /** As given to `compress`, and COMMAND. */
  options: Record<string, unknown>;
  command: string;
  /** One entry without `--by`. */
  parts: SweepPart[];
  /** The checkpoint as it is (method "none") first. */
  rows: SweepRow[];
}

/** Bits that stand for a weight. */
export const bitsEach = ({ bits, weights }: Pick<SweepRow, "bits" | "weights">): number => bits / weights;

/** What a part needs to know of a matrix. */
type PartMatrix = Pick<MatrixReport, "name" | "layer" | "role" | "tiedTo" | "rows" | "columns" | "parameters"> & {
  norms: Pick<MatrixReport["norms"], "norm" | "nonFinite">;
  spectrum?: { signal: { directions: number } } | null;
};

/**
 * The parts of a model, in the order in which their first matrices stand in the report. Matrices outside layers belong
 * to no layer, and with "layer" to no part; those that were not done, or are tied to another, to none at all.
 */
export function sweepParts(matrices: readonly PartMatrix[], by: SweepBy | null): SweepPart[] {
  const parts = new Map<string | null, SweepPart & { squares: number }>();
  for (const matrix of matrices) {
    const { name, tiedTo, rows, columns, parameters, norms, spectrum } = matrix;
    const part = partOf(matrix, by);
    if (part === undefined || tiedTo !== null || norms.nonFinite > 0) continue;
    const found = parts.get(part) ?? { part, names: [], weights: 0, norm: 0, signal: null, squares: 0 };
    found.names.push(name);
    found.weights += parameters;
    found.squares += norms.norm ** 2;
    if (spectrum) {
      found.signal ??= { directions: 0, of: 0 };
      found.signal.directions += spectrum.signal.directions;
      found.signal.of += Math.min(rows, columns);
    }
    parts.set(part, found);
  }
  return [...parts.values()].map(({ squares, ...part }) => ({ ...part, norm: Math.sqrt(squares) }));
}

function partOf({ layer, role }: PartMatrix, by: SweepBy | null): string | null | undefined {
  if (by === null) return null;
  if (by === "role") return role ?? "other";
  return layer === null ? undefined : `layer ${layer}`;
}
