/**
 * The tests, step after step, whatever fails; then what was left out, for want of what, and how it is had; then how
 * many passed and failed. The last line of a log says it.
 *   node scripts/test.mjs [step…]
 *   check, kernels, unit, hosts, package-consumers, package-examples, queue, queue-coordinator (these by default), web
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** What each runs; those that count their tests write build/results/STEP.json, the others count as one. */
const steps = {
  check: ["scripts/check.mjs"],
  kernels: ["node_modules/@as-pect/cli/bin/asp.js", "--summary"],
  unit: ["node_modules/vitest/vitest.mjs", "run"],
  hosts: ["test/hosts/run.mjs", "--random", "200"],
  "package-consumers": ["test/package/consumers.mjs"],
  "package-examples": ["test/package/examples.mjs"],
  queue: ["test/queue/chaos.mjs"],
  "queue-coordinator": ["test/queue/coordinator.mjs"],
  web: ["node_modules/vitest/vitest.mjs", "run", "--config", "test/web/vitest.config.ts"],
};

/** How what a clone need not have is had. */
const had = {
  collection: "checkpoints of others, beside the clone; test/support/data.ts says where",
  numpy: "apt-get install python3-numpy python3-scipy",
  python: "apt-get install python3",
  hosts: "npm run hosts:install",
  redis: "apt-get install redis-server",
  rasters: "apt-get install librsvg2-bin poppler-utils",
  browsers: "apt-get install chromium firefox-esr webkit2gtk-driver xvfb xauth",
};

/** What follows a step that is asked for alone and begins with "--" is the step's own. */
const own = process.argv.slice(2).findIndex((one) => one.startsWith("--"));
const asked = own < 0 ? process.argv.slice(2) : process.argv.slice(2, own + 2);
if (own === 1) steps[asked[0]]?.push(...process.argv.slice(own + 2));
const BY_DEFAULT = Object.keys(steps).filter((name) => name !== "web");
const names = asked.length > 0 ? asked : BY_DEFAULT;
const unknown = names.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(", ")}; there are ${Object.keys(steps).join(", ")}`);
  process.exit(2);
}

let passed = 0;
const failed = [];
/** @type {Map<string, Set<string>>} */
const leftOut = new Map();
for (const name of names) {
  const results = `build/results/${name}.json`;
  rmSync(results, { force: true });
  const broke = spawnSync(process.execPath, steps[name], { stdio: "inherit" }).status !== 0;
  const counts = existsSync(results)
    ? JSON.parse(readFileSync(results, "utf8"))
    : { passed: broke ? 0 : 1, failures: [], leftOut: {} };
  passed += counts.passed;
  const failures = broke ? Math.max(1, counts.failures.length) : 0;
  if (failures > 0) failed.push({ name, failures, what: counts.failures });
  for (const [need, what] of Object.entries(counts.leftOut)) {
    for (const one of what) leftOut.set(need, (leftOut.get(need) ?? new Set()).add(one));
  }
}

if (leftOut.size > 0) {
  const missing = [...leftOut].map(([need, what]) => `${[...what].join("; ")} (${had[need] ?? need})`);
  console.log(`\nNot run, for want of what is not here: ${missing.join(" · ")}`);
}
/** The end of a long log is what is read, and what a forge keeps of it. */
const summary = failed.flatMap(({ name, what }) =>
  what.map((one) => `failed in ${name}: ${one.split("\n")[0].slice(0, 300)}`),
);
const total = failed.reduce((sum, { failures }) => sum + failures, 0);
summary.push(`${passed} passed, ${total} failed${total > 0 ? ` (${failed.map(({ name }) => name).join(", ")})` : ""}`);
console.log(`\n${summary.join("\n")}`);
mkdirSync("build/results", { recursive: true });
writeFileSync("build/results/summary.txt", `${summary.join("\n")}\n`);
process.exit(total > 0 ? 1 : 0);
