/**
 * A checkpoint of 2 GB, compressed and restored within `--memory 64`: `node test/compress/two-gigabytes.mjs [--matrices
 * N]`. The peak of each process, which is asserted, and its processor time, beside numpy's randomised SVD of the same
 * matrices where there is numpy. For the nightly run: minutes, and 5 GB of temporary files. Linux.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { matrices: { type: "string" } } });
const MATRICES = Number(values.matrices ?? 64);
const SIDE = 4096;
const RANK = 64;
/** Of `--memory`, and what a process may take beyond it. */
const [MEMORY, BEYOND] = [64 << 20, 200 << 20];

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "weightscope-two-gigabytes-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = (name) => path.join(folder, name);

/** Noise whose rows fall, so that directions do too; the others are its rows, turned. */
function matrix() {
  let state = 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2147483648;
  const weights = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < SIDE; i++) {
    const size = 0.02 / (1 + (16 * i) / SIDE);
    for (let j = 0; j < SIDE; j++) weights[i * SIDE + j] = size * (next() + next() + next());
  }
  return Buffer.from(Uint16Array.from(new Uint32Array(weights.buffer), (bits) => bits >>> 16).buffer);
}

async function make(target) {
  const bytes = matrix();
  const entry = (i) => ({
    dtype: "BF16",
    shape: [SIDE, SIDE],
    data_offsets: [i * bytes.length, (i + 1) * bytes.length],
  });
  const names = Array.from({ length: MATRICES }, (_, i) => `model.layers.${i}.mlp.up_proj.weight`);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(names.map((name, i) => [name, entry(i)]))));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const handle = await open(target, "w");
  await handle.writeFile(Buffer.concat([length, header]));
  for (let i = 0; i < MATRICES; i++) {
    await handle.writeFile(bytes.subarray(i * SIDE * 2));
    await handle.writeFile(bytes.subarray(0, i * SIDE * 2));
  }
  await handle.close();
  return header;
}

/** Runs a command through bench/child.py: processor seconds and the peak of resident bytes. */
async function measured(label, command) {
  const child = spawn("python3", [here("../../bench/child.py"), file("output"), ...command], {
    env: { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const piece of child.stdout) text += piece;
  const { status, processor, peak } = JSON.parse(text);
  if (status !== 0) throw new Error(`${label} ended with status ${status}`);
  console.log(`${label}: ${processor.toFixed(1)} s, ${(peak / 1e6).toFixed(0)} MB at most`);
  return peak;
}

const cli = (...args) => [process.execPath, here("../../dist/cli.js"), ...args, "--memory", "64", "--quiet"];
const header = await make(file("source.safetensors"));
console.log(`${MATRICES} matrices of ${SIDE}², ${statSync(file("source.safetensors")).size} bytes`);
const peaks = [
  await measured(
    "compress",
    cli("compress", file("source.safetensors"), "--rank", `${RANK}`, "--output", file("small")),
  ),
  await measured("restore", cli("restore", file("small"), "--output", file("back"))),
];
const hasNumpy = spawnSync("python3", ["-c", "import numpy"]).status === 0;
const numpy = [
  "python3",
  here("../../bench/compress_numpy.py"),
  file("source.safetensors"),
  `${RANK}`,
  file("factors"),
];
if (hasNumpy) await measured("numpy's randomised SVD", numpy);

const back = await open(file("back"));
const { buffer } = await back.read(Buffer.alloc(8 + header.length), 0, 8 + header.length, 0);
await back.close();
const failures = [
  ...peaks.filter((peak) => peak > MEMORY + BEYOND).map((peak) => `a peak of ${peak} bytes`),
  ...(buffer.subarray(8).equals(header) ? [] : ["another header came back"]),
  ...(statSync(file("back")).size === statSync(file("source.safetensors")).size ? [] : ["another length came back"]),
  ...(statSync(file("small")).size < 1.05 * MATRICES * RANK * 2 * SIDE * 2 ? [] : ["the smaller file is too large"]),
];
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
