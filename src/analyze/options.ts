import { chosenOf, inShort, type Names, optionsOf, refuseUnknown, requireObject } from "../base/arguments.js";
import { DEFAULT_WIDTH } from "../gaussians/uniform.js";
import { checkedGaussians } from "../matrix/asked.js";
import type { MatrixOptions } from "../matrix/schedule.js";
import { checkParticipationOptions } from "../spectra/method.js";
import type { AnalyzeOptions, SampleOptions } from "../types.js";

/** Bytes of weights held at once over all threads: 64 MiB. */
export const DEFAULT_MEMORY = 64 << 20;

const SPECTRA = ["auto", "all", "none"] as const;

/** `AnalyzeOptions` with the defaults filled in, and every value known to be in its range. */
export interface CheckedOptions {
  matrix: MatrixOptions;
  threads: number;
  memory: number;
  /** Whose singular values are all found. */
  spectrum: (typeof SPECTRA)[number];
  sample: SampleOptions | null;
  /** What the report says of the options: all that a figure depends on, nothing else. */
  described: Record<string, unknown>;
}

function whole(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${name} must be a whole number from ${least}, not ${value}`);
  return value;
}

/** @throws TypeError, RangeError */
function checkSample(sample: SampleOptions): void {
  requireObject(sample, "sample", "an object with layers, experts or both");
  const names = Object.keys(sample);
  if (names.length === 0 || names.some((name) => name !== "layers" && name !== "experts"))
    throw new RangeError("sample must have layers, experts or both, and nothing else");
  for (const [name, value] of Object.entries(sample)) whole(`sample.${name}`, value as number, 1);
}

const NAMES = {
  ...{ gaussians: 1, width: 1, permutations: 1, base: 1, include: 1, exclude: 1, participation: 1, threads: 1 },
  ...{ alongside: 1, away: 1, svd: 1, transpose: 1, module: 1, workerUrl: 1, relaxed: 1, memory: 1, energy: 1 },
  ...{ spectrum: 1, singularValues: 1, sample: 1, seed: 1, journal: 1, packed: 1, signal: 1, onProgress: 1 },
  onMatrix: 1,
} satisfies Names<AnalyzeOptions>;

/** @throws TypeError for options that are neither those of `analyze` nor among `more`. */
export function knownOptions(given: AnalyzeOptions, more: object = {}): AnalyzeOptions {
  refuseUnknown(optionsOf(given), { ...NAMES, ...more });
  return given;
}

/** One K for a list of it, an expression by its source: what can be meant. @throws TypeError for the rest. */
export function naturalOptions(given: AnalyzeOptions): AnalyzeOptions {
  const { gaussians, ...options } = chosenOf(given);
  const several = typeof gaussians === "number" || typeof gaussians === "string" ? [gaussians] : gaussians;
  if (several !== undefined && !Array.isArray(several))
    throw new TypeError(`gaussians must be a list of numbers, "auto" or fractions, not ${inShort(several)}`);
  if (options.participation !== undefined) requireObject(options.participation, "participation");
  return { ...options, ...(several && { gaussians: several }) };
}

/** Defaults filled in. @throws RangeError naming the option that is out of range. */
export function checkedOptions(options: AnalyzeOptions): CheckedOptions {
  const {
    width = DEFAULT_WIDTH,
    permutations = 0,
    participation = {},
    svd = false,
    seed = 1,
    threads = 1,
    memory = DEFAULT_MEMORY,
    transpose = "auto",
    energy,
    spectrum = "auto",
    singularValues = false,
    sample,
  } = options;
  const gaussians = checkedGaussians(options.gaussians ?? ["auto", 8]);
  if (!(width > 0 && width < Infinity)) throw new RangeError(`width must be above 0, not ${width}`);
  if (!Number.isFinite(seed)) throw new RangeError(`seed must be a number, not ${seed}`);
  if (energy !== undefined && !(energy > 0 && energy <= 1))
    throw new RangeError(`energy must be above 0 and at most 1, not ${energy}`);
  if (!(memory > 0)) throw new RangeError(`memory must be above 0 bytes, not ${memory}`);
  if (transpose !== "auto" && transpose !== "none" && !(transpose instanceof RegExp))
    throw new RangeError(`transpose must be "auto", "none" or a regular expression, not ${JSON.stringify(transpose)}`);
  whole("permutations", permutations, 0);
  if (!SPECTRA.includes(spectrum))
    throw new RangeError(`spectrum must be "auto", "all" or "none", not ${JSON.stringify(spectrum)}`);
  checkParticipationOptions(participation, "participation.");
  if (sample !== undefined) checkSample(sample);
  return {
    matrix: { gaussians, width, permutations, participation, svd, energy: energy ?? null, singularValues, seed },
    spectrum,
    sample: sample ?? null,
    threads: whole("threads", threads, 1),
    memory,
    described: {
      gaussians,
      width,
      permutations,
      include: options.include ? String(options.include) : null,
      exclude: options.exclude ? String(options.exclude) : null,
      transpose: String(transpose),
      participation: { method: "auto", tolerance: 1e-2, ...participation },
      svd,
      energy: energy ?? null,
      spectrum,
      singularValues,
      seed,
      ...(sample && { sample }),
    },
  };
}
