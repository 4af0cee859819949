/**
 * Every property with many times its cases, and a seed of its own in each run: whether it holds always, or for most.
 *   node scripts/properties.mjs [--times 20] [--seconds 600] [file…]
 * None takes longer than --seconds. Files are those under test/ with a property in them, one after another.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const { values, positionals } = parseArgs({
  options: { times: { type: "string", default: "20" }, seconds: { type: "string", default: "600" } },
  allowPositionals: true,
});
for (const [name, value] of Object.entries(values)) {
  if (Number.isInteger(Number(value)) && Number(value) > 0) continue;
  console.error(`--${name}: a positive whole number, not ${value}`);
  process.exit(2);
}
const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((file) => join("test", file))
  .filter((file) => file.endsWith(".test.ts") && readFileSync(file, "utf8").includes("fc.assert("))
  .filter((file) => positionals.length === 0 || positionals.some((one) => file.includes(one)))
  .sort();
const ran = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "--no-file-parallelism", "--testTimeout", "3600000", ...files],
  { stdio: "inherit", env: { ...process.env, WEIGHTSCOPE_TIMES: values.times, WEIGHTSCOPE_SECONDS: values.seconds } },
);
process.exit(ran.status ?? 1);
