import { CheckpointError } from "../../src/base/errors.js";
import { Random as RandomNumbers } from "../../src/base/random.js";
import { openRaw } from "../../src/checkpoint/open.js";
import { safetensors } from "./files.js";
import { pick, type Random } from "./fuzz-bytes.js";

/** More than the first request asks for. */
const values = Float32Array.from({ length: 40_000 }, (_, i) => i % 4099);
const file = safetensors([
  { name: "a", dtype: "F32", shape: [100, 200], bytes: values.subarray(0, 20_000) },
  { name: "b", dtype: "F32", shape: [100, 200], bytes: values.subarray(20_000) },
]);
const MOST_REQUESTS = 120;
const statuses = [100, 200, 204, 206, 206, 304, 400, 401, 403, 404, 408, 410, 416, 418, 429, 500, 503, 599];

/** A body in pieces, which may break off, with an error or without. */
function body(random: Random, bytes: Uint8Array): ReadableStream<Uint8Array> {
  const length = random(4) === 0 ? random(bytes.length + 1) : bytes.length;
  const breaks = random(8) === 0;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const end = Math.min(length, at + 1 + random(50_000));
      if (at < end) controller.enqueue(bytes.slice(at, end));
      at = end;
      if (at < length) return;
      if (breaks) controller.error(new TypeError("terminated"));
      else controller.close();
    },
  });
}

/**
 * One answer. What it says may be wrong in every way but one: bytes that it says are of a place, or that come as they
 * were asked for, are of that place, as no reader could tell otherwise.
 */
function answer(random: Random, asked: { start: number; end: number; ranged: boolean; method: string }): Response {
  const headers = new Headers();
  const wrong = (): boolean => random(14) === 0;
  const total = wrong() ? pick(random, ["*", "0", "-1", "9e9", String(2 ** 53), `${file.length - 1}`]) : file.length;
  const start = wrong() ? random(file.length) : asked.start;
  const end = Math.min(file.length, wrong() ? start + random(70_000) : asked.end);
  headers.set("etag", wrong() ? pick(random, ['"2"', 'W/"1"', "", "x"]) : '"1"');
  if (wrong()) headers.set("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT");
  if (wrong()) headers.set("content-encoding", pick(random, ["gzip", "identity", "br", "", "x"]));
  if (wrong()) headers.set("retry-after", pick(random, ["0", "soon", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"]));
  if (wrong()) headers.set("location", pick(random, ["/x", "", "file:///etc/passwd", "http://["]));
  const status = wrong() ? pick(random, [...statuses, 301, 302, 308]) : asked.ranged ? 206 : 200;
  if (status === 206) {
    const moved = start !== asked.start;
    const range = `bytes ${start}-${end - 1}/${total}`;
    if (moved || !wrong()) headers.set("content-range", wrong() && !moved ? pick(random, ["", "bytes", range]) : range);
  }
  const whole = status === 200;
  const bytes = whole ? file : file.subarray(start, Math.max(start, end));
  if (random(2) === 0 || (asked.method === "HEAD" && !wrong()))
    headers.set("content-length", String(asked.method === "HEAD" ? file.length : bytes.length));
  const empty = asked.method === "HEAD" || [204, 304].includes(status) || wrong();
  const made = new Response(empty ? null : body(random, bytes), { status: status < 200 ? 599 : status, headers });
  return made;
}

/**
 * Opens a file behind a server that answers anything, and reads all of it: gives "opened" where every value is the
 * file's, or the code of the error.
 * @throws Error for a wrong value, for anything but a CheckpointError, and for requests without an end.
 */
export async function tryFetch(seed: number): Promise<string> {
  const generator = new RandomNumbers(seed);
  const random: Random = (bound) => generator.below(bound);
  let requests = 0;
  const fetch = async (_: unknown, { method = "GET", headers }: RequestInit = {}): Promise<Response> => {
    if (++requests > MOST_REQUESTS) throw new Error(`more than ${MOST_REQUESTS} requests`);
    if (random(30) === 0) throw new TypeError("fetch failed", { cause: new Error("socket hang up") });
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(new Headers(headers).get("range") ?? "") ?? [];
    const ranged = first !== undefined && random(25) > 0;
    return answer(random, { start: Number(first ?? 0), end: Number(last ?? file.length - 1) + 1, ranged, method });
  };
  const options = { fetch: fetch as typeof globalThis.fetch, backoff: 0, silence: 5000, maxSpool: 1 << 20 };
  let code = "opened";
  try {
    const checkpoint = await openRaw("http://127.0.0.1/model.safetensors", options);
    try {
      for (const [i, tensor] of checkpoint.tensors.entries()) {
        const rows = await checkpoint.readRows(tensor, 0, 100);
        const expected = values.subarray(i * 20_000, (i + 1) * 20_000);
        if (rows.length !== expected.length || rows.some((value, at) => value !== expected[at]))
          throw new Error(`other values than the file's in ${tensor.name}`);
      }
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    code = error.code;
  }
  if (requests > MOST_REQUESTS) throw new Error(`more than ${MOST_REQUESTS} requests`);
  return code;
}
