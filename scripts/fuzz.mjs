/**
 * Broken inputs for the night: every one must be read, or refused with a documented code.
 *   node scripts/fuzz.mjs [cases] [first]           checkpoints, each within 50 ms and 64 MB; how often each code came
 *   node scripts/fuzz.mjs guided [cases] [seed]     every reader, led by the blocks of the program that inputs reach
 *   node scripts/fuzz.mjs shards [cases] [first]    directories of shards and indexes that do not fit
 *   node scripts/fuzz.mjs fetch [cases] [first]     servers that answer anything: the file's own values, or a refusal
 * The last three print cases, blocks reached and failures, and end with 1 where one fails.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const words = process.argv.slice(2);
const kind = /^[a-z]/.test(words[0] ?? "") ? words.shift() : "checkpoints";
const first = Number(words[1] ?? 0);
const STEP = 10_000;

const folder = await mkdtemp(path.join(tmpdir(), "weightscope-fuzz-"));
try {
  const outfile = path.join(folder, "fuzz.mjs");
  const files = { checkpoints: "check", guided: "guided", shards: "shards", fetch: "fetch" };
  if (!(kind in files)) throw new Error(`no kind ${kind}; there are ${Object.keys(files).join(", ")}`);
  const readers = kind === "guided" ? "export * from './test/checkpoint/fuzz-readers.ts';" : "";
  await build({
    stdin: { contents: `export * from './test/checkpoint/fuzz-${files[kind]}.ts';${readers}`, resolveDir: root },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2022",
    outfile,
    logLevel: "warning",
    plugins: [
      {
        name: "host",
        setup: (builder) =>
          builder.onResolve({ filter: /^#host$/ }, () => ({ path: path.join(root, "src/host/node.ts") })),
      },
    ],
  });
  const script = pathToFileURL(outfile).href;
  const fuzz = await import(script);
  const codes = await documentedCodes();
  const start = performance.now();
  if (kind === "guided") await guided(fuzz, script, Number(words[0] ?? 20_000));
  else if (kind === "checkpoints") await checkpoints(fuzz, codes, Number(words[0] ?? 1_000_000));
  else await each(kind === "shards" ? fuzz.tryShards : fuzz.tryFetch, codes, Number(words[0] ?? 20_000));
  console.log(`${((performance.now() - start) / 1000).toFixed(0)} s`);
} finally {
  await rm(folder, { recursive: true });
}

/** How often each code came. */
function printCounts(total) {
  for (const [code, count] of [...total].sort((a, b) => b[1] - a[1]))
    console.log(`${String(count).padStart(9)}  ${code}`);
}

async function checkpoints({ tryCases }, codes, cases) {
  const total = new Map();
  for (let at = first; at < first + cases; at += STEP) {
    for (const [code, count] of await tryCases(at, Math.min(at + STEP, first + cases), codes))
      total.set(code, (total.get(code) ?? 0) + count);
    if (process.stderr.isTTY) process.stderr.write(`\r${at + STEP - first} of ${cases}`);
  }
  console.log(`${cases} cases`);
  printCounts(total);
}

async function each(work, codes, cases) {
  const total = new Map();
  let failures = 0;
  for (let seed = first; seed < first + cases; seed++) {
    try {
      const code = await work(seed);
      if (code !== "opened" && !codes.has(code)) throw new Error(`the code "${code}" is not documented`);
      total.set(code, (total.get(code) ?? 0) + 1);
    } catch (error) {
      if (++failures <= 5) console.error(`failed: case ${seed}: ${error.stack ?? error}`);
    }
  }
  printCounts(total);
  console.log(`${cases} cases, ${failures} failures`);
  if (failures > 0) process.exitCode = 1;
}

async function guided(fuzz, script, cases) {
  const sum = { cases: 0, edges: 0, failures: 0 };
  console.log("reader                 cases  blocks reached  inputs kept  refused  failures");
  for (const reader of fuzz.readers) {
    let line = { name: reader.name, cases, edges: 0, kept: 0, refused: 0 };
    let failures = 0;
    try {
      line = await fuzz.guided(reader, cases, first, script);
    } catch (error) {
      failures = 1;
      console.error(`failed: ${error.stack ?? error}`);
    }
    const { name, edges, kept, refused } = line;
    const numbers = [cases, edges, kept, refused, failures];
    const widths = [8, 16, 13, 9, 10];
    console.log(name.padEnd(20) + numbers.map((number, i) => String(number).padStart(widths[i])).join(""));
    sum.cases += cases;
    sum.edges += edges;
    sum.failures += failures;
  }
  console.log(`${sum.cases} cases, ${sum.edges} blocks, ${sum.failures} failures`);
  if (sum.failures > 0) process.exitCode = 1;
}

async function documentedCodes() {
  const text = await readFile(path.join(root, "docs/formats.md"), "utf8");
  return new Set(
    [...text.slice(text.indexOf("## Error codes")).matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]),
  );
}
