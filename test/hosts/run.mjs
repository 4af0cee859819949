/**
 * The same bits everywhere: runs the conformance suite in every host and prints a table host × case.
 *   --update      write golden.json, if all hosts agree
 *   --only NAME   hosts whose name contains NAME
 *   --random N    and N seeded cases, from --first I (default 0) on, whose hashes the hosts must agree on
 * A missing host is said loudly; with CI set it is a failure.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isRequired, writeResults } from "../support/results.mjs";
import { bundleFor, forget } from "./bundle.mjs";
import { differences } from "./differential.mjs";
import { hosts } from "./hosts.mjs";

/** As in reports.ts. */
const repeated = /, (\d+ threads|[\d.]+ [kM]B of memory)$/;
const root = fileURLToPath(new URL("../../", import.meta.url));
const goldenFile = new URL("golden.json", import.meta.url);
const flags = process.argv.slice(2);
const update = flags.includes("--update");
/** The last of several wins. */
const given = (flag, otherwise) => (flags.includes(flag) ? flags[flags.lastIndexOf(flag) + 1] : otherwise);
const only = given("--only", "");
const random = { first: Number(given("--first", 0)), count: Number(given("--random", 0)) };

const asked = hosts.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
const present = asked.filter(({ program }) => program);
const missing = asked.filter(({ program }) => !program);
const golden = update ? {} : JSON.parse(readFileSync(goldenFile, "utf8"));

await forget();
const folders = Object.fromEntries(
  await Promise.all([...new Set(present.map(({ kind }) => kind))].map(async (kind) => [kind, await bundleFor(kind)])),
);
if (present.some(({ debug }) => debug))
  execFileSync(
    process.execPath,
    [
      "node_modules/assemblyscript/bin/asc.js",
      "assembly/index.ts",
      "--target",
      "debug",
      "--outFile",
      "build/debug.wasm",
    ],
    { cwd: root, stdio: "inherit" },
  );

const outcomes = new Map();
const queue = [...present].sort((a, b) => Number(b.light ?? false) - Number(a.light ?? false));
// Two at a time: each is mostly one thread.
await Promise.all(
  [0, 1].map(async () => {
    for (let host = queue.shift(); host; host = queue.shift()) {
      const { name, light } = host;
      const started = Date.now();
      try {
        outcomes.set(name, { ...(await host.run(folders[host.kind], light ? 900 : 240)), wall: Date.now() - started });
      } catch (error) {
        outcomes.set(name, { error: String(error?.message ?? error), wall: Date.now() - started });
      }
      const { error, wall } = outcomes.get(name);
      console.error(`${error ? "✗" : "✓"} ${name} (${(wall / 1000).toFixed(1)} s)`);
    }
  }),
);

const problems = [];
const names = new Set([
  ...Object.keys(golden),
  ...[...outcomes.values()].flatMap(({ cases }) => Object.keys(cases ?? {})),
]);
if (update)
  for (const name of names)
    golden[name] = present
      .map((host) => outcomes.get(host.name).cases?.[name])
      .find((hash) => /^[0-9a-f]{16}$/.test(hash ?? ""));

for (const { name, debug, light } of present) {
  const { error, cases, relaxed, workers } = outcomes.get(name);
  if (error) {
    problems.push(`${name}: ${error}`);
    continue;
  }
  for (const one of names) {
    if (cases[one] === undefined ? !debug && !(light && repeated.test(one)) : cases[one] !== golden[one])
      problems.push(`${name}: ${one}: ${cases[one] ?? "not run"}, golden ${golden[one] ?? "none"}`);
  }
  if (debug) continue;
  if ((relaxed.instructions === "relaxed-simd") !== (relaxed.validates && name !== "workerd"))
    problems.push(
      `${name}: load({ relaxed: true }) took ${relaxed.instructions}, relaxed SIMD ` +
        `${relaxed.validates ? "validates" : "does not validate"}`,
    );
  if (workers) problems.push(...workerProblems(name, workers).map((problem) => `${name}: workers: ${problem}`));
  for (const disagreement of relaxed.disagreements) problems.push(`${name}: relaxed: ${disagreement}`);
}
// One report, whatever threads and memory.
for (const one of names) {
  const base = one.replace(repeated, "");
  if (base !== one && golden[base] !== golden[one])
    problems.push(`${one}: ${golden[one]}, but ${base}: ${golden[base]}`);
}

print();
if (random.count > 0) problems.push(...(await differences(present, random)));
for (const { name } of missing)
  console.error(
    `\n*** MISSING HOST: ${name} was not run (\`npm run hosts:install\`, and test/hosts/hosts.mjs says where it is ` +
      "looked for) ***",
  );
if (missing.length > 0 && isRequired("hosts")) problems.push(`missing: ${missing.map(({ name }) => name).join(", ")}`);
writeResults("hosts", {
  passed: present.length,
  leftOut: missing.length > 0 ? { hosts: missing.map(({ name }) => name) } : {},
  failures: problems,
});
if (update && problems.length === 0) writeFileSync(goldenFile, `${JSON.stringify(golden, null, 2)}\n`);
for (const problem of problems) console.error(`\n✗ ${problem}`);
console.log(
  problems.length === 0
    ? `\n${names.size} cases in ${present.length} hosts: the same bits.`
    : `\n${problems.length} failures.`,
);
process.exit(problems.length === 0 ? 0 : 1);

/**
 * Workers do every matrix, end when all is done or aborted, and say why they crashed; workerd has none, and one thread
 * does it all.
 */
function workerProblems(name, { finished, matrices, leftRunning, aborted, crashed, missing }) {
  const found = [];
  const has = name !== "workerd";
  if (finished !== (has ? matrices : 0)) found.push(`finished ${finished} of ${matrices} matrices`);
  if (leftRunning !== 0) found.push(`${leftRunning} left running`);
  if (has && aborted !== "Error: enough") found.push(`an abort gave: ${aborted}`);
  if (has && !/^Error: a worker crashed at ".*": .*out of luck$/.test(crashed)) found.push(`a crash gave: ${crashed}`);
  if (!/^Error: workerUrl: no worker starts from .*no-such-worker\.js/.test(missing))
    found.push(`a missing script gave: ${missing}`);
  return found;
}

function print() {
  const width = Math.max(...[...names].map((name) => name.length), 8);
  const cell = (text, name) => text.padEnd(Math.max(8, name.length));
  console.log([" ".repeat(width), "golden          ", ...present.map(({ name }) => cell(name, name))].join("  "));
  for (const one of names) {
    console.log(
      [
        one.padEnd(width),
        golden[one] ?? " ".repeat(16),
        ...present.map(({ name }) => {
          const hash = outcomes.get(name).cases?.[one];
          return cell(
            hash === undefined
              ? "–"
              : hash === golden[one]
                ? "="
                : /^[0-9a-f]+$/.test(hash)
                  ? hash.slice(0, 8)
                  : "failed",
            name,
          );
        }),
      ]
        .join("  ")
        .trimEnd(),
    );
  }
  console.log(
    [
      "relaxed, by tolerance".padEnd(width),
      " ".repeat(16),
      ...present.map(({ name }) => {
        const relaxed = outcomes.get(name).relaxed;
        return cell(
          !relaxed
            ? "–"
            : relaxed.disagreements.length > 0
              ? "failed"
              : relaxed.instructions === "relaxed-simd"
                ? "relaxed"
                : "plain",
          name,
        );
      }),
    ]
      .join("  ")
      .trimEnd(),
  );
  console.log(
    [
      "workers: run, abort, crash".padEnd(width),
      " ".repeat(16),
      ...present.map(({ name }) => {
        const workers = outcomes.get(name).workers;
        return cell(
          !workers
            ? "–"
            : workerProblems(name, workers).length > 0
              ? "failed"
              : workers.finished > 0
                ? "workers"
                : "none",
          name,
        );
      }),
    ]
      .join("  ")
      .trimEnd(),
  );
  console.log(
    [
      "seconds".padEnd(width),
      " ".repeat(16),
      ...present.map(({ name }) => cell((outcomes.get(name).wall / 1000).toFixed(1), name)),
    ]
      .join("  ")
      .trimEnd(),
  );
}
