import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { withoutSecrets } from "../../src/base/printable.js";
import { analyze, openCheckpoint } from "../../src/index-node.js";
import { run, small } from "../cli/run.js";

const servers: ReturnType<typeof createServer>[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SECRET = /hunter2|s3cret|alice/;

describe("user, password and query of an address", () => {
  it("are taken out of any text", () => {
    expect(withoutSecrets("https://alice:hunter2@h.org:1/a/b?token=s3cret#x failed")).toBe(
      "https://h.org:1/a/b failed",
    );
    expect(withoutSecrets("https://alice:p@ss@h.org/a@b?x")).toBe("https://h.org/a@b");
    expect(withoutSecrets("ftp://alice@h.org")).toBe("ftp://h.org");
    expect(withoutSecrets("models/a?b#c@d")).toBe("models/a?b#c@d");
  });

  it("reach no report, no note and no error", async () => {
    const bytes = small();
    const host = await serving((request, response) => {
      const { pathname } = new URL(request.url ?? "", "http://h");
      if (!pathname.endsWith(".safetensors")) return void response.writeHead(pathname.includes("no") ? 404 : 500).end();
      response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    });
    const address = (path: string): string => `http://alice:hunter2@${host}/${path}?token=s3cret`;
    const report = await analyze(address("a.safetensors"));
    expect(JSON.stringify(report)).not.toMatch(SECRET);
    expect(report.source.name).toBe("a.safetensors");
    for (const format of ["table", "csv", "markdown", "json", "html"]) {
      const source = address("a.safetensors");
      const { stdout, stderr } = await run(["analyze", source, source, "--format", format, "--debug", "--progress"]);
      expect(stdout).toContain("safetensors");
      expect(stdout + stderr).not.toMatch(SECRET);
    }
    const bad = [
      "http://alice:hunter2@exa mple/?t=s3cret",
      "ftp://alice:hunter2@h/x?s3cret",
      "hf://alice:hunter2@h?s3cret",
      "http://alice:hunter2@127.0.0.1:1/?s3cret",
    ];
    for (const source of [...bad, address("none"), address("missing.index.json")]) {
      const { status, stdout, stderr } = await run(["analyze", source, "--debug"]);
      expect({ status, said: stdout + stderr }).toEqual({ status: 1, said: expect.not.stringMatching(SECRET) });
    }
  });
});

describe("a server", () => {
  const quick = { silence: 300, backoff: 1 };
  it("whose answer another try cannot mend is asked once", async () => {
    let asked = 0;
    const huge = await serving((_, response) => {
      asked++;
      response.writeHead(200, { "x-large": "x".repeat(100_000) }).end();
    });
    await expect(openCheckpoint(`http://${huge}/a`, quick)).rejects.toMatchObject({
      name: "CheckpointError",
      code: "http-failed",
    });
    expect(asked).toBe(1);
    const refused = Object.assign(new TypeError("fetch failed"), { cause: new Error("bad port") });
    let called = 0;
    const fetch = () => {
      called++;
      return Promise.reject(refused);
    };
    await expect(openCheckpoint("http://h:1/a", { ...quick, fetch })).rejects.toThrow(/bad port/);
    expect(called).toBe(1);
  });

  it("that drips a byte a connection, or a byte now and then, is given up", async () => {
    let asked = 0;
    const bytes = small();
    const dripping = await serving((request, response) => {
      asked++;
      const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "")!.map(Number);
      response.writeHead(206, { "content-range": `bytes ${start}-${Math.min(end, bytes.length - 1)}/${bytes.length}` });
      response.write(bytes.subarray(start, start + 1), () => setTimeout(() => response.destroy(), 5));
    });
    await expect(openCheckpoint(`http://${dripping}/a.safetensors`, quick)).rejects.toMatchObject({
      code: "http-failed",
    });
    expect(asked).toBeLessThan(60);
    const slow = await serving((request, response) => {
      const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "")!.map(Number);
      response.writeHead(206, { "content-range": `bytes ${start}-${Math.min(end, bytes.length - 1)}/${bytes.length}` });
      let at = start;
      const timer = setInterval(() => response.write(bytes.subarray(at, ++at)), 50);
      response.on("close", () => clearInterval(timer));
    });
    await expect(openCheckpoint(`http://${slow}/a.safetensors`, quick)).rejects.toThrow(/less than 1 kB a second came/);
  });

  it("that says nothing is given up after four silences, whatever the count of retries", async () => {
    let asked = 0;
    const silent = await serving(() => {
      asked++;
    });
    const begun = performance.now();
    await expect(openCheckpoint(`http://${silent}/a.safetensors`, quick)).rejects.toThrow(
      /gave up after 3 retries: the server does not answer/,
    );
    expect(asked).toBe(4);
    expect(performance.now() - begun).toBeGreaterThan(4 * quick.silence - 50);
  });

  it("that never answers a HEAD is given up", async () => {
    const bytes = small();
    const silent = await serving((request, response) => {
      if (request.method === "HEAD") return;
      response.writeHead(206, { "content-range": `bytes 0-9/*` }).end(bytes.subarray(0, 10));
    });
    await expect(openCheckpoint(`http://${silent}/a.safetensors`, quick)).rejects.toThrow(/the server does not answer/);
  });
});
