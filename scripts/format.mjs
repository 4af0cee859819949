/**
 * Formats everything (biome.jsonc says how) and puts imports in order; with --check it says what is not so, and fails.
 *
 * AssemblyScript decorates functions, which Biome's parser refuses. So what is written in it is copied with every
 * decorator made a comment, treated there by the rules of biome.kernels.jsonc, and its decorators are put back.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const check = process.argv.includes("--check");
const copies = "build/format";
/** Written in AssemblyScript, and left out by biome.jsonc. */
const kernels = ["assembly", "bench/peak.ts"];

/** @param {string} text */
const hidden = (text) => text.replace(/^( *)@(inline|unmanaged)$/gm, "$1// @$2");
/** @param {string} text */
const shown = (text) => text.replace(/^( *)\/\/ @(inline|unmanaged)$/gm, "$1@$2");

/** @param {string[]} given */
function biome(...given) {
  const binary = fileURLToPath(import.meta.resolve("@biomejs/biome/bin/biome"));
  try {
    execFileSync(process.execPath, [binary, "check", ...(check ? [] : ["--write"]), ...given], { stdio: "inherit" });
  } catch {
    console.error("npm run format mends what it can");
    process.exit(1);
  }
}

await rm(copies, { recursive: true, force: true });
biome("--linter-enabled=false", ".");
for (const source of kernels) {
  await mkdir(path.dirname(path.join(copies, source)), { recursive: true });
  await cp(source, path.join(copies, source), { recursive: true });
}
const entries = await readdir(copies, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
for (const file of files) await writeFile(file, hidden(await readFile(file, "utf8")));
biome("--config-path=biome.kernels.jsonc", copies);
for (const file of check ? [] : files) {
  const target = path.relative(copies, file);
  const text = shown(await readFile(file, "utf8"));
  if (text !== (await readFile(target, "utf8"))) await writeFile(target, text);
}
await rm(copies, { recursive: true, force: true });
