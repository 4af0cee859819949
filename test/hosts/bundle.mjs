import { copyFile, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** kind → the conditions a host of that kind resolves `exports` with, and what runs there. */
const kinds = {
  node: ["command", ["node"]],
  deno: ["command", ["deno", "node"]],
  bun: ["command", ["bun", "node"]],
  browser: ["page", ["browser"]],
  workerd: ["workerd", ["workerd", "worker", "browser"]],
};

/** Built-in modules that the suite never calls but a file it shares with other tests names. */
const droppedWhereUnused = {
  name: "node built-ins",
  setup(builder) {
    builder.onResolve({ filter: /^node:/ }, ({ path: name }) => ({ path: name, external: true, sideEffects: false }));
  },
};

/** Modules beside the worker, as workerd wants them. */
const wasmBeside = {
  name: "wasm beside",
  setup(builder) {
    builder.onResolve({ filter: /\.wasm$/ }, ({ path: file }) => ({
      path: `./${path.basename(file)}`,
      external: true,
    }));
  },
};

/**
 * Bundles an entry of test/hosts/entries with the package as that kind of host resolves it, into
 * build/hosts/run/<kind>. `random` names cases of test/hosts/random.ts to run in place of the suite's own.
 * @returns the folder
 */
export async function bundleFor(kind, entry = kinds[kind][0], random = null) {
  const folder = path.join(root, "build/hosts/run", random ? `${kind}-random` : kind);
  await mkdir(folder, { recursive: true });
  const worker = kind === "workerd";
  await build({
    absWorkingDir: root,
    entryPoints: [{ in: `test/hosts/entries/${random ? "random-" : ""}${entry}.ts`, out: entry }],
    define: random ? { RANDOM: JSON.stringify(random) } : {},
    outdir: folder,
    bundle: true,
    format: "esm",
    target: "es2022",
    splitting: !worker,
    chunkNames: "chunks/[name]-[hash]",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: kinds[kind][1],
    plugins: worker ? [droppedWhereUnused, wasmBeside] : [droppedWhereUnused],
    logLevel: "warning",
    tsconfigRaw: {}, // not the project's: its `paths` lead to the sources, and the package is what is tested
  });
  if (worker)
    for (const name of ["kernels.wasm", "quantized.wasm"])
      await copyFile(path.join(root, "dist", name), path.join(folder, name));
  return folder;
}

export const forget = () => rm(path.join(root, "build/hosts/run"), { recursive: true, force: true });
