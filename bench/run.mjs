/**
 * Every benchmark, ours and the peers in turns: `npm run bench` runs all and writes bench/RESULTS.md; `npm run bench --
 * NAME…` runs those of a name and replaces their sections in it. `--print` writes nothing. Needs python3-numpy and
 * python3-scipy.
 */
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describeFamily, describeMachine, number, seed } from "./harness.mjs";
import { measurePeak } from "./peak.mjs";
import { hasNumpy, Python } from "./python.mjs";

const NAMES = [
  "products",
  "fit",
  "norms",
  "free",
  "participation",
  "spectra",
  "costs",
  "sparse",
  "start",
  "queue",
  "parts",
  "link",
  "growth",
  "engines",
  "analyze",
  "compare",
  "compress",
];
const target = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const print = process.argv.includes("--print");
const unknown = asked.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(", ")}; there are ${NAMES.join(", ")}`);
  process.exit(2);
}
if (!hasNumpy()) {
  console.error("the peers are numpy and scipy: install python3-numpy and python3-scipy");
  process.exit(1);
}

/** Sections of an earlier run by name, so that one benchmark can be run anew alone. */
async function earlier() {
  if (asked.length === 0 || !existsSync(target)) return {};
  const parts = (await readFile(target, "utf8")).split(/^<!-- (\w+) -->\n/m).slice(1);
  return Object.fromEntries(parts.flatMap((name, i) => (i % 2 === 0 ? [[name, parts[i + 1].trim()]] : [])));
}

/** Writes what is there after every benchmark, so that a run that is stopped leaves its finished ones. */
async function write() {
  const head = `# Results

Printed by \`npm run bench\`, every figure in one run beside its peer's. Processor: ${await describeFamily()}.
Times are medians of processor time (user and system, all threads of the process) over turns in which ours and the \
peer alternate,
quartiles in brackets; ratios are the median over turns of the peer's time over ours. Peers run on one thread.
`;
  const body = NAMES.filter((name) => sections[name])
    .map((name) => `<!-- ${name} -->\n${sections[name]}\n`)
    .join("\n");
  await writeFile(`${target}.part`, `${head}\n${body}`);
  await rename(`${target}.part`, target);
}

const sections = await earlier();
const peak = await measurePeak();
for (const name of NAMES.filter((one) => asked.length === 0 || asked.includes(one))) {
  const { title, measure } = await import(`./rows/${name}.mjs`);
  const python = await Python.start();
  const began = new Date();
  seed(20);
  try {
    const text = await measure({ python, peak });
    const stamp =
      `${began.toISOString().slice(0, 16).replace("T", " ")} UTC · ${describeMachine()} · one core at most ` +
      `${number(peak.flops / 1e9)} GFLOP/s (128-bit multiply and add), memory.copy ${number(peak.copied / 1e9)} GB/s`;
    sections[name] = `## ${title}\n\n${stamp}\n\n${text}`;
    console.log(`${sections[name]}\n`);
    if (!print) await write();
  } finally {
    await python.stop();
  }
}
