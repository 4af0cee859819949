import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer } from "../../src/cli/static-server.js";

let folder: string;
let started: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "weightscope-"));
  const site = path.join(folder, "site");
  await mkdir(path.join(site, "chunks"), { recursive: true });
  await Promise.all(
    [
      ["site/index.html", "<p>page"],
      ["site/chunks/a.js", "1"],
      ["site/notes.txt", "no"],
      ["secret.html", "no"],
    ].map(([name, text]) => writeFile(path.join(folder, name), text)),
  );
  started = await startServer(site, 0);
});
afterAll(async () => {
  started.server.close();
  await rm(folder, { recursive: true });
});

/** A request whose path and Host are sent as they are. */
const ask = (
  target: string,
  { method = "GET", host }: { method?: string; host?: string } = {},
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(started.address);
    request(
      { host: "127.0.0.1", port, path: target, method, headers: host === undefined ? {} : { host } },
      (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (part: string) => {
            text += part;
          })
          .on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      },
    )
      .on("error", reject)
      .end();
  });

it("serves the page with its policy, and isolated", async () => {
  const { status, headers, text } = await ask("/?x");
  expect([status, text]).toEqual([200, "<p>page"]);
  expect(headers["content-security-policy"]).toMatch(/default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
  expect(headers["content-security-policy"]).not.toContain("unsafe-inline");
  expect(headers).toMatchObject({
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "x-content-type-options": "nosniff",
    "content-type": "text/html; charset=utf-8",
  });
  expect((await ask("/chunks/a.js")).headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(await ask("/", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
});

it("gives nothing beside the page", async () => {
  for (const target of [
    "/../secret.html",
    "/..%2fsecret.html",
    "/%2e%2e/secret.html",
    "/chunks/../../secret.html",
    "//secret.html",
    "/notes.txt",
    "/chunks",
    "/chunks/",
    "/\\..\\secret.html",
    "/index.html/",
    "/a%00",
  ])
    expect((await ask(target)).status, target).toBe(404);
  expect((await ask("/", { method: "POST" })).status).toBe(405);
});

it("answers this machine's names only, on 127.0.0.1 only", async () => {
  expect((await ask("/", { host: "evil.example" })).status).toBe(403);
  expect((await ask("/", { host: "localhost:1234" })).status).toBe(200);
  expect(started.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
});

it("says when its port is taken or there is no page", async () => {
  await expect(startServer(path.join(folder, "site"), Number(new URL(started.address).port))).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await expect(startServer(path.join(folder, "site", "chunks"), 0)).rejects.toThrow("no page");
});
