import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import { openCheckpoint } from "../../src/index.js";
import type { CheckpointInput } from "../../src/types.js";
import { gguf, npy, safetensors, safetensorsOf, zip } from "../checkpoint/files.js";
import { FileServer, opens } from "../checkpoint/server.js";

const COLUMNS = 1000;
const ROWS = 1500;
/** Three matrices of 6 MB. */
const values = Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => (i % 4099) / 16);
const file = safetensors(
  ["a", "b", "c"].map((name, i) => ({
    name,
    dtype: "F32",
    shape: [ROWS, COLUMNS],
    bytes: values.map((value) => value + i),
  })),
);

const server = new FileServer();
const other = new FileServer();
const options = { backoff: 1, silence: 10_000 };
let url: string;
beforeAll(async () => {
  await server.start();
  await other.start();
  server.serve("/m/model.safetensors", file);
  other.serve("/m/model.safetensors", file);
});
beforeEach(() => {
  server.reset();
  other.reset();
  url = server.address("/m/model.safetensors");
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await server.stop();
  await other.stop();
});

/** Opens, and reads matrix b in blocks. */
async function readB(input: CheckpointInput, more: object = {}): Promise<void> {
  const checkpoint = await openRaw(input, { ...options, ...more });
  try {
    const tensor = checkpoint.tensors.find((one) => one.name === "b")!;
    for (let row = 0; row < ROWS; row += 300) {
      const rows = await checkpoint.readRows(tensor, row, row + 300);
      for (let i = 0; i < rows.length; i += 997)
        if (rows[i] !== values[row * COLUMNS + i] + 1) throw new Error(`row ${row}, value ${i} is ${rows[i]}`);
    }
  } finally {
    await checkpoint.close();
  }
}

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

describe("a server in trouble", () => {
  it("is asked again after 429 and 5xx, as late as it says", async () => {
    const statuses = [429, 500, 502, 503, 504];
    server.manner = (_, response, count) => {
      if (count >= statuses.length) return false;
      response.writeHead(statuses[count], count === 0 ? { "retry-after": "1" } : {}).end("busy");
      return true;
    };
    const start = performance.now();
    await readB(url);
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  it("is given up in the end, in one line", async () => {
    server.manner = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(openCheckpoint(url, options)).rejects.toMatchObject({
      code: "http-failed",
      message: expect.stringMatching(/^http:\S+model\.safetensors: gave up after 5 retries: the server answered 503$/),
    });
    expect(server.requests.length).toBe(6);
  });

  it("that drops connections is resumed at the byte", async () => {
    let sent = 0;
    server.manner = ({ start, end, path }, response, count) => {
      if (count === 0) return false;
      const whole = server.files.get(path)!;
      const half = Math.max(1, (end - start) >> 1);
      response.writeHead(206, {
        "content-range": `bytes ${start}-${end - 1}/${whole.byteLength}`,
        "content-length": String(end - start),
        etag: server.etag!,
      });
      if (end - start < 100_000) {
        sent += end - start;
        response.end(whole.read(start, end));
        return true;
      }
      sent += half;
      response.write(whole.read(start, start + half), () => setTimeout(() => response.destroy(), 5));
      return true;
    };
    await readB(url);
    // Nothing was sent twice.
    expect(sent).toBeLessThanOrEqual(ROWS * COLUMNS * 4);
  });

  it("that sends less than asked for is asked for the rest", async () => {
    server.manner = ({ start, end, path }, response, count) => {
      if (count > 0) server.sendRange(response, path, start, Math.min(end, start + 300_000));
      return count > 0;
    };
    await readB(url);
  });

  it("that falls silent is asked again", async () => {
    server.manner = ({ start, end, path }, response, count) => {
      if (count === 0) return true;
      if (count === 2) {
        response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${file.length}`, etag: server.etag! });
        response.write(server.files.get(path)!.read(start, start + 1000));
        return true;
      }
      return false;
    };
    await readB(url, { silence: 300 });
  });

  it("that is not there is one line", async () => {
    const { origin } = server;
    await expect(openCheckpoint("http://127.0.0.1:9/x.safetensors", { ...options })).rejects.toMatchObject({
      code: "http-failed",
    });
    await expect(openCheckpoint(`${origin}/none.safetensors`, options)).rejects.toMatchObject({
      code: "not-found",
      message: `${origin}/none.safetensors: the server answered 404: no such file`,
    });
    for (const [status, code] of [
      [401, "http-forbidden"],
      [403, "http-forbidden"],
      [400, "http-status"],
      [418, "http-status"],
    ] as const) {
      server.manner = (_, response) => {
        response.writeHead(status).end();
        return true;
      };
      await expect(openCheckpoint(url, options)).rejects.toMatchObject({ code });
    }
  });

  it("can be left at any moment", async () => {
    server.manner = () => true;
    const controller = new AbortController();
    const opening = openCheckpoint(url, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await expect(opening).rejects.toThrow("enough");
    server.manner = (_, __, count) => count > 1;
    const checkpoint = await openCheckpoint(url, options);
    const reader = new AbortController();
    const reading = checkpoint.readRows(checkpoint.tensors[0], 0, ROWS, reader.signal);
    setTimeout(() => reader.abort(new Error("no more")), 20);
    await expect(reading).rejects.toThrow("no more");
    await checkpoint.close();
  });
});

describe("a file that changes half-way", () => {
  const second = async () => {
    const checkpoint = await openCheckpoint(url, options);
    const reading = checkpoint.readRows(checkpoint.tensors[1], 0, 10);
    await expect(reading).rejects.toMatchObject({ code: "changed" });
    await checkpoint.close();
  };
  it("by its ETag", async () => {
    server.manner = (request) => {
      server.etag = opens(request) ? '"first"' : '"second"';
      return false;
    };
    await second();
  });
  it("by its date, where there is no ETag", async () => {
    server.manner = (request, response) => {
      const { path, start, end } = request;
      server.etag = null;
      server.sendRange(response, path, start, end, {
        "last-modified": opens(request) ? "Mon, 01 Jan 2024 00:00:00 GMT" : "Tue, 02 Jan 2024 00:00:00 GMT",
      });
      return true;
    };
    await second();
  });
  it("by its length", async () => {
    server.manner = (request, response) => {
      const { path, start, end } = request;
      if (!opens(request))
        server.sendRange(response, path, start, end, {
          "content-range": `bytes ${start}-${end - 1}/${file.length + 1}`,
        });
      return !opens(request);
    };
    await second();
  });
  it("by being shorter than the range", async () => {
    server.manner = (request, response) => {
      if (!opens(request)) response.writeHead(416, { "content-range": "bytes */100" }).end();
      return !opens(request);
    };
    await second();
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

describe("a server that ignores ranges", () => {
  const ignoring = (length: boolean) => {
    server.manner = ({ path }, response) => {
      server.sendWhole(response, path, length ? { "content-length": String(server.files.get(path)!.byteLength) } : {});
      return true;
    };
  };
  it("is streamed once, in order", async () => {
    ignoring(true);
    await readB(url);
    expect(server.requests.length).toBe(1);
  });
  it("is read no further than needed, and what came can be read again in any order", async () => {
    let sent = 0;
    const large = safetensors(
      Array.from({ length: 24 }, (_, i) => ({
        name: `t${String(i).padStart(2, "0")}`,
        dtype: "F32",
        shape: [1024, 1024],
        bytes: new Float32Array(1 << 20).fill(i),
      })),
    );
    server.manner = (_, response) => {
      response.writeHead(200, { "content-length": String(large.length) });
      const write = () => {
        while (sent < large.length && response.write(large.subarray(sent, (sent += 65536))) /* on */);
        if (sent < large.length) response.once("drain", write);
        else response.end();
      };
      write();
      return true;
    };
    const checkpoint = await openCheckpoint(server.serve("/large-stream.safetensors", large), options);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Some MB are in the buffers of the connection.
    expect(sent).toBeLessThan(large.length * 0.6);
    for (const [tensor, row] of [
      [1, 0],
      [23, 1023],
      [0, 0],
      [7, 7],
    ])
      expect((await checkpoint.readRows(checkpoint.tensors[tensor], row, row + 1))[0]).toBe(tensor);
    expect(server.requests.length).toBe(1);
    await checkpoint.close();
  });
  it("and does not say how long the file is, is kept in a temporary file", async () => {
    ignoring(false);
    await readB(url);
    const checkpoint = await openCheckpoint(
      server.serve(
        "/a.npz",
        zip([
          { name: "w.npy", bytes: npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4)) },
        ]),
      ),
    );
    expect(checkpoint.format).toBe("npz");
    await checkpoint.close();
  });
  it("and breaks off is an error at the byte", async () => {
    server.manner = ({ path }, response) => {
      response.writeHead(200, { "content-length": String(file.length) });
      response.write(server.files.get(path)!.read(0, 9_000_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    await expect(readB(url)).rejects.toMatchObject({ code: "http-failed", message: expect.stringMatching(/byte \d+/) });
  });
});

describe("redirects", () => {
  const redirecting = (location: string, status = 302) => {
    server.manner = (_, response) => {
      response.writeHead(status, { location }).end();
      return true;
    };
  };
  it("are followed, and remembered", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      server.reset();
      url = server.address("/m/model.safetensors");
      redirecting(`${other.origin}/m/model.safetensors?signature=1`, status);
      await readB(url);
      expect(server.requests.length).toBe(1);
    }
  });
  it("never carry a token, a header or a password to another host", async () => {
    redirecting(`${other.origin}/m/model.safetensors`);
    await readB(url, { token: "secret", headers: { "X-Api-Key": "secret" } });
    await readB(url.replace("//", "//user:secret@"));
    expect(server.requests[0].headers).toMatchObject({ authorization: "Bearer secret", "x-api-key": "secret" });
    expect(server.requests[1].headers.authorization).toBe(`Basic ${btoa("user:secret")}`);
    expect(other.requests.length).toBeGreaterThan(4);
    expect(JSON.stringify(other.requests)).not.toContain("secret");
  });
  it("keep the token on the same host", async () => {
    server.serve("/elsewhere.safetensors", file);
    server.manner = ({ path }, response) => {
      if (path !== "/elsewhere.safetensors") response.writeHead(302, { location: "/elsewhere.safetensors" }).end();
      return path !== "/elsewhere.safetensors";
    };
    await readB(url, { token: "secret" });
    expect(server.requests.every((request) => request.headers.authorization === "Bearer secret")).toBe(true);
  });
  it("that expire are asked for anew", async () => {
    redirecting(`${other.origin}/m/model.safetensors`);
    other.manner = (_, response, count) => {
      if (count === 2) response.writeHead(403).end();
      return count === 2;
    };
    await readB(url);
    // Once at first, once more for each request that was in flight when the address had expired.
    expect(server.requests.length).toBeGreaterThanOrEqual(2);
    expect(server.requests.length).toBeLessThanOrEqual(5);
  });
  it("that lead nowhere are one line", async () => {
    redirecting(url);
    await expect(openCheckpoint(url, options)).rejects.toMatchObject({ code: "bad-redirect" });
    for (const location of ["file:///etc/passwd", "ftp://host/a", "data:,x", "http://["]) {
      redirecting(location);
      await expect(openCheckpoint(url, options)).rejects.toMatchObject({ code: "bad-redirect" });
    }
  });
});

describe("a token", () => {
  it("is not sent in the clear, and passwords are not shown", async () => {
    await expect(openCheckpoint("http://example.invalid/m.safetensors", { token: "secret" })).rejects.toMatchObject({
      code: "insecure",
    });
    server.manner = (_, response) => {
      response.writeHead(403).end();
      return true;
    };
    const error: Error = await openCheckpoint(`${url.replace("//", "//user:secret@")}&key=secret`, options).catch(
      (reason) => reason,
    );
    expect(error.message).not.toContain("secret");
  });
});

describe("what cannot be sent", () => {
  it("is refused before it is tried, without quoting it", async () => {
    const unsendable: { token?: string; headers?: Record<string, string> }[] = [
      { token: "se\ncret" },
      { headers: { "x-key": "se\ncret" } },
      { headers: { "no name": "secret" } },
    ];
    for (const more of unsendable) {
      const error: Error & { code?: string } = await openCheckpoint(url, { ...options, ...more }).catch(
        (reason) => reason,
      );
      expect(error.code).toBe("bad-header");
      expect(error.message).not.toMatch(/cret/);
    }
    expect(server.requests).toEqual([]);
    await readB(url, { token: "secret\n" });
    expect(server.requests[0].headers.authorization).toBe("Bearer secret");
    for (const address of ["https://", "http://[", "https://%"])
      await expect(openCheckpoint(address)).rejects.toMatchObject({ code: "bad-url" });
  });
});

describe("a browser, which follows redirects itself", () => {
  /** Shows no redirect, and follows where it is told to. */
  const browser = (async (input: URL, init: RequestInit) => {
    const response = await fetch(input, init);
    if (init.redirect !== "manual" || response.status !== 302) return response;
    return Object.defineProperty(new Response(null), "type", { value: "opaqueredirect" });
  }) as typeof fetch;
  const redirecting = () => {
    server.manner = (_, response) => {
      response.writeHead(302, { location: `${other.origin}/m/model.safetensors` }).end();
      return true;
    };
  };

  it("is let, with a token, and the address it came to is remembered", async () => {
    redirecting();
    await readB(url, { fetch: browser, token: "secret" });
    expect(server.requests.length).toBe(2);
    expect(JSON.stringify(other.requests)).not.toContain("secret");
  });
  it("is not let with other headers, which it would take along", async () => {
    redirecting();
    await expect(
      openCheckpoint(url, { ...options, fetch: browser, headers: { "x-api-key": "secret" } }),
    ).rejects.toMatchObject({ code: "bad-redirect" });
    expect(other.requests).toEqual([]);
  });
});

describe("hf://", () => {
  const hub = () => {
    vi.stubEnv("HF_ENDPOINT", server.origin);
    vi.stubEnv("HF_TOKEN", "secret");
    for (const revision of ["main", "v1.0", "refs%2Fpr%2F3"])
      server.serve(`/owner/repo/resolve/${revision}/model.safetensors`, file);
    server.serve("/owner/repo/resolve/main/sub/other%20one.safetensors", file);
    server.serve(
      "/api/models/owner/repo/revision/main",
      new TextEncoder().encode(
        JSON.stringify({
          id: "owner/repo",
          siblings: [
            { rfilename: ".gitattributes" },
            { rfilename: "model.safetensors", size: 3 },
            { rfilename: "onnx/a.safetensors" },
          ],
        }),
      ),
    );
  };
  it("reads a repository, a revision, a file, with HF_TOKEN", async () => {
    hub();
    for (const address of [
      "hf://owner/repo",
      "hf://owner/repo@v1.0/model.safetensors",
      "hf://owner/repo@refs/pr/3/model.safetensors",
      "hf://owner/repo/sub/other one.safetensors",
    ])
      await readB(address);
    expect(server.requests.every((request) => request.headers.authorization === "Bearer secret")).toBe(true);
  });
  it("prefers the token it is given", async () => {
    hub();
    await readB("hf://owner/repo", { token: "mine" });
    expect(server.requests.every((request) => request.headers.authorization === "Bearer mine")).toBe(true);
  });
  it("refuses what is no such address", async () => {
    hub();
    for (const address of [
      "hf://owner",
      "hf://owner/repo/../x",
      "hf://owner/repo@",
      "hf://owner//x",
      "hf://../repo/x",
      "hf:///owner/repo",
    ])
      await expect(openCheckpoint(address, options)).rejects.toMatchObject({ code: "bad-url" });
    await expect(openCheckpoint("hf://owner/none", options)).rejects.toMatchObject({ code: "not-found" });
    server.serve("/api/models/owner/bad/revision/main", new TextEncoder().encode('{"siblings": 3}'));
    await expect(openCheckpoint("hf://owner/bad", options)).rejects.toMatchObject({ code: "invalid-index" });
  });
});

describe("a stream", () => {
  const streamOf = (bytes: Uint8Array) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 700_001) controller.enqueue(bytes.subarray(at, at + 700_001));
        controller.close();
      },
    });
  it("is read whole, in any order, and leaves nothing behind", async () => {
    const mine = mkdtempSync(path.join(tmpdir(), "weightscope-stream-"));
    vi.stubEnv("TMPDIR", mine);
    vi.stubEnv("TEMP", mine);
    const checkpoint = await openCheckpoint(streamOf(file));
    for (const i of [2, 0, 1])
      expect((await checkpoint.readRows(checkpoint.tensors[i], 7, 8))[3]).toBe(values[7003] + i);
    await checkpoint.close();
    expect(readdirSync(mine)).toEqual([]);
    rmdirSync(mine);
  });
  it("that breaks, breaks the opening", async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("cut")) });
    await expect(openCheckpoint(broken)).rejects.toThrow("cut");
    await expect(openCheckpoint(streamOf(file.slice(0, 1000)))).rejects.toMatchObject({ code: "truncated" });
  });
});

describe("options.fetch", () => {
  it("is used in place of the host's", async () => {
    let calls = 0;
    await readB("https://models.example/m/model.safetensors", {
      token: "secret",
      fetch: ((input: URL, init: RequestInit) => {
        calls++;
        expect(input.host).toBe("models.example");
        return fetch(url, init);
      }) as typeof fetch,
    });
    expect(calls).toBeGreaterThan(2);
  });
});
