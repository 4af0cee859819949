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

const before = await readFile(file, "utf8");
const after = before.replace(
  /(<!-- weightscope ([^\n]*?) -->\n)([\s\S]*?)(<!-- end -->)/g,
  (whole, open, command, _, close) => {
    if (!command.includes(only)) return whole;
    console.error(`weightscope ${command}`);
    return (
      `${open}\n` +
      `${execFileSync(process.execPath, ["dist/cli.js", ...command.split(" "), "--quiet"], {
        encoding: "utf8",
        maxBuffer: 1 << 26,
      })}\n` +
      `${close}`
    );
  },
);
if (check && after !== before) {
  console.error(`${file} is not what the commands print: node scripts/paper.mjs ${file}`);
  process.exitCode = 1;
}
if (!check && after !== before) await writeFile(file, after);
