import { execFileSync, spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { median, number, quantile, table } from "../harness.mjs";

export const title = "Size and start";

const milliseconds = (values) =>
  `${number(median(values))} (${number(quantile(values, 0.25))}–${number(quantile(values, 0.75))})`;

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A fresh process: milliseconds of processor and wall time of the import, of `load`, and of a first call. */
const child = `
const spent = [];
let wall = performance.now(), usage = process.cpuUsage();
const lap = () => {
  const { user, system } = process.cpuUsage(usage);
  spent.push([(user + system) / 1e3, performance.now() - wall]);
  wall = performance.now();
  usage = process.cpuUsage();
};
const { load } = await import("./dist/node/index.js");
lap();
const kernels = await load();
lap();
kernels.norms({ rows: 2, columns: 2, data: new Float32Array([1, 2, 3, 4]) });
lap();
console.log(JSON.stringify(spent));`;

/**
 * The kernels' bindings and the plain kernels alone, as a bundler leaves them of \`import { load } from
 * "weightscope"\`.
 */
async function coreSize() {
  const { outputFiles } = await build({
    stdin: { contents: 'export { load } from "./dist/browser/index.js";', resolveDir: root },
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    splitting: true,
    outdir: "core",
    legalComments: "none",
    write: false,
    logLevel: "silent",
    external: ["node:*"],
  });
  const named = (name) => outputFiles.find(({ path }) => path.endsWith(name));
  const kernels = (await readFile(new URL("../../build/plain.wasm", import.meta.url))).toString("hex").slice(0, 200);
  // The entry, what it imports statically, and the chunk of the plain kernels, which `load` fetches at once; nothing
  // else starts.
  const wanted = new Set([named("stdin.js"), outputFiles.find(({ text }) => text.includes(kernels))]);
  for (const file of wanted)
    for (const [, name] of file.text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) wanted.add(named(name));
  return [...wanted].map(({ contents }) => contents);
}

/** Wall time of whole processes, in turns. */
function commandLine() {
  const example = "examples/selftrained-llama-en.bf16.safetensors";
  const runs = {
    "node -e 0": ["-e", "0"],
    "weightscope --version": ["dist/cli.js", "--version"],
    "weightscope analyze of the bundled model, one thread": ["dist/cli.js", "analyze", example, "--threads", "1"],
  };
  const spent = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let turn = 0; turn < 15; turn++) {
    for (const [name, given] of Object.entries(runs)) {
      const began = performance.now();
      if (spawnSync(process.execPath, given, { cwd: root }).status !== 0) throw new Error(`${name} failed`);
      spent[name].push(performance.now() - began);
    }
  }
  return table(
    ["a whole process", "wall, ms (quartiles)"],
    Object.entries(spent).map(([name, values]) => [name, milliseconds(values)]),
  );
}

export async function measure() {
  const spent = Array.from({ length: 15 }, () =>
    JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", child], { cwd: root, encoding: "utf8" })),
  );
  const line = (name, at) => [name, ...[0, 1].map((kind) => milliseconds(spent.map((laps) => laps[at][kind])))];
  const both = [0, 1].map((kind) =>
    quantile(
      spent.map(([a, b]) => a[kind] + b[kind]),
      0.5,
    ),
  );
  const gz = (bytes) => gzipSync(bytes, { level: 9 }).length;
  const core = await coreSize();
  const wasm = await readFile(new URL("../../build/plain.wasm", import.meta.url));
  const coreBytes = core.reduce((sum, bytes) => sum + gz(bytes), 0);
  const sizes = [
    [
      "core: load, kernels and bindings, minified, gzipped",
      `${number(coreBytes / 1e3)} kB`,
      `≤ 40 kB ${coreBytes <= 40e3 ? "met" : "missed"}`,
    ],
    [
      "of it the plain kernels, as they are / gzipped",
      `${number(wasm.length / 1e3)} / ${number(gz(wasm) / 1e3)} kB`,
      "–",
    ],
  ];
  const all = (
    await readdir(new URL("../../dist/browser/", import.meta.url), { recursive: true, withFileTypes: true })
  ).filter((file) => file.isFile() && file.name.endsWith(".js"));
  let whole = 0;
  for (const file of all) whole += gz(await readFile(`${file.parentPath ?? file.path}/${file.name}`));
  sizes.push(["all of dist/browser, gzipped", `${number(whole / 1e3)} kB`, "–"]);
  return `${table(
    ["start in a fresh process", "processor, ms (quartiles)", "wall, ms"],
    [line("import", 0), line("load: compile and instantiate", 1), line("first call", 2)],
  )}

Import and load together: ${number(both[0])} ms of processor time, ${number(both[1])} ms of wall time, medians of \
${spent.length} (target ≤ 15 ms of wall time: ${both[1] <= 15 ? "met" : "missed"}; most of it is the import).

${commandLine()}

${table(["size", "", "target"], sizes)}`;
}
