/**
 * What `--estimate` says beside what then happens, for inputs of several kinds: `npm run bench:estimate -- [TURNS]`.
 * Processor time and bytes are those of `analyze --threads 1` less those of `--estimate` on the same input, which
 * starts and reads the header alone; memory is the process's, all of it; medians over turns. Seconds are said of
 * another core: one analysis that stands in no row says how fast this one is. Linux alone: bytes are /proc/self/io's.
 * Needs dist/.
 */
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine, median, number, table } from "./harness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "weightscope-estimate-"));
const turns = Number(process.argv[2] ?? 3);

let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  // Its low digits repeat soon: a matrix of them would have structure.
  const mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  return (mixed ^ (mixed >>> 15)) >>> 0;
};

/** Seeded values of some type, near enough to weights. @param {string} dtype @param {number} count */
function values(dtype, count) {
  const found = dtype === "F32" ? new Float32Array(count) : new Uint16Array(count);
  const one = new Float32Array(1);
  const bits = new Uint32Array(one.buffer);
  for (let i = 0; i < count; i++) {
    one[0] = ((random() >>> 16) + (random() >>> 16) + (random() >>> 16) - 98304) / 32768;
    found[i] = dtype === "F32" ? one[0] : bits[0] >>> 16;
  }
  return Buffer.from(found.buffer);
}

/** @param {string} name @param {string} dtype @param {number} count @param {[number, number]} shape */
function safetensors(name, dtype, count, shape) {
  const file = path.join(folder, `${name}.safetensors`);
  const size = shape[0] * shape[1] * (dtype === "F32" ? 4 : 2);
  const entries = Array.from({ length: count }, (_, i) => [
    `model.layers.${i}.mlp.up_proj.weight`,
    { dtype, shape, data_offsets: [i * size, (i + 1) * size] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, header, values(dtype, (count * size) / (dtype === "F32" ? 4 : 2))]));
  return file;
}

/** Q4_K blocks with sane scales. @param {number} count @param {[number, number]} shape rows × columns */
function gguf(count, [rows, columns]) {
  const text = (value) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([length, bytes]);
  };
  const int = (bytes, value) => {
    const buffer = Buffer.alloc(bytes);
    if (bytes === 4) buffer.writeUInt32LE(value);
    else buffer.writeBigUInt64LE(BigInt(value));
    return buffer;
  };
  const size = (rows * columns * 144) / 256;
  const infos = Array.from({ length: count }, (_, i) =>
    Buffer.concat([
      text(`blk.${i}.ffn_up.weight`),
      int(4, 2),
      int(8, columns),
      int(8, rows),
      int(4, 12),
      int(8, i * size),
    ]),
  );
  const head = Buffer.concat([Buffer.from("GGUF"), int(4, 3), int(8, count), int(8, 0), ...infos]);
  const blocks = Buffer.alloc(count * size);
  for (let i = 0; i < blocks.length; i += 4) blocks.writeUInt32LE(random(), i);
  // Both scales 2⁻¹⁰, those of each group 8 and 60: values from -60 to 60 of them, none more likely.
  const scales = Buffer.from("0014001408080808fcfcfcfcc8c8c8c8", "hex");
  for (let at = 0; at < blocks.length; at += 144) scales.copy(blocks, at);
  const file = path.join(folder, "quantised.gguf");
  writeFileSync(file, Buffer.concat([head, Buffer.alloc(-head.length & 31), blocks]));
  return file;
}

/** A file by byte ranges, and the bytes that were asked of it. @param {string} file */
async function served(file) {
  const { size } = statSync(file);
  const found = { url: "", sent: 0, close: () => server.close() };
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const [start, end] = first === undefined ? [0, size - 1] : [Number(first), Math.min(size - 1, Number(last))];
    const length = end - start + 1;
    response.writeHead(first === undefined ? 200 : 206, {
      etag: '"one"',
      "accept-ranges": "bytes",
      "content-length": length,
      ...(first !== undefined && { "content-range": `bytes ${start}-${end}/${size}` }),
    });
    if (request.method === "HEAD") return response.end();
    found.sent += length;
    createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  found.url = `http://127.0.0.1:${port}/${path.basename(file)}`;
  return found;
}

/** @param {string[]} args @returns {Promise<{ seconds: number, peak: number, read: number, out: string }>} */
async function run(args) {
  const counted = path.join(folder, "counted.json");
  const child = spawn(
    process.execPath,
    ["--import", path.join(root, "bench/counted.mjs"), path.join(root, "dist/cli.js"), ...args],
    { env: { ...process.env, COUNTED: counted }, stdio: ["ignore", "pipe", "inherit"] },
  );
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  const status = await new Promise((resolve) => child.once("close", resolve));
  if (status !== 0) throw new Error(`${args.join(" ")} ended with status ${status}`);
  return { ...JSON.parse(readFileSync(counted, "utf8")), out };
}

/** Each kind of input: its name, where it is, the options, and what counts the bytes that a server sent. */
async function* inputs() {
  yield { name: "small: the example", source: path.join(root, "examples/selftrained-llama-en.bf16.safetensors") };
  const many = safetensors("many", "F32", 800, [64, 256]);
  yield { name: "many: 800 of 64 × 256", source: many };
  yield { name: "the same, --null", source: many, options: ["--null"] };
  const large = safetensors("large", "BF16", 1, [6144, 6144]);
  yield { name: "one of 6144 × 6144, BF16", source: large };
  const several = safetensors("several", "BF16", 16, [1024, 2048]);
  yield { name: "16 of 1024 × 2048, BF16", source: several };
  yield {
    name: "4 of 1024 × 1024, --spectrum all",
    source: safetensors("spectra", "F32", 4, [1024, 1024]),
    options: ["--spectrum", "all"],
  };
  yield { name: "quantised: 12 of 2048 × 2048, Q4_K", source: gguf(12, [2048, 2048]) };
  const server = await served(large);
  yield { name: "remote: the one of 6144 × 6144", source: server.url, sent: () => server.sent };
  server.close();
  const other = await served(several);
  yield { name: "remote: the 16 of 1024 × 2048", source: other.url, sent: () => other.sent };
  other.close();
}

/** What this machine's core takes of what is said, by an analysis that stands in no row. */
async function calibrated() {
  const source = safetensors("calibration", "BF16", 6, [1536, 1536]);
  const command = ["analyze", source, "--threads", "1", "--quiet"];
  const ratios = [];
  for (let turn = 0; turn < turns; turn++) {
    const said = await run([...command, "--format", "json", "--estimate"]);
    const done = await run([...command, "--output", path.join(folder, "report.json"), "--format", "json"]);
    ratios.push((done.seconds - said.seconds) / JSON.parse(said.out).coreSeconds);
  }
  return median(ratios);
}

const rows = [];
const off = { seconds: 1, bytes: 1, peak: 1 };
const worst = (ratio, was) => Math.max(ratio, 1 / ratio, was);
try {
  const speed = await calibrated();
  console.error(`calibration: ${number(speed)} ×`);
  for await (const { name, source, options = [], sent } of inputs()) {
    const command = ["analyze", source, ...options, "--threads", "1", "--format", "json", "--quiet"];
    const taken = [];
    let estimate = null;
    for (let turn = 0; turn < turns; turn++) {
      const before = sent?.() ?? 0;
      const said = await run([...command, "--estimate"]);
      estimate = JSON.parse(said.out);
      const between = sent?.() ?? 0;
      const done = await run([...command, "--output", path.join(folder, "report.json")]);
      const read = sent ? sent() - between - (between - before) : done.read - said.read;
      taken.push({ seconds: done.seconds - said.seconds, peak: done.peak, read });
    }
    const of = (what) => median(taken.map((one) => one[what]));
    const bytes = sent ? estimate.bytesStored : estimate.bytesRead;
    const ratios = [of("seconds") / estimate.coreSeconds / speed, of("read") / bytes, of("peak") / estimate.peakMemory];
    off.seconds = worst(ratios[0], off.seconds);
    off.bytes = worst(ratios[1], off.bytes);
    off.peak = worst(ratios[2], off.peak);
    rows.push([
      name,
      number(estimate.coreSeconds * speed),
      number(of("seconds")),
      number(ratios[0]),
      number(bytes / 1e6),
      number(of("read") / 1e6),
      number(ratios[1]),
      number(estimate.peakMemory / 1e6),
      number(of("peak") / 1e6),
      number(ratios[2]),
    ]);
    console.error(rows.at(-1)?.join(" | "));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${describeMachine()}; medians of ${turns} turns\n`);
const heads = ["said, s", "taken, s", "ratio", "said, MB read", "read", "ratio", "said, MB held", "held", "ratio"];
console.log(table(["input", ...heads], rows));
const [seconds, bytes, peak] = [off.seconds, off.bytes, off.peak].map(number);
console.log(`\nProcessor time within ${seconds} ×, bytes within ${bytes} ×, memory within ${peak} ×.`);
