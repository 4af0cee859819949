/**
 * No line over 120 columns and no file over 250 lines: a line fits two windows side by side, and a file that grows
 * past that holds two things. Of what people write: data, lockfiles and prose are left out.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const COLUMNS = 120;
const LINES = 250;
const written = /\.(?:ts|mjs|js|cjs|py|css|html|capnp|sh)$|^\.ci\//;
/** Data of tests and examples. */
const data = /^test\/fixtures\/|^examples\/.*\/text\//;

const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
const found = [];
for (const file of listed.split("\n").filter((name) => written.test(name) && !data.test(name) && existsSync(name))) {
  const lines = readFileSync(file, "utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length > LINES) found.push(`${file}: ${lines.length} lines, at most ${LINES}`);
  lines.forEach((line, i) => {
    const columns = [...line].length;
    if (columns > COLUMNS) found.push(`${file}:${i + 1}: ${columns} columns, at most ${COLUMNS}`);
  });
}
if (found.length > 0) {
  console.error(found.join("\n"));
  process.exit(1);
}
