import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/index.js";
import { opens } from "../checkpoint/server.js";
import { COLUMNS, file, options, ROWS, readB, server, url } from "./remote-file.js";

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
