/**
 * Builds everything: kernels (asc) → build/*.wasm and text → bundles (esbuild) and types (tsc) → dist/.
 *   --if-needed   only when a source is newer than dist/
 *   --kernels     only the kernels
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildWeb } from "./build-web.mjs";
import { build, kernelImports, shareKernels, writeNotices } from "./bundle.mjs";
import { declareHostTypes } from "./host-types.mjs";
import { requiredBuiltins } from "./required-builtins.mjs";
import { whenCalled } from "./when-called.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const run = promisify(execFile);
const flags = new Set(process.argv.slice(2));

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(file) : statSync(file).mtimeMs);
  }
  return time;
}

/** name of the module → entry and asconfig target. */
const modules = {
  plain: ["assembly/index.ts", "plain"],
  relaxed: ["assembly/index.ts", "relaxed"],
  quantized: ["assembly/quantized.ts", "plain"],
};

async function buildKernels() {
  await mkdir("build", { recursive: true });
  const since = existsSync("build/quantized.js") ? statSync("build/quantized.js").mtimeMs : 0;
  if (since > Math.max(newest("assembly"), statSync("asconfig.json").mtimeMs, statSync("scripts/build.mjs").mtimeMs))
    return;
  await Promise.all(
    Object.entries(modules).map(async ([name, [entry, target]]) => {
      const wasm = `build/${name}.wasm`;
      await run(
        process.execPath,
        ["node_modules/assemblyscript/bin/asc.js", entry, "--target", target, "--outFile", `${wasm}.part`],
        { maxBuffer: 1 << 26 },
      ).catch((error) => {
        throw new Error(`asc ${entry}: ${error.stderr || error.message}`);
      });
      await rename(`${wasm}.part`, wasm);
      // Hexadecimal, as gzip sees the bytes through it: base64 would cost a tenth more on the wire.
      await writeFile(`build/${name}.d.ts`, "declare const hexadecimal: string;\nexport default hexadecimal;\n");
      await writeFile(
        `build/${name}.js`,
        `export default ${JSON.stringify((await readFile(wasm)).toString("hex"))};\n`,
      );
    }),
  );
}

/** The version, and the workers' script as text: one file that needs nothing beside it. */
async function buildInlined() {
  const { version } = JSON.parse(await readFile("package.json", "utf8"));
  await writeFile("build/version.js", `export default ${JSON.stringify(version)};\n`);
  await writeFile("build/version.d.ts", "declare const version: string;\nexport default version;\n");
  const { outputFiles } = await build({
    entryPoints: ["src/parallel/worker.ts"],
    bundle: true,
    format: "iife",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    plugins: [hostAlias("worker")],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    write: false,
  });
  await writeFile("build/worker.d.ts", "declare const script: string;\nexport default script;\n");
  await writeFile("build/worker.js", `export default ${JSON.stringify(outputFiles[0].text)};\n`);
}

const hosts = {
  node: "src/host/node.ts",
  browser: "src/host/browser.ts",
  static: "src/host/static.ts",
  workerd: "src/host/workerd.ts",
  worker: "src/host/worker.ts",
};

/** `#host` is the one seam between hosts: each bundle gets its own file. */
const hostAlias = (host) => ({
  name: "host",
  setup(builder) {
    builder.onResolve({ filter: /^#host$/ }, () => ({ path: path.join(root, hosts[host]) }));
  },
});

/** Where modules cannot be compiled from bytes they are imported, from beside the bundles' folders. */
const wasmFiles = { plain: "kernels.wasm", quantized: "quantized.wasm" };
const wasmImports = {
  name: "wasm imports",
  setup(builder) {
    builder.onResolve({ filter: /\.wasm$/ }, (given) => ({
      path: `../${wasmFiles[path.basename(given.path, ".wasm")]}`,
      external: true,
    }));
  },
};

async function bundle(host, entryPoints, options = {}) {
  await build({
    entryPoints,
    bundle: true,
    format: "esm",
    target: "es2022",
    outdir: `dist/${host}`,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    platform: host === "node" ? "node" : "neutral",
    mainFields: ["module", "main"],
    plugins: [hostAlias(host), requiredBuiltins, whenCalled],
    legalComments: "none",
    logLevel: "warning",
    ...options,
  });
}

/** One file of declarations an entry, with what it exports and no more. */
async function buildTypes() {
  const modules = "node_modules";
  const node = (...given) =>
    run(process.execPath, given).catch((error) => {
      throw new Error(`types: ${error.stdout || error.stderr || error.message}`);
    });
  await node(`${modules}/typescript/bin/tsc`, "-p", "tsconfig.build.json");
  for (const room of ["web", "distribute"]) await mkdir(`dist/types/${room}`, { recursive: true });
  const options = ["--silent", "--no-check", "--no-banner", "--export-referenced-types=false"];
  const bundler = [`${modules}/dts-bundle-generator/dist/bin/dts-bundle-generator.js`, ...options];
  await Promise.all(
    ["index", "web/element", "distribute/bullmq"].map((entry) =>
      node(
        ...bundler,
        "--project",
        "tsconfig.build.json",
        "-o",
        `dist/types/${entry}.d.ts`,
        `build/types/${entry}.d.ts`,
      ),
    ),
  );
  // The element needs a document, so its users have the library that declares one.
  for (const entry of ["index", "distribute/bullmq"]) declareHostTypes(`dist/types/${entry}.d.ts`);
}

async function buildPackage() {
  await rm("dist", { recursive: true, force: true });
  // Apart, though they share code: each file that a start has to open costs it half a millisecond.
  await bundle("node", { index: "src/index-node.ts" }, { minifySyntax: true });
  await bundle("node", { cli: "src/cli/main.ts" }, { minifySyntax: true, external: ["bullmq"] });
  await bundle("node", { bullmq: "src/distribute/bullmq.ts" }, { minifySyntax: true, external: ["bullmq"] });
  // With its white space: marks of what has no effects go with it, and bundlers would then keep every table.
  await bundle("browser", { index: "src/index.ts" }, { minifySyntax: true, minifyIdentifiers: true });
  const { default: script } = await import(new URL("../build/worker.js", import.meta.url).href);
  await writeFile("dist/worker.js", script);
  await bundle(
    "workerd",
    { index: "src/index.ts" },
    { minify: true, splitting: false, plugins: [hostAlias("workerd"), wasmImports] },
  );
  for (const [name, file] of Object.entries(wasmFiles)) await copyFile(`build/${name}.wasm`, `dist/${file}`);
  await buildWeb(hostAlias);
  await bundle(
    "static",
    { index: "src/index.ts" },
    { minify: true, splitting: false, plugins: [hostAlias("static"), kernelImports] },
  );
  await writeFile("dist/cli.js", '#!/usr/bin/env node\nimport "./node/cli.js";\n');
  await chmod("dist/cli.js", 0o755);
  shareKernels();
  writeNotices("dist/THIRD-PARTY-NOTICES");
  await buildTypes();
  // What TypeScript sees of the two files that are no part of a bundle.
  await writeFile(
    "dist/types/kernels.wasm.d.ts",
    "/** Kernels, for `load({ module, quantized })` where a bundler turns a .wasm import into a module. */\ndeclare " +
      "const module: WebAssembly.Module;\nexport default module;\n",
  );
  declareHostTypes("dist/types/kernels.wasm.d.ts");
  await writeFile(
    "dist/types/worker.script.d.ts",
    "/** A script to be started as a worker by its URL, `analyze`'s `workerUrl`; it exports nothing. */\nexport {};\n",
  );
}

const built = existsSync("dist/cli.js") ? statSync("dist/cli.js").mtimeMs : 0;
const needed =
  !flags.has("--if-needed") ||
  built < Math.max(newest("assembly"), newest("src"), newest("scripts"), statSync("package.json").mtimeMs);
if (needed) {
  try {
    await buildKernels();
    await buildInlined();
    if (!flags.has("--kernels")) await buildPackage();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
