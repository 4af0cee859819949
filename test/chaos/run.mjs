/**
 * The built command against kills, full disks, pipes and devices in place of files, and servers that wait, drip, lie
 * and do not end: attack, cases, failures. Ends with 1 where one fails.
 *   npm run chaos [kills|disks|places|servers …]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { makeInputs } from "./attack.mjs";
import { disks } from "./disks.mjs";
import { kills } from "./kills.mjs";
import { places } from "./places.mjs";
import { servers } from "./servers.mjs";

const kinds = { kills, disks, places, servers: (/** @type {string} */ _, inputs) => servers(inputs) };
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in kinds));
if (unknown.length > 0) {
  console.error(`no attack ${unknown.join(", ")}; there are ${Object.keys(kinds).join(", ")}`);
  process.exit(2);
}
const wanted = (/** @type {string} */ name) => asked.length === 0 || asked.includes(name);
const folder = mkdtempSync(path.join(tmpdir(), "weightscope-chaos-"));
const begun = performance.now();
try {
  const inputs = await makeInputs(folder);
  // Servers are mostly waited for, while the others work one after another.
  const waiting = wanted("servers") ? kinds.servers(folder, inputs) : Promise.resolve([]);
  const attacks = [];
  for (const name of ["kills", "disks", "places"])
    if (wanted(name)) attacks.push(...(await kinds[name](folder, inputs)));
  attacks.push(...(await waiting));
  const width = Math.max(...attacks.map(({ name }) => name.length));
  console.log(`${"attack".padEnd(width)}  cases  failures`);
  for (const { name, cases, failures, leftOut } of attacks)
    console.log(
      `${name.padEnd(width)}  ${String(cases).padStart(5)}  ${String(failures.length).padStart(8)}` +
        leftOut.map((why) => `  (left out: ${why})`).join(""),
    );
  const failures = attacks.flatMap((attack) => attack.failures);
  const cases = attacks.reduce((sum, attack) => sum + attack.cases, 0);
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${cases} cases, ${failures.length} failures, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  process.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
