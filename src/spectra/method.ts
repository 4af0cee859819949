import { type Names, refuseUnknown } from "../base/arguments.js";
import type { ParticipationOptions } from "../types.js";

/** The names of `ParticipationOptions`. */
export const PARTICIPATION = {
  ...{ method: 1, tolerance: 1, blockSize: 1, maxIterations: 1, seed: 1 },
} satisfies Names<ParticipationOptions>;

/** Smaller sides up to this are done by the exact method, unless asked otherwise. */
const EXACT_SIDE = 512;

/**
 * The method that `options` mean for a matrix of this shape: "auto" is exact if and only if the smaller side is at most
 * 512.
 */
export function methodFor(rows: number, columns: number, options: ParticipationOptions): "exact" | "power" {
  const { method = "auto" } = options;
  checkMethod(method, "");
  if (method !== "auto") return method;
  return Math.min(rows, columns) <= EXACT_SIDE ? "exact" : "power";
}

function checkMethod(method: unknown, within: string): void {
  if (method !== "auto" && method !== "exact" && method !== "power") {
    throw new RangeError(`${within}method must be "auto", "exact" or "power", not ${JSON.stringify(method)}`);
  }
}

/** Options of the power method, defaults filled in. */
export interface PowerOptions {
  tolerance: number;
  blockSize: number;
  maxIterations: number;
  seed: number;
}

/**
 * @throws RangeError for a tolerance that is not positive, a block or an iteration limit below 1; `within` names what
 * the options belong to.
 */
export function powerOptions(options: ParticipationOptions, within = ""): PowerOptions {
  const { tolerance = 1e-2, blockSize = 8, maxIterations = 100, seed = 1 } = options;
  if (!(tolerance > 0 && tolerance < Infinity))
    throw new RangeError(`${within}tolerance must be positive, not ${tolerance}`);
  for (const [name, value] of [
    ["blockSize", blockSize],
    ["maxIterations", maxIterations],
  ] as const) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${within}${name} must be a whole number from 1, not ${value}`);
  }
  if (!Number.isFinite(seed)) throw new RangeError(`${within}seed must be a finite number, not ${seed}`);
  return { tolerance, blockSize, maxIterations, seed };
}

/** @throws RangeError naming what is out of range in options of a participation ratio, of any method. */
export function checkParticipationOptions(options: ParticipationOptions, within: string): void {
  refuseUnknown(options, PARTICIPATION, within.slice(0, -1) || "options");
  checkMethod(options.method ?? "auto", within);
  powerOptions(options, within);
}
