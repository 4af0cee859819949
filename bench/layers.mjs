/**
 * Decoder layers of the paper's four sizes, generated (bf16 noise), written to a temporary file, streamed through
 * `analyze` in a process of its own: `npm run bench:layers -- [layers, 1] [threads, 1]`. Prints weights a second, peak
 * memory, and the measured figures beside what noise must give. Needs dist/ (`npm run build`) and 24·d² bytes of
 * temporary space a layer.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const [layers, threads] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 1)];
const sizes = [
  { model: "10M", width: 256, layers: 8 },
  { model: "100M", width: 768, layers: 12 },
  { model: "1B", width: 2048, layers: 24 },
  { model: "7B", width: 4096, layers: 32 },
];
/** A layer's matrices, 12·d² weights. */
const shapes = {
  "attn.q_proj": [1, 1],
  "attn.k_proj": [1, 1],
  "attn.v_proj": [1, 1],
  "attn.o_proj": [1, 1],
  "mlp.up_proj": [4, 1],
  "mlp.down_proj": [1, 4],
};
const BLOCK = 1 << 22;

/**
 * 65,536 equally likely values of a normal distribution of deviation 0.02, as bf16: its quantiles, from a sorted
 * sample.
 */
function quantiles() {
  const sample = Float32Array.from(
    { length: 1 << 20 },
    () => 0.02 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
  ).sort();
  const values = Float32Array.from({ length: 65536 }, (_, i) => sample[16 * i + 8]);
  return Uint16Array.from(new Uint32Array(values.buffer), (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
}

async function write(file, width, table) {
  const header = {};
  let offset = 0;
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, [rows, columns]] of Object.entries(shapes)) {
      const end = offset + 2 * rows * columns * width * width;
      header[`model.layers.${layer}.${name}.weight`] = {
        dtype: "BF16",
        shape: [rows * width, columns * width],
        data_offsets: [offset, end],
      };
      offset = end;
    }
  }
  let text = JSON.stringify(header);
  text += " ".repeat((8 - (text.length % 8)) % 8);
  const handle = await open(file, "w");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await handle.write(Buffer.concat([length, Buffer.from(text)]));
  const block = new Uint16Array(BLOCK / 2);
  let x = 2463534242 ^ width;
  for (let left = offset; left > 0; left -= BLOCK) {
    for (let i = 0; i < block.length; i += 2) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      block[i] = table[x & 0xffff];
      block[i + 1] = table[x >>> 16];
    }
    await handle.write(new Uint8Array(block.buffer, 0, Math.min(BLOCK, left)));
  }
  await handle.close();
  return offset / 2;
}

const child = `
import { analyze } from ${JSON.stringify(new URL("../dist/node/index.js", import.meta.url).href)};
const start = performance.now();
const report = await analyze(process.argv[1], { threads: Number(process.argv[2]) });
const seconds = (performance.now() - start) / 1e3;
const { matrices, summary } = report;
const weights = matrices.reduce((sum, { parameters }) => sum + parameters, 0);
const of = (value) => matrices.reduce((sum, matrix) => sum + (value(matrix) * matrix.parameters) / weights, 0);
console.log(JSON.stringify({
  seconds, peak: process.resourceUsage().maxRSS * 1024, energy: summary.compression.map(({ energy }) => energy), \
noise: [0, 1].map((k) => of((matrix) => matrix.gaussian[k].noiseEnergy)),
  ratio: of((matrix) => matrix.participation.value / matrix.noiseParticipationRatio),
}));`;

const folder = await mkdtemp(path.join(tmpdir(), "weightscope-layers-"));
try {
  const table = quantiles();
  console.log(
    `node ${process.version} ${process.arch}, ${layers} ${layers === 1 ? "layer" : "layers"} a model, ${threads} ` +
      `${threads === 1 ? "thread" : "threads"}, bf16, default figures: norms, PR, K = max(8, d/16) and K = 8\n`,
  );
  console.log(
    "| model | d | weights | seconds | 10⁶ weights/s | peak memory, MiB | energy at auto, measured / noise | energy " +
      "at K = 8 | PR over that of noise | whole model, computed |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  for (const { model, width, layers: all } of sizes) {
    const file = path.join(folder, `layers-${width}.safetensors`);
    const weights = await write(file, width, table);
    const result = JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "-e", child, file, String(threads)], {
        encoding: "utf8",
        cwd: fileURLToPath(new URL("..", import.meta.url)),
      }),
    );
    await rm(file);
    const { seconds, peak, energy, noise, ratio } = result;
    console.log(
      `| ${model} | ${width} | ${weights.toLocaleString("en")} | ${seconds.toFixed(2)} | ` +
        `${(weights / seconds / 1e6).toFixed(1)} | ${(peak / 2 ** 20).toFixed(0)} ` +
        `| ${energy[0].toFixed(5)} / ${noise[0].toFixed(5)} | ${energy[1].toFixed(5)} / ${noise[1].toFixed(5)} | ` +
        `${ratio.toFixed(4)} | ${((seconds * all) / layers).toFixed(1)} s for ${all} layers |`,
    );
  }
  console.log(
    "\nThe last column is computed from the layers that ran, not measured; embeddings and head are not in it.",
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
