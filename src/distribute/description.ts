import { CheckpointError } from "../base/errors.js";
import type { AnalyzeOptions } from "../types.js";

/** Options that figures depend on, and those that choose matrices. */
const PLAIN = [
  "gaussians",
  "width",
  "permutations",
  "participation",
  "svd",
  "energy",
  "spectrum",
  "singularValues",
  "seed",
  "sample",
] as const;
const PATTERNS = ["include", "exclude", "transpose"] as const;

/** The options of an analysis as plain data, for a journal's `describe`. */
export function describeOptions(options: AnalyzeOptions): Record<string, unknown> {
  const description: Record<string, unknown> = {};
  for (const name of PLAIN) if (options[name] !== undefined) description[name] = options[name];
  for (const name of PATTERNS) {
    const value = options[name];
    if (value instanceof RegExp) description[name] = { pattern: value.source, flags: value.flags };
    else if (value !== undefined) description[name] = value;
  }
  return description;
}

/**
 * The options that `describeOptions` described. They come from a file: `analyze` checks them like any others.
 * @throws CheckpointError "not-a-journal" for a pattern that is none.
 */
export function describedOptions(description: Readonly<Record<string, unknown>>): AnalyzeOptions {
  const options: Record<string, unknown> = {};
  for (const name of PLAIN) if (description[name] !== undefined) options[name] = description[name];
  for (const name of PATTERNS) {
    const value = description[name] as { pattern?: unknown; flags?: unknown } | string | undefined;
    if (typeof value !== "object" || value === null) {
      if (value !== undefined) options[name] = value;
      continue;
    }
    try {
      options[name] = new RegExp(String(value.pattern), String(value.flags ?? ""));
    } catch (error) {
      throw new CheckpointError("not-a-journal", `the journal's ${name} is no pattern`, { cause: error });
    }
  }
  return options;
}
