import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import { openCheckpoint } from "../../src/index.js";
import { gguf, safetensors, safetensorsOf } from "../checkpoint/files.js";
import { opens } from "../checkpoint/server.js";
import { COLUMNS, file, options, ROWS, readB, server, url } from "./remote-file.js";

describe("byte ranges", () => {
  it("read the header and then only what is asked for, ahead within the tensor", async () => {
    await readB(url);
    const size = ROWS * COLUMNS * 4;
    expect(server.bytesSent).toBeLessThanOrEqual(size + 65536);
    // The first is short: how fast the server is shows only then.
    expect(server.requests.length).toBeLessThanOrEqual(3 + Math.ceil(size / (2 << 20)));
  });

  it("take URL objects, and http in any case", async () => {
    await readB(new URL(url));
    await readB(url.replace("http", "HTTP"));
  });

  it("show well under 1 % of a large file to inspect it and to read one tensor of many", async () => {
    const count = 400;
    const shape = [1024, 512];
    const size = 4 * 1024 * 512;
    const header = safetensorsOf(
      JSON.stringify(
        Object.fromEntries(
          Array.from({ length: count }, (_, i) => [
            `blocks.${i}.w`,
            { dtype: "F32", shape, data_offsets: [i * size, (i + 1) * size] },
          ]),
        ),
      ),
    );
    const large = {
      byteLength: header.length + count * size,
      read: (start: number, end: number) => {
        const bytes = new Uint8Array(end - start);
        if (start < header.length) bytes.set(header.subarray(start, end));
        return bytes;
      },
    };
    const checkpoint = await openCheckpoint(server.serve("/large.safetensors", large));
    expect(checkpoint.tensors.length).toBe(count);
    expect(server.bytesSent).toBeLessThan(large.byteLength * 0.0001);
    await checkpoint.readRows(checkpoint.tensors[123], 0, 1024);
    expect(server.bytesSent).toBeLessThan(large.byteLength * 0.003);
    await checkpoint.close();
  });

  it("are joined where many small tensors will be read, and left out between", async () => {
    const small = safetensors(
      Array.from({ length: 2000 }, (_, i) => ({
        name: `t${String(i).padStart(4, "0")}`,
        dtype: "F32",
        shape: [8, 128],
        bytes: new Float32Array(1024).fill(i),
      })),
    );
    const checkpoint = await openRaw(server.serve("/small.safetensors", small), options);
    const header = server.requests.length;
    const before = server.bytesSent;
    // The second quarter and the last: two runs of 2 MB.
    const wanted = [...checkpoint.tensors.slice(500, 1000), ...checkpoint.tensors.slice(1500)];
    const whole = wanted.map((tensor) => ({ tensor, start: 0, end: tensor.byteLength }));
    expect(checkpoint.expect(whole, 12 << 20)).toBe(true);
    for (const tensor of wanted)
      expect((await checkpoint.readRows(tensor, 0, 8))[5]).toBe(Number(tensor.name.slice(1)));
    expect(server.requests.length - header).toBeLessThanOrEqual(5);
    expect(server.bytesSent - before).toBeLessThanOrEqual(wanted.length * 4096);
    await checkpoint.close();
  });

  it("are several in flight", async () => {
    let open = 0;
    let most = 0;
    server.manner = ({ start, end, path }, response, count) => {
      if (count === 0) return false;
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        server.sendRange(response, path, start, end);
      }, 30);
      return true;
    };
    const checkpoint = await openCheckpoint(url, options);
    await checkpoint.readRows(checkpoint.tensors[0], 0, ROWS);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(16);
    await checkpoint.close();
  });

  it("open shards beside an index, and the parts of a split GGUF file", async () => {
    const part = (no: number, name: string) =>
      gguf(
        [
          ["split.no", 2, no],
          ["split.count", 2, 2],
        ],
        [{ name, type: 0, dimensions: [2], bytes: new Float32Array([no, no]) }],
      );
    server.serve("/g/m-00001-of-00002.gguf", part(0, "a"));
    server.serve("/g/m-00002-of-00002.gguf", part(1, "b"));
    server.serve(
      "/s/one%20file.safetensors",
      safetensors([{ name: "x", dtype: "F32", shape: [1], bytes: new Float32Array([5]) }]),
    );
    const index = server.serve(
      "/s/model.safetensors.index.json",
      new TextEncoder().encode(JSON.stringify({ weight_map: { x: "one file.safetensors" } })),
    );
    const split = await openCheckpoint(`${server.origin}/g/m-00002-of-00002.gguf`);
    expect(split.tensors.map((tensor) => tensor.name)).toEqual(["a", "b"]);
    const sharded = await openCheckpoint(index);
    expect([...(await sharded.readRows(sharded.tensors[0], 0, 1))]).toEqual([5]);
    for (const checkpoint of [split, sharded]) await checkpoint.close();
  });

  it("of an empty file find it empty", async () => {
    await expect(openCheckpoint(server.serve("/empty.safetensors", new Uint8Array(0)), options)).rejects.toMatchObject({
      code: "truncated",
    });
  });
});

describe("an answer that is shorter than the range, and says so", () => {
  it("is followed by the rest at once", async () => {
    const cap = 100_000;
    server.manner = ({ start, end, path }, response) => {
      if (Number.isNaN(end) || end - start <= cap) return false;
      server.sendRange(response, path, start, start + cap);
      return true;
    };
    // A single pause would outlast the test.
    await readB(url, { backoff: 1_000_000 });
  });
});

describe("headers that mean the same", () => {
  it("may change: a weak ETag for a strong one, an empty Content-Encoding", async () => {
    server.manner = ({ start, end, path }, response, count) => {
      server.sendRange(response, path, start, end, {
        etag: count % 2 === 0 ? 'W/"first"' : '"first"',
        "content-encoding": "",
      });
      return true;
    };
    await readB(url);
  });
});

describe("ranges that are not what was asked for", () => {
  const refused = async (code: string) => {
    const checkpoint = await openCheckpoint(url, options);
    await expect(checkpoint.readRows(checkpoint.tensors[1], 0, 10)).rejects.toMatchObject({ code });
    await checkpoint.close();
  };
  it("begin elsewhere", async () => {
    server.manner = (request, response) => {
      const { path, start, end } = request;
      if (!opens(request)) server.sendRange(response, path, start + 4, end);
      return !opens(request);
    };
    await refused("http-range");
  });
  it("hold more", async () => {
    server.manner = (request, response) => {
      const { path, start, end } = request;
      if (!opens(request))
        server.sendRange(response, path, start, end + 4, {
          "content-range": `bytes ${start}-${end - 1}/${file.length}`,
        });
      return !opens(request);
    };
    await refused("http-range");
  });
  it("are compressed", async () => {
    server.manner = (request, response) => {
      const { path, start, end } = request;
      if (!opens(request))
        response
          .writeHead(206, {
            "content-range": `bytes ${start}-${end - 1}/${file.length}`,
            "content-encoding": "gzip",
            etag: server.etag!,
          })
          .end(gzipSync(server.files.get(path)!.read(start, end)));
      return !opens(request);
    };
    await refused("http-range");
  });
  it("say where they are in a way that cannot be read", async () => {
    // Of another place, and with a total that is none: taken for an answer without a word, they would be false values.
    for (const total of ["9e9", "-1", ""]) {
      server.reset();
      const place = server.address("/m/model.safetensors");
      server.manner = (request, response) => {
        const { path, start, end } = request;
        const said = { "content-range": `bytes ${start + 4}-${end + 3}/${total}` };
        if (!opens(request)) server.sendRange(response, path, start + 4, end + 4, said);
        return !opens(request);
      };
      const checkpoint = await openCheckpoint(place, options);
      await expect(checkpoint.readRows(checkpoint.tensors[1], 0, 10)).rejects.toMatchObject({ code: "http-range" });
      await checkpoint.close();
    }
  });
  it("are refused with a body that breaks", async () => {
    const body = () => new ReadableStream({ start: (controller) => controller.error(new TypeError("terminated")) });
    const fetch = (async () => new Response(body(), { status: 416 })) as typeof globalThis.fetch;
    await expect(openCheckpoint("http://h/a", { ...options, fetch })).rejects.toMatchObject({ code: "truncated" });
  });
  it("turn into the whole file", async () => {
    server.manner = (request, response) => {
      const { path } = request;
      if (!opens(request)) server.sendWhole(response, path);
      return !opens(request);
    };
    await refused("http-range");
  });
  it("do not say where they are: the length is asked for by HEAD", async () => {
    server.manner = ({ path, start, end, method }, response) => {
      if (method === "HEAD") response.writeHead(200, { "content-length": String(file.length) }).end();
      else
        response
          .writeHead(206, { "content-length": String(Math.min(end, file.length) - start) })
          .end(server.files.get(path)!.read(start, end));
      return true;
    };
    await readB(url);
  });
});
