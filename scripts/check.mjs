/**
 * What `npm run check` holds the tree to, each rule kept by a tool; every one runs, and all that fail are shown.
 *   node scripts/check.mjs [name…]   only these
 */
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { writeResults } from "../test/support/results.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** @param {string[]} command of a program among the dependencies, or of this folder */
const node = (...command) => [process.execPath, ...command];
const typescript = "node_modules/typescript/bin/tsc";

/** Name → command, and what it is for. */
const checks = {
  /** Sources and tests; among them that every host is a `Host` (test/host/hosts.types.ts). */
  types: node(typescript, "--noEmit"),
  /** The kernels, as an editor sees them. */
  kernels: node(typescript, "-p", "assembly/tsconfig.json"),
  /** Programs, benchmarks and what drives the hosts: scripts/tsconfig.json. */
  programs: node(typescript, "-p", "scripts/tsconfig.json"),
  /** knip.jsonc: what nothing imports. */
  unused: node("node_modules/knip/bin/knip.js", "--no-progress"),
  /** biome.jsonc: one look for all files, so that a change shows what it changes. */
  format: node("scripts/format.mjs", "--check"),
  /** biome.jsonc: mistakes that types do not see. */
  lint: node("node_modules/@biomejs/biome/bin/biome", "lint", "--error-on-warnings", "."),
  /** .dependency-cruiser.mjs: imports point down the stair, and never in a circle. */
  imports: node(
    "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
    "--config",
    ".dependency-cruiser.mjs",
    "src",
    "assembly",
  ),
  /** No function whose result differs between hosts reaches a figure. */
  arithmetic: node("scripts/check-arithmetic.mjs"),
  /** What is exported says what it is; no function takes six things in a row. */
  exports: node("scripts/check-exports.mjs"),
  /** Files that hold one thing, lines that fit a screen. */
  sizes: node("scripts/check-sizes.mjs"),
};

/**
 * @param {string} name
 * @param {string[]} command
 * @returns {Promise<boolean>} whether it passed; what it printed is shown where it did not
 */
const passes = (name, [program, ...given]) =>
  new Promise((resolve) => {
    const options = { maxBuffer: 1 << 26, env: { ...process.env, FORCE_COLOR: "0" } };
    execFile(program, given, options, (error, out, err) => {
      if (error) console.error(`\n${name}: ${path.basename(given[0])} refuses\n${out}${err}`);
      resolve(!error);
    });
  });

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(`no check ${unknown.join(", ")}; there are ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}
const waiting = Object.entries(checks).filter(([name]) => asked.length === 0 || asked.includes(name));
const failed = [];
const passed = [];
/** Two at a time: most wait for files as much as they compute. */
async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    ((await passes(...next)) ? passed : failed).push(next[0]);
  }
}
await Promise.all([work(), work()]);
console.log(
  `checks: ${passed.length} passed, ${failed.length} failed${failed.length ? ` (${failed.join(", ")})` : ""}`,
);
if (asked.length === 0) writeResults("check", { passed: passed.length, failures: failed, leftOut: {} });
process.exit(failed.length > 0 ? 1 : 0);
