import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { against, noise, number, quantile, ratioOf, table } from "../harness.mjs";
import { interpreter, oneThread } from "../python.mjs";

export const title = "Leading singular vectors into a file: compress";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const temporary = (name) => path.join(tmpdir(), `weightscope-bench-${name}`);
const output = temporary("compress.json");
const SIDE = 4096;
/** Of `--memory`, MiB. */
const MEMORY = 64;

/** One matrix, and a checkpoint of 2 GB. */
const WORK = [
  { matrices: 1, rank: 256, turns: 3, wanted: 1 / 2.5 },
  { matrices: 64, rank: 64, turns: 1, wanted: null },
];

/** 4096² bf16: noise whose rows fall, so that directions do too. The others of a checkpoint are its rows, turned. */
function falling() {
  const values = noise(SIDE * SIDE, 0.02);
  for (let i = 0; i < SIDE; i++) for (let j = 0; j < SIDE; j++) values[i * SIDE + j] *= (1 + (16 * i) / SIDE) ** -1;
  const bits = new Uint32Array(values.buffer);
  return Uint16Array.from(bits, (x) => x >>> 16);
}

async function made(matrices) {
  const target = temporary(`compress-${matrices}.safetensors`);
  if (existsSync(target)) return target;
  const values = falling();
  const names = Array.from({ length: matrices }, (_, i) => `model.layers.${i}.mlp.up_proj.weight`);
  const entry = (i) => ({
    dtype: "BF16",
    shape: [SIDE, SIDE],
    data_offsets: [i * values.byteLength, (i + 1) * values.byteLength],
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(names.map((name, i) => [name, entry(i)]))));
  const file = await open(`${target}.part`, "w");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await file.writeFile(Buffer.concat([length, header]));
  for (let i = 0; i < matrices; i++) {
    await file.writeFile(Buffer.from(values.buffer, i * SIDE * 2));
    await file.writeFile(Buffer.from(values.buffer, 0, i * SIDE * 2));
  }
  await file.close();
  await rename(`${target}.part`, target);
  return target;
}

function run(command) {
  const spent = JSON.parse(
    execFileSync(interpreter, [here("../child.py"), output, ...command], {
      env: { ...process.env, ...oneThread },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  if (spent.status !== 0) throw new Error(`${command.join(" ")} ended with status ${spent.status}`);
  return spent;
}

const summed = (all) => ({
  seconds: quantile(all, 0.5),
  low: quantile(all, 0.25),
  high: quantile(all, 0.75),
  all,
});
const seconds = ({ seconds: middle, low, high }) => `${number(middle)} (${number(low)}–${number(high)})`;
const megabytes = (spent) => number(Math.max(...spent.map(({ peak }) => peak)) / 1e6);

/** An energy, and its share of the best that any factors of the rank hold. */
const energyOf = (energy, best) => `${energy.toFixed(4)} (${(energy / best).toFixed(4)})`;

export async function measure() {
  const rows = [];
  for (const { matrices, rank, turns, wanted } of WORK) {
    const file = await made(matrices);
    const smaller = temporary("compressed.safetensors");
    const asked = ["--rank", String(rank), "--memory", String(MEMORY), "--threads", "1", "--format", "json"];
    const contestants = {
      ours: [process.execPath, here("../../dist/cli.js"), "compress", file, "--output", smaller, "--quiet", ...asked],
      numpy: [interpreter, here("../compress_numpy.py"), file, String(rank), temporary("factors.bin")],
    };
    const spent = { ours: [], numpy: [] };
    const found = {};
    for (let turn = 0; turn < turns; turn++) {
      for (const [name, command] of Object.entries(contestants)) {
        await rm(smaller, { force: true });
        spent[name].push(run(command));
        found[name] = JSON.parse(await readFile(output, "utf8"));
      }
    }
    const [ours, numpy] = [spent.ours, spent.numpy].map((all) => summed(all.map(({ processor }) => processor)));
    const ratio = ratioOf(ours, numpy);
    const best = Number(
      execFileSync(interpreter, [here("../best_numpy.py"), file, String(rank)], { encoding: "utf8" }),
    );
    rows.push([
      `${matrices} × ${SIDE}², rank ${rank}, ${number((await stat(file)).size / 1e9)} GB`,
      seconds(ours),
      megabytes(spent.ours),
      energyOf(found.ours.tensors[0].energy, best),
      seconds(numpy),
      megabytes(spent.numpy),
      energyOf(found.numpy[0], best),
      number(ratio),
      wanted ? against(ratio, wanted) : "–",
    ]);
    if (matrices > 1) await rm(file);
  }
  const head = [
    "work",
    "ours, s (quartiles)",
    "MB",
    "energy (of the best)",
    "numpy, s",
    "MB",
    "energy (of the best)",
    "ratio",
    "target",
  ];
  return `${table(head, rows)}

Whole processes, one thread each, ours with \`--memory ${MEMORY}\` (MiB of weights held at once): a bf16 safetensors
file in, factors in bf16 out. numpy is \`bench/compress_numpy.py\`: a randomised SVD with two power steps and ten
vectors more than asked, one matrix in memory at a time. Energy: share of the squared norm that the factors hold, by
ours less what bf16 takes off them; in brackets its share of the best of any factors of that rank, by
\`bench/best_numpy.py\` from all eigenvalues in f64.`;
}
