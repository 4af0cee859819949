/**
 * A million broken checkpoints (or as many as are asked for), for the night: every one must open or give a documented
 * code, within 50 ms and 64 MB. `node scripts/fuzz.mjs [cases] [first]`. Prints how often each code came.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const cases = Number(process.argv[2] ?? 1_000_000);
const first = Number(process.argv[3] ?? 0);
const STEP = 10_000;

const folder = await mkdtemp(path.join(tmpdir(), "weightscope-fuzz-"));
try {
  const outfile = path.join(folder, "fuzz.mjs");
  await build({
    stdin: { contents: "export * from './test/checkpoint/fuzz-check.ts';", resolveDir: root },
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
  const { tryCases } = await import(pathToFileURL(outfile).href);
  const codes = await documentedCodes();
  const total = new Map();
  const start = performance.now();
  for (let at = first; at < first + cases; at += STEP) {
    for (const [code, count] of await tryCases(at, Math.min(at + STEP, first + cases), codes))
      total.set(code, (total.get(code) ?? 0) + count);
    if (process.stderr.isTTY) process.stderr.write(`\r${at + STEP - first} of ${cases}`);
  }
  console.log(`${cases} cases in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  for (const [code, count] of [...total].sort((a, b) => b[1] - a[1]))
    console.log(`${String(count).padStart(9)}  ${code}`);
} finally {
  await rm(folder, { recursive: true });
}

async function documentedCodes() {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(path.join(root, "docs/formats.md"), "utf8");
  return new Set(
    [...text.slice(text.indexOf("## Error codes")).matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]),
  );
}
