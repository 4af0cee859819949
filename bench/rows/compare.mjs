import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeCheckpoint } from "../checkpoint.mjs";
import { number, quantile, ratioOf, table } from "../harness.mjs";
import { interpreter } from "../python.mjs";
import { spentBy } from "../spent.mjs";

export const title = "Two checkpoints: compare";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const output = path.join(tmpdir(), "weightscope-bench-compare.json");
const TURNS = 3;

/** The same checkpoint with the lowest two bits of every bf16 drawn anew: a change of full rank. */
async function changed(file) {
  const target = file.replace(/\.safetensors$/, "-changed.safetensors");
  if (existsSync(target)) return target;
  const bytes = await readFile(file);
  let state = 1;
  for (let at = 8 + Number(bytes.readBigUInt64LE()); at < bytes.length; at += 2) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] ^= (state >>> 8) & 3;
  }
  await writeFile(`${target}.part`, bytes);
  await rename(`${target}.part`, target);
  return target;
}

const summed = (all) => ({
  seconds: quantile(all, 0.5),
  low: quantile(all, 0.25),
  high: quantile(all, 0.75),
  all,
});
const seconds = ({ seconds: middle, low, high }) => `${number(middle)} (${number(low)}–${number(high)})`;
const megabytes = (spent) =>
  number(
    quantile(
      spent.map(({ peak }) => peak / 1e6),
      0.5,
    ),
  );

/** Where both agree: a figure that differs ends the benchmark. */
function agreeing(ours, theirs) {
  for (const { name, relativeChange, participation, energyRanks } of ours.matrices) {
    const other = theirs[name];
    const apart = Math.max(
      Math.abs(relativeChange / other.relativeChange - 1),
      Math.abs(participation.value / other.participation - 1),
    );
    if (!(apart < 1e-8)) throw new Error(`${name}: differs by ${apart} from numpy`);
    if (String(Object.values(energyRanks)) !== String(other.energyRanks)) throw new Error(`${name}: other ranks`);
  }
}

export async function measure() {
  const made = await makeCheckpoint("30M");
  const pairs = {
    "the bundled model and its fine-tune, 2.5M": [
      here("../../examples/selftrained-llama-en.bf16.safetensors"),
      here("../../test/fixtures/models/selftrained-llama-en-tuned/full.bf16.safetensors"),
    ],
    "a made model of 30M, every weight changed": [made.file, await changed(made.file)],
  };
  const rows = [];
  for (const [what, pair] of Object.entries(pairs)) {
    const contestants = {
      ours: [process.execPath, here("../../dist/cli.js"), "compare", ...pair, "--threads", "1", "--format", "json"],
      numpy: [interpreter, here("../../test/oracle/changes.py"), ...pair],
    };
    const spent = { ours: [], numpy: [] };
    const found = {};
    for (let turn = -1; turn < TURNS; turn++) {
      for (const [name, command] of Object.entries(contestants)) {
        const one = spentBy(output, command);
        found[name] = JSON.parse(await readFile(output, "utf8"));
        if (turn >= 0) spent[name].push(one);
      }
    }
    agreeing(found.ours, found.numpy);
    const [ours, numpy] = [spent.ours, spent.numpy].map((all) => summed(all.map(({ processor }) => processor)));
    rows.push([
      what,
      seconds(ours),
      megabytes(spent.ours),
      seconds(numpy),
      megabytes(spent.numpy),
      number(ratioOf(ours, numpy)),
    ]);
  }
  return `${table(["work", "ours, s (quartiles)", "MB", "numpy, s", "MB", "ratio"], rows)}

Whole processes, one thread each: read both, subtract in f32, all singular values of every change, ranks, the norm of
simulated rounding noise. numpy is \`test/oracle/changes.py\`: float64 singular values by LAPACK. Change, participation
ratio and ranks at 50, 90 and 99 % agree to 1e-8 in every matrix, or the row would not be printed. Ours gives rows by
layer and role, adapters' ranks and signal beside.`;
}
