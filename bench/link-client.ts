/**
 * Reads a remote checkpoint once, in one of two ways, and prints what that took.
 *
 * Usage: link-client reader URL: as `analyze` with one thread and the default memory reads matrices that pass once.
 *        link-client http URL RANGES: by `node:http` alone, the ranges of a file of them, as many at once.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import { MatrixBytes } from "../src/analyze/matrix-bytes.js";
import { checkedOptions } from "../src/analyze/options.js";
import { prepare } from "../src/analyze/prepare.js";
import { openRaw } from "../src/checkpoint/open.js";

/** Bytes that a pass over rows asks for at once (matrix/rows.ts). */
const READ_BYTES = 1 << 20;

interface Range {
  start: number;
  end: number;
}

async function byReader(url: string): Promise<number> {
  const raw = await openRaw(url);
  const options = { gaussians: [1], spectrum: "none", participation: { method: "exact" } } as const;
  const { plan, settings } = await prepare(raw, options, checkedOptions(options));
  const bytes = new MatrixBytes(raw, plan.matrices, {
    matrix: settings.matrix,
    threads: 1,
    alongside: true,
    memory: settings.memory,
  });
  let total = 0;
  for (const [index, { byteLength }] of plan.matrices.entries()) {
    const fetch = (start: number, into?: Uint8Array): Promise<Uint8Array> =>
      bytes.read(index, start, Math.min(byteLength, start + READ_BYTES), into);
    let next: Promise<Uint8Array> | null = fetch(0);
    for (let start = 0; next; start += READ_BYTES) {
      const read: Uint8Array = await next;
      total += read.length;
      next = start + READ_BYTES < byteLength ? fetch(start + READ_BYTES, read) : null;
    }
    bytes.finish(index);
  }
  await bytes.close();
  await raw.close();
  return total;
}

/** One range into memory of its own. */
function oneRange(url: string, agent: http.Agent, { start, end }: Range): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, headers: { range: `bytes=${start}-${end - 1}` } }, (response) => {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      response.on("data", (chunk: Buffer) => {
        bytes.set(chunk, filled);
        filled += chunk.length;
      });
      response.on("end", () => resolve(filled));
      response.on("error", reject);
    });
    request.on("error", reject);
  });
}

async function byHttp(url: string, { asked, most }: { asked: Range[]; most: number }): Promise<number> {
  const agent = new http.Agent({ keepAlive: true });
  let total = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let range = asked[next++]; range; range = asked[next++]) {
      const length = await oneRange(url, agent, range);
      total += length;
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  agent.destroy();
  return total;
}

const [how, url, ranges] = process.argv.slice(2);
const began = performance.now();
const before = process.cpuUsage();
const bytes =
  how === "reader" ? await byReader(url) : await byHttp(url, JSON.parse(readFileSync(ranges, "utf8")) as never);
const { user, system } = process.cpuUsage(before);
const wall = (performance.now() - began) / 1e3;
console.log(JSON.stringify({ bytes, wall, processor: (user + system) / 1e6 }));
process.exit(0);
