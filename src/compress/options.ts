import { DEFAULT_MEMORY } from "../analyze/options.js";
import { inShort, requireObject } from "../base/arguments.js";
import { checkedGaussians } from "../matrix/asked.js";
import type { CompressOptions, Keep } from "./contract.js";

/** `Keep` with a name for each kind. */
export type CheckedKeep =
  | { kind: "signal" }
  | { kind: "budget" | "energy" | "rank"; value: number }
  | { kind: "gaussians"; value: string };

/** Options with their defaults. */
export interface CompressSettings {
  method: "singular" | "gaussian";
  keep: CheckedKeep;
  allocate: NonNullable<CompressOptions["allocate"]>;
  factors: NonNullable<CompressOptions["factors"]>;
  order: NonNullable<CompressOptions["order"]>;
  importance: ReadonlyMap<string, Float32Array> | null;
  memory: number;
  seed: number;
  /** Whether ranks are only known once all matrices were seen. */
  pooled: boolean;
  /** What the report says of the options. */
  described: Record<string, unknown>;
}

function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) throw new RangeError(`${name} must be ${choices.join(", ")}, not "${String(value)}"`);
  return value;
}

function checkedKeep(keep: Keep | undefined, method: CompressSettings["method"]): CheckedKeep {
  if (keep === undefined || keep === "signal") {
    if (method === "gaussian" && keep === "signal") throw new RangeError("the signal is a rank: not for Gaussians");
    return method === "gaussian" ? { kind: "gaussians", value: "auto" } : { kind: "signal" };
  }
  requireObject(keep, "keep", '"signal" or an object');
  for (const [name, value] of Object.entries(keep)) {
    if (name !== "gaussians" && typeof value !== "number")
      throw new TypeError(`keep.${name} must be a number, not ${inShort(value)}`);
  }
  if ("gaussians" in keep) {
    if (method !== "gaussian") throw new RangeError("keep.gaussians is for the method gaussian");
    return { kind: "gaussians", value: checkedGaussians([keep.gaussians])[0] };
  }
  if ("rank" in keep) {
    if (method !== "singular") throw new RangeError("keep.rank is for the method singular");
    if (!Number.isInteger(keep.rank) || keep.rank < 1) {
      throw new RangeError(`keep.rank must be a whole number from 1, not ${keep.rank}`);
    }
    return { kind: "rank", value: keep.rank };
  }
  if (!("budget" in keep) && !("energy" in keep))
    throw new TypeError('keep must be "signal" or an object with rank, energy, budget or gaussians');
  const [kind, value] = "budget" in keep ? (["budget", keep.budget] as const) : (["energy", keep.energy] as const);
  if (!(value > 0 && value <= 1)) throw new RangeError(`keep.${kind} must be above 0 and at most 1, not ${value}`);
  return { kind, value };
}

/** @throws RangeError naming the option that is out of range or does not go with another. */
export function checkedCompress(options: CompressOptions): CompressSettings {
  const method = oneOf("method", options.method ?? "singular", ["singular", "gaussian"]);
  const keep = checkedKeep(options.keep, method);
  const allocate = oneOf("allocate", options.allocate ?? "uniform", ["uniform", "energy", "relative-energy"]);
  const factors = oneOf("factors", options.factors ?? "source", ["source", "f32", "bf16", "f16", "q8", "q4"]);
  const order = oneOf("order", options.order ?? "stored", ["stored", "leading", "path"]);
  const { memory = DEFAULT_MEMORY, seed = 1, threads = 1, importance } = options;
  if (order !== "stored" && method !== "gaussian") throw new RangeError("order is for the method gaussian");
  if (allocate !== "uniform" && (method === "gaussian" || !(keep.kind === "budget" || keep.kind === "energy"))) {
    throw new RangeError(`allocate "${allocate}" needs the method singular and a budget or an energy to allocate`);
  }
  if (importance !== undefined && method !== "singular") throw new RangeError("importance is for the method singular");
  if (!(memory > 0)) throw new RangeError(`memory must be above 0 bytes, not ${memory}`);
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`threads must be a whole number from 1, not ${threads}`);
  if (!Number.isFinite(seed)) throw new RangeError(`seed must be a number, not ${seed}`);
  const text = (pattern?: RegExp): string | null => (pattern ? String(pattern) : null);
  return {
    method,
    keep,
    allocate,
    factors,
    order,
    importance: importance ?? null,
    memory,
    seed,
    pooled: allocate !== "uniform",
    described: {
      method,
      keep: keep.kind === "signal" ? "signal" : { [keep.kind]: keep.value },
      allocate,
      factors,
      order,
      include: text(options.include),
      exclude: text(options.exclude),
      transpose: text(options.transpose),
      importance: importance !== undefined,
      seed,
    },
  };
}
