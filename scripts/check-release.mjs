/**
 * What must hold before a version is published: nothing left to fill in, and a tag and a changelog that agree with it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const problems = [];

for (const field of ["author", "repository", "bugs", "homepage"]) {
  const value = manifest[field];
  if (!(typeof value === "object" ? value?.url : value)) problems.push(`package.json: ${field} is to be filled in`);
}
if (!readFileSync("CHANGELOG.md", "utf8").includes(`\n## ${manifest.version}\n`))
  problems.push(`CHANGELOG.md does not describe ${manifest.version}`);
const tags = execFileSync("git", ["tag", "--points-at", "HEAD"], { encoding: "utf8" }).split("\n").filter(Boolean);
if (!tags.includes(`v${manifest.version}`)) problems.push(`HEAD has no tag v${manifest.version}`);

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
