/**
 * The machine's own limits, measured: multiplications and additions a second in 128-bit SIMD, and bytes copied a
 * second.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { quantile, timed } from "./harness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const STEPS = 2_000_000;
const BYTES = 64 << 20;

/** bench/peak.ts, compiled as the kernels are. */
export async function instantiatePeak() {
  const folder = await mkdtemp(path.join(tmpdir(), "weightscope-peak-"));
  try {
    const file = path.join(folder, "peak.wasm");
    await promisify(execFile)(
      process.execPath,
      [
        "node_modules/assemblyscript/bin/asc.js",
        "bench/peak.ts",
        "--config",
        "asconfig.json",
        "--target",
        "plain",
        "--outFile",
        file,
      ],
      { cwd: root },
    );
    return /** @type {any} */ ((await WebAssembly.instantiate(await readFile(file), {})).instance.exports);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function measurePeak() {
  const exports = await instantiatePeak();
  const base = 65536;
  exports.memory.grow((2 * BYTES) / 65536 + 1);
  const flops = [];
  const bytes = [];
  for (let round = 0; round < 12; round++) {
    flops.push((STEPS * 12 * 8) / timed(() => exports.multiplyAndAdd(STEPS)));
    bytes.push(BYTES / timed(() => exports.copy(base + BYTES, base, BYTES)));
  }
  // What the core can do is what it did when nobody was in its way.
  return { flops: quantile(flops, 0.9), copied: quantile(bytes, 0.9) };
}
