/**
 * A safetensors file that is made as it is sent, by byte ranges, over a link of a given rate that all connections share
 * and with a latency for each request: a process of its own, so that its work is in nobody's figures.
 *
 * Usage: link-server.mjs MATRICES ROWS COLUMNS BYTES_A_SECOND LATENCY_MS; prints its port. `/asked` says the ranges
 * that were asked for since it was last called, and how many at once.
 */
import { createServer } from "node:http";

const [matrices, rows, columns, rate, latency] = process.argv.slice(2).map(Number);
const size = rows * columns * 2;
const header = Buffer.from(
  JSON.stringify(
    Object.fromEntries(
      Array.from({ length: matrices }, (_, i) => [
        `model.layers.${i}.mlp.up_proj.weight`,
        { dtype: "BF16", shape: [rows, columns], data_offsets: [i * size, (i + 1) * size] },
      ]),
    ),
  ),
);
const head = Buffer.alloc(8 + header.length);
head.writeBigUInt64LE(BigInt(header.length));
header.copy(head, 8);
const byteLength = head.length + matrices * size;

/** Seeded BF16 values between -2 and 2, again and again: what the file holds after its header. */
const block = Buffer.alloc(1 << 20);
for (let i = 0, state = 1; i < block.length; i += 2) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  block.writeUInt16LE(((state >>> 16) & 0x807f) | 0x3f80, i);
}

/** At most `most` bytes of the file from `at` on. @param {number} at @param {number} most */
function bytesFrom(at, most) {
  if (at < head.length) return head.subarray(at, Math.min(head.length, at + most));
  const start = (at - head.length) % block.length;
  return block.subarray(start, Math.min(block.length, start + most));
}

const pause = (/** @type {number} */ milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Bytes that are sent together, and for how long the link may have been idle and still send at once. */
const PIECE = 1 << 17;
const BURST_MS = 4;
let free = 0;
/** Waits for the link's next place for so many bytes. @param {number} bytes */
async function place(bytes) {
  const now = performance.now();
  free = Math.max(free, now - BURST_MS) + (bytes / rate) * 1e3;
  if (free - now > 1) await pause(free - now);
}

/** Until more can be written, or nobody listens. @param {import("node:http").ServerResponse} response */
function drained(response) {
  return new Promise((resolve) => {
    const go = () => {
      response.off("drain", go).off("close", go);
      resolve(undefined);
    };
    response.on("drain", go).on("close", go);
  });
}

/** @type {{ start: number, end: number }[]} */
let asked = [];
let [inFlight, most] = [0, 0];

const server = createServer(async (request, response) => {
  if (request.url === "/asked") {
    response.writeHead(200, { connection: "close" }).end(JSON.stringify({ asked, most }));
    asked = [];
    most = 0;
    return;
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined) return response.writeHead(400).end();
  const [start, end] = [Number(first), Math.min(byteLength, Number(last) + 1)];
  asked.push({ start, end });
  most = Math.max(most, ++inFlight);
  await pause(latency);
  response.writeHead(206, {
    "content-length": end - start,
    "content-range": `bytes ${start}-${end - 1}/${byteLength}`,
    etag: '"one"',
    "accept-ranges": "bytes",
  });
  for (let at = start; at < end && !response.destroyed; ) {
    const bytes = bytesFrom(at, Math.min(PIECE, end - at));
    await place(bytes.length);
    if (!response.write(bytes)) await drained(response);
    at += bytes.length;
  }
  inFlight--;
  response.end();
});
server.listen(0, "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(port);
});
