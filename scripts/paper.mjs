/**
 * Runs every command named in a document and puts what it prints under it: `node scripts/paper.mjs [docs/paper.md]
 * [--check] [--only WORD]`. A place is `<!-- weightscope … -->` followed, up to `<!-- end -->`, by the output.
 * `--check` changes nothing and exits with 1 where a document says something else than the commands do.
 */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const options = process.argv.slice(2);
const check = options.includes("--check");
const only = options.includes("--only") ? options[options.indexOf("--only") + 1] : "";
const file = options.find((option) => option.endsWith(".md")) ?? "docs/paper.md";

/**
 * The words of a command; one in double quotes may hold blanks.
 * @param {string} command
 */
const words = (command) => [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

const PLACE = /(<!-- weightscope ([^\n]*?) -->\n)([\s\S]*?)(<!-- end -->)/g;
/** @param {string} command */
const printed = (command) =>
  execFileSync(process.execPath, ["dist/cli.js", ...words(command), "--quiet"], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });

const before = await readFile(file, "utf8");
let after = before;
// One at a time, each written when it is there: some take minutes.
for (const [whole, open, command, , close] of before.matchAll(PLACE)) {
  if (!command.includes(only)) continue;
  console.error(`weightscope ${command}`);
  after = after.replace(whole, () => `${open}\n${printed(command)}\n${close}`);
  if (!check) await writeFile(file, after);
}
if (check && after !== before) {
  console.error(`${file} is not what the commands print: node scripts/paper.mjs ${file}`);
  process.exitCode = 1;
}
