import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGzip } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/index-node.js";
import { gguf, npy, safetensorsOf } from "../checkpoint/files.js";
import { run, small } from "../cli/run.js";

const MOST = 1 << 20;
const piece = new Uint8Array(1 << 16);
/** Bytes that the server gave before it was left. */
let given = 0;

/** Answers without ranges: for ever, unfolding a thousand times, or with a length that is too long. */
const server = createServer((request, response) => {
  given = 0;
  const claimed = request.url === "/claimed";
  if (claimed) response.setHeader("Content-Length", MOST * 1000);
  const gzip = request.url === "/gzip" ? createGzip() : null;
  if (gzip) {
    response.setHeader("Content-Encoding", "gzip");
    gzip.pipe(response);
  }
  const target = gzip ?? response;
  // A beginning in order: what is no checkpoint would be left for that.
  if (request.url === "/endless" || gzip) target.write(small());
  if (request.url === "/npy") target.write(npy("{'descr': '<f4', 'fortran_order': False}", new Uint8Array(8192)));
  let open = true;
  response.on("close", () => {
    open = false;
  });
  const more = () => {
    if (!open || given > 400 * MOST) return target.end();
    given += piece.length;
    if (target.write(piece)) setImmediate(more);
    else target.once("drain", more);
  };
  more();
});
let origin = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe("a stream is kept up to maxSpool", () => {
  const refused = {
    name: "CheckpointError",
    code: "no-room",
    message: expect.stringMatching(
      /longer than the 1048576 bytes of a stream that are kept \(--max-spool, maxSpool\)$/,
    ),
  };

  it("from a server without an end, which is left soon after", async () => {
    await expect(openCheckpoint(`${origin}/endless`, { maxSpool: MOST })).rejects.toMatchObject(refused);
    expect(given).toBeLessThan(100 * MOST);
  });

  it("from a length that the server claims, before anything is kept", async () => {
    await expect(openCheckpoint(`${origin}/claimed`, { maxSpool: MOST })).rejects.toMatchObject(refused);
  });

  it("unless its beginning is that of no array: then it is left at once", async () => {
    const code = { code: "invalid-header", message: expect.stringMatching(/must be a dictionary of descr/) };
    await expect(openCheckpoint(`${origin}/npy`, { maxSpool: 300 * MOST })).rejects.toMatchObject(code);
    expect(given).toBeLessThan(16 * MOST);
  });

  it("from compressed bytes, counted as they unfold", async () => {
    await expect(openCheckpoint(`${origin}/gzip`, { maxSpool: MOST })).rejects.toMatchObject(refused);
    expect(given).toBeLessThan(400 * MOST);
  });

  it("from standard input, as --max-spool says", async () => {
    const input = new Uint8Array(MOST);
    input.set(small());
    const { status, stderr } = await run(["inspect", "-", "--max-spool", "0.0005"], { input });
    expect([status, stderr]).toEqual([
      1,
      "weightscope: standard input: longer than the 536871 bytes of a stream that are kept (--max-spool, maxSpool)\n",
    ]);
  });

  it("from an iterable that never ends, which is told", async () => {
    let told = false;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      try {
        yield small();
        for (;;) yield piece;
      } finally {
        told = true;
      }
    }
    await expect(
      openCheckpoint(endless() as unknown as ReadableStream<Uint8Array>, { maxSpool: MOST }),
    ).rejects.toMatchObject(refused);
    expect(told).toBe(true);
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(small()),
      pull: (controller) => controller.enqueue(piece),
    });
    await expect(openCheckpoint(stream, { maxSpool: MOST })).rejects.toMatchObject(refused);
  });
});

describe("a stream that begins as no checkpoint does", () => {
  /** How many bytes of an endless stream with this beginning are taken, and why no more. */
  async function taken(head: Uint8Array): Promise<{ bytes: number; code: unknown }> {
    let bytes = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      for (let next = head; ; next = piece) {
        bytes += next.length;
        yield next;
      }
    }
    const input = endless() as unknown as ReadableStream<Uint8Array>;
    const code: unknown = await openCheckpoint(input, { maxSpool: 64 * MOST }).catch((error) => error.code);
    return { bytes, code };
  }
  const wide = (descr: string, length: number): string =>
    `{'descr': '${descr}', 'fortran_order': False, 'shape': (${length},), }`;
  const claiming = (length: number, from = 0): string =>
    JSON.stringify({ w: { dtype: "U8", shape: [length], data_offsets: [from, from + length] } }).padEnd(5000);
  const lengths = gguf([["k", 8, "value"]], []);
  new DataView(lengths.buffer).setBigUint64(8, 1n << 40n, true);

  it.each([
    ["zeros", new Uint8Array(9)],
    ["a page", new TextEncoder().encode("<!doctype html><p>Sign in")],
    ["gzip", Uint8Array.from([0x1f, 0x8b, 8, 0])],
    ["a pickle", Uint8Array.from([0x80, 2, 0x7d])],
    ["a header that is no JSON", safetensorsOf(`{x${" ".repeat(5000)}`)],
    ["a header above the limit", safetensorsOf("{").fill(255, 0, 7)],
    ["a trillion of tensors", lengths],
    ["an array without a shape", npy("{'descr': '<f4', 'fortran_order': False}", new Uint8Array(4096))],
    ["an array of a type that there is not", npy("{'descr': '<f3', 'fortran_order': False, 'shape': (9,), }", piece)],
    ["an array of version 9", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", piece, 9)],
    ["an array that is longer than may be kept", npy(wide("<f4", 1 << 25), piece)],
    ["a tensor that is longer than may be kept", safetensorsOf(claiming(1 << 27))],
    ["tensors with a hole between them", safetensorsOf(claiming(4096, 64))],
  ])("%s: is left after a few pieces", async (_, head) => {
    const { bytes, code } = await taken(head);
    expect(code).toMatch(/unknown-|pickle|invalid-header|header-too-large|bad-magic|no-room|hole|unsupported-version/);
    expect(bytes).toBeLessThan(1.2 * MOST);
  });

  it("a header of some hundred thousand bytes is left soon after its end", async () => {
    const { bytes, code } = await taken(safetensorsOf(`${claiming(64).padEnd(300_000)}}`));
    expect(code).toBe("invalid-header");
    expect(bytes).toBeLessThan(0.5 * MOST);
  });

  it("but a valid beginning is taken to the limit", async () => {
    expect(await taken(small())).toMatchObject({ code: "no-room" });
  });
});
