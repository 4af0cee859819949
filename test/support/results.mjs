import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Whether the want of something is a failure: WEIGHTSCOPE_REQUIRE lists what is installed and must be used, of
 * `collection,numpy,python,hosts,browsers,redis,rasters`. Elsewhere what wants it is left out, and named in the
 * last lines.
 * @param {string} need
 */
export const isRequired = (need) => (process.env.WEIGHTSCOPE_REQUIRE ?? "").split(",").includes(need);

/**
 * Leaves counts, what failed by name, and what was left out for want of what, where scripts/test.mjs looks for them.
 * @param {string} step
 * @param {{ passed: number, failures: string[], leftOut: Record<string, string[]> }} counts
 */
export function writeResults(step, counts) {
  const folder = fileURLToPath(new URL("../../build/results/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${step}.json`, JSON.stringify(counts));
}
