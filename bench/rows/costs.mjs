import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { analyze } from "weightscope";
import { inTurns, noise, number, table, timedAsync } from "../harness.mjs";

export const title = "What the sample of spectra is drawn by";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SHAPES = [
  [1024, 1024],
  [4096, 1024],
  [2048, 2048],
];

/** The modelled costs, which no public call gives. */
async function modelled() {
  const folder = await mkdtemp(path.join(tmpdir(), "weightscope-bench-"));
  try {
    const outfile = path.join(folder, "schedule.mjs");
    const contents = 'export { costOf, spectrumCostOf } from "./src/matrix/schedule.ts";';
    /** @type {import("esbuild").StdinOptions} */
    const stdin = { contents, resolveDir: root, loader: "ts" };
    await build({ stdin, bundle: true, format: "esm", platform: "node", outfile, logLevel: "error" });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Noise and 24 directions of size r^-½ above it, as trained weights have. */
function weights(rows, columns) {
  const values = noise(rows * columns, 0.02);
  for (let r = 0; r < 24; r++) {
    const [left, right] = [noise(rows, 0.005 / Math.sqrt(1 + r)), noise(columns)];
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) values[i * columns + j] += left[i] * right[j];
  }
  return values;
}

function file(rows, columns) {
  const values = weights(rows, columns);
  const shape = [rows, columns];
  const header = JSON.stringify({ w: { dtype: "F32", shape, data_offsets: [0, values.byteLength] } });
  const bytes = new Uint8Array(8 + header.length + values.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set(new Uint8Array(values.buffer), 8 + header.length);
  return bytes;
}

const defaults = {
  gaussians: ["auto", "8"],
  width: 0.5,
  permutations: 0,
  participation: {},
  svd: false,
  energy: null,
  singularValues: false,
  seed: 1,
};

export async function measure() {
  const { costOf, spectrumCostOf } = await modelled();
  const rows = [];
  for (const [n, d] of SHAPES) {
    const bytes = file(n, d);
    const run = (spectrum) => () => timedAsync(() => analyze(bytes, { gaussians: ["auto", 8], spectrum }));
    const { none, all } = await inTurns({ none: run("none"), all: run("all") }, 3);
    const plan = { rows: n, columns: d, spectrum: false };
    const model = costOf(plan, defaults) / 1e9;
    const spectrum = spectrumCostOf(plan) / 1e9;
    const more = all.seconds - none.seconds;
    const cells = [none.seconds, model, none.seconds / model, more, spectrum, more / spectrum, more / none.seconds];
    rows.push([`${n} × ${d}`, ...cells.map(number), number(spectrum / model)]);
  }
  const head = [
    "matrix",
    "default figures, s",
    "modelled",
    "ratio",
    "spectrum, s",
    "modelled",
    "ratio",
    "spectrum ÷ figures",
    "modelled",
  ];
  return `${table(head, rows)}

\`analyze\` of one matrix of noise and 24 directions in memory, on one thread, without spectra and with.
By default as many spectra of large matrices are found as cost, modelled (\`src/matrix/schedule.ts\`), no more
than the default figures of the whole checkpoint: the last two columns say how near that is. Where the measured
one is below the modelled one, the sample costs less than it may.`;
}
