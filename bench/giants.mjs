/**
 * What the largest open models would take: `npm run bench:giants` writes their headers, with true names, shapes and
 * types and no weights (sparse files of a few megabytes), plans each, and prints the processor time and peak memory of
 * planning, which are measured, and the hours of analysing it, which are computed from the plan. Needs dist/.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const BYTES = { BF16: 2, F32: 4, F8_E4M3: 1 };
const BLOCK = 128;

/**
 * Bytes a second: of a disk, of a 1 Gbit/s line, and of an object store to each of many workers.
 * @type {[carrier: string, rate: number][]}
 */
const CARRIERS = [
  ["disk, 2 GB/s", 2e9],
  ["1 Gbit/s", 125e6],
  ["object storage, 100 MB/s a worker", 100e6],
];

/** A dense decoder of Llama's kind. */
function* dense({ width, layers, inner, vocabulary, keys }) {
  yield ["model.embed_tokens.weight", "BF16", [vocabulary, width]];
  const shapes = {
    "self_attn.q_proj": [width, width],
    "self_attn.k_proj": [keys, width],
    "self_attn.v_proj": [keys, width],
    "self_attn.o_proj": [width, width],
    "mlp.gate_proj": [inner, width],
    "mlp.up_proj": [inner, width],
    "mlp.down_proj": [width, inner],
    input_layernorm: [width],
    post_attention_layernorm: [width],
  };
  for (let layer = 0; layer < layers; layer++)
    for (const [name, shape] of Object.entries(shapes)) yield [`model.layers.${layer}.${name}.weight`, "BF16", shape];
  yield ["model.norm.weight", "BF16", [width]];
  yield ["lm_head.weight", "BF16", [vocabulary, width]];
}

function* blocks(name, rows, columns) {
  yield [`${name}.weight`, "F8_E4M3", [rows, columns]];
  yield [`${name}.weight_scale_inv`, "F32", [Math.ceil(rows / BLOCK), Math.ceil(columns / BLOCK)]];
}

function* feedForward(name, inner, width) {
  yield* blocks(`${name}.gate_proj`, inner, width);
  yield* blocks(`${name}.up_proj`, inner, width);
  yield* blocks(`${name}.down_proj`, width, inner);
}

/** A mixture of experts of DeepSeek-V3's kind, in FP8 by blocks. */
function* mixture({ layers, vocabulary, experts, dense: first, heads, width = 7168 }) {
  yield ["model.embed_tokens.weight", "BF16", [vocabulary, width]];
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    yield* blocks(`${at}.self_attn.q_a_proj`, 1536, width);
    yield* blocks(`${at}.self_attn.q_b_proj`, heads * 192, 1536);
    yield* blocks(`${at}.self_attn.kv_a_proj_with_mqa`, 576, width);
    yield* blocks(`${at}.self_attn.kv_b_proj`, heads * 256, 512);
    yield* blocks(`${at}.self_attn.o_proj`, width, heads * 128);
    yield [`${at}.input_layernorm.weight`, "BF16", [width]];
    yield [`${at}.post_attention_layernorm.weight`, "BF16", [width]];
    if (layer < first) {
      yield* feedForward(`${at}.mlp`, 18432, width);
      continue;
    }
    for (let expert = 0; expert < experts; expert++) yield* feedForward(`${at}.mlp.experts.${expert}`, 2048, width);
    yield* feedForward(`${at}.mlp.shared_experts`, 2048, width);
    yield [`${at}.mlp.gate.weight`, "BF16", [experts, width]];
  }
  yield ["model.norm.weight", "BF16", [width]];
  yield ["lm_head.weight", "BF16", [vocabulary, width]];
}

/** @type {[name: string, shards: number, tensors: Iterable<any[]>][]} */
const MODELS = [
  ["70B", 30, dense({ width: 8192, layers: 80, inner: 28672, vocabulary: 128256, keys: 1024 })],
  ["405B", 191, dense({ width: 16384, layers: 126, inner: 53248, vocabulary: 128256, keys: 1024 })],
  ["671B", 163, mixture({ layers: 62, vocabulary: 129280, experts: 256, dense: 3, heads: 128 })],
  ["1T", 61, mixture({ layers: 61, vocabulary: 163840, experts: 384, dense: 1, heads: 64 })],
];

/** The header of a sharded checkpoint, its weights a hole. */
async function write(folder, tensors, shards) {
  const sized = tensors.map(([name, dtype, shape]) => [
    name,
    dtype,
    shape,
    shape.reduce((n, m) => n * m, BYTES[dtype]),
  ]);
  const total = sized.reduce((sum, [, , , bytes]) => sum + bytes, 0);
  const files = [];
  let before = 0;
  for (const tensor of sized) {
    const shard = Math.floor((before / total) * shards);
    (files[shard] ??= []).push(tensor);
    before += tensor[3];
  }
  const map = {};
  for (const [shard, group] of Object.entries(files)) {
    const name = `model-${String(Number(shard) + 1).padStart(5, "0")}.safetensors`;
    const header = {};
    let offset = 0;
    for (const [tensor, dtype, shape, bytes] of group) {
      header[tensor] = { dtype, shape, data_offsets: [offset, (offset += bytes)] };
      map[tensor] = name;
    }
    const text = Buffer.from(JSON.stringify(header));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(text.length));
    const file = await open(path.join(folder, name), "w");
    await file.write(Buffer.concat([start, text]));
    await file.truncate(8 + text.length + offset);
    await file.close();
  }
  await writeFile(path.join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: map }));
}

/** Plans in a process of its own: the estimate, processor seconds, peak megabytes. */
function planned(folder) {
  const library = fileURLToPath(new URL("../dist/node/index.js", import.meta.url));
  const program = `
    const { planAnalysis } = await import(${JSON.stringify(library)});
    const { estimate, tasks } = await planAnalysis(${JSON.stringify(folder)});
    const largestBytes = tasks.reduce((most, { byteLength }) => Math.max(most, byteLength), 0);
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    console.log(JSON.stringify({
      estimate, largestBytes, seconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 }));`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }));
}

const hours = (seconds) =>
  seconds < 5400 ? `${(seconds / 60).toPrecision(2)} min` : `${(seconds / 3600).toPrecision(2)} h`;
const root = await mkdtemp(path.join(tmpdir(), "weightscope-giants-"));
try {
  const rows = [];
  console.log(
    "| model | matrices | stored, GB | planned in, s of processor time (measured) | peak memory, MB (measured) |",
  );
  console.log("|---|---|---|---|---|");
  for (const [name, shards, tensors] of MODELS) {
    const folder = await mkdtemp(path.join(root, "model-"));
    await write(folder, [...tensors], shards);
    const { estimate, largestBytes, seconds, megabytes } = planned(folder);
    const { matrices, bytesStored, bytesRead, coreSeconds, largestSeconds } = estimate;
    console.log(
      `| ${name} | ${matrices} | ${Math.round(bytesStored / 1e9)} | ${seconds.toFixed(1)} | ${Math.round(megabytes)} |`,
    );
    for (const [carrier, rate] of CARRIERS) {
      const bytes = carrier.startsWith("disk") ? bytesRead : bytesStored;
      // A disk and a line are shared by all workers; a store answers each at its own rate, and one worker reads the
      // largest matrix.
      const wait = (workers) => Math.max(largestBytes, carrier.startsWith("object") ? bytes / workers : bytes) / rate;
      const took = [1, 2, 1000].map((workers) => hours(Math.max(coreSeconds / workers, largestSeconds, wait(workers))));
      rows.push(`| ${name} | ${carrier} | ${took.join(" | ")} |`);
    }
  }
  console.log(
    "\nComputed from the plans, none of it measured: the longest of computing, the dearest matrix and reading.\n",
  );
  console.log("| model | weights from | one core | two | 1,000 workers |");
  console.log("|---|---|---|---|---|");
  console.log(rows.join("\n"));
} finally {
  await rm(root, { recursive: true });
}
