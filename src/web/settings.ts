import type { AnalyzeOptions } from "../types.js";
import type { Settings } from "./messages.js";

/** What the page asks for before anybody changes it. */
export const DEFAULT_SETTINGS: Settings = {
  gaussians: ["auto", "4", "8", "d/64", "d/32", "d/8", "d/4"],
  permutations: 20,
  svd: true,
  seed: 1,
  width: 0.5,
  include: "",
  exclude: "",
  transpose: "",
  threads: 0,
};

/** Bytes of weights held at once while a page analyses. */
const MEMORY = 128 << 20;

/** @throws RangeError naming the option where the text is no pattern. */
export function pattern(name: string, text: string): RegExp | undefined {
  if (text === "") return undefined;
  try {
    return new RegExp(text);
  } catch (error) {
    throw new RangeError(`${name}: ${error instanceof Error ? error.message : "no pattern"}`, { cause: error });
  }
}

/** @throws RangeError where a pattern is none. */
export function patterns({
  include,
  exclude,
  transpose,
}: Pick<Settings, "include" | "exclude" | "transpose">): Pick<AnalyzeOptions, "include" | "exclude" | "transpose"> {
  return {
    include: pattern("include", include),
    exclude: pattern("exclude", exclude),
    transpose: transpose === "auto" || transpose === "none" ? transpose : pattern("transpose", transpose),
  };
}

/** Workers unless others are asked for: with fewer than two the work would be done where messages are answered. */
export const cores = (): number => Math.max(2, Math.min(8, navigator.hardwareConcurrency || 2));

/** What `analyze` gets for settings. Throws where a pattern is no regular expression. */
export function analyzeOptions(settings: Settings): AnalyzeOptions {
  const { gaussians, permutations, svd, seed, width, threads } = settings;
  return {
    ...patterns(settings),
    gaussians,
    permutations,
    svd,
    seed,
    width,
    memory: MEMORY,
    threads: threads > 0 ? Math.max(2, threads) : cores(),
  };
}
