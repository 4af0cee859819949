import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { servedSource } from "../../src/cli/served-source.js";
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

describe("serve SOURCE", () => {
  it("serves a file by ranges, with its address in the page's, and hands that to a browser", async () => {
    const file = path.join(folder, "a model.npy");
    await writeFile(file, "0123456789");
    const told = path.join(folder, "told");
    const browser = path.join(folder, "browser");
    await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > "${told}"\n`, { mode: 0o755 });
    const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
    const child = spawn(process.execPath, [cli, "serve", file, "--port", "0", "--open"], {
      env: { ...process.env, BROWSER: browser },
    });
    const address = String(await new Promise((resolve) => child.stdout.once("data", resolve))).trim();
    const source = new URLSearchParams(new URL(address).hash.slice(1)).get("src")!;
    expect(source).toBe(`${new URL(address).origin}/source/a%20model.npy`);
    const whole = await fetch(source);
    expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
    const part = await fetch(source, { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    expect((await fetch(source, { headers: { range: "bytes=7-99" } })).headers.get("content-range")).toBe(
      "bytes 7-9/10",
    );
    expect((await fetch(source, { headers: { range: "bytes=10-" } })).status).toBe(416);
    for (const other of ["secret.html", "..%2fsecret.html", "site", "."])
      expect((await fetch(new URL(other, source))).status, other).toBe(404);
    await expect.poll(() => readFile(told, "utf8").catch(() => ""), { timeout: 60_000 }).toBe(address);
    child.kill("SIGINT");
    await new Promise((resolve) => child.once("exit", resolve));
  });

  it("takes a directory's checkpoint with its shards and configurations, and addresses as they are", async () => {
    const model = path.join(folder, "model");
    await mkdir(model);
    const names = ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "config.json", "notes.md"];
    await Promise.all(names.map((name) => writeFile(path.join(model, name), "{}")));
    const found = await servedSource(model);
    expect(found.path).toBe("/source/model.safetensors.index.json");
    expect([...found.files.keys()].sort()).toEqual([
      "/source/config.json",
      "/source/model-00001-of-00002.safetensors",
      "/source/model.safetensors.index.json",
    ]);
    expect([...(await servedSource(path.join(folder, "a model.npy"))).files.keys()]).toEqual(["/source/a%20model.npy"]);
    expect(await servedSource("hf://owner/repo")).toMatchObject({ path: null, address: "hf://owner/repo" });
    await expect(servedSource(path.join(folder, "none.gguf"))).rejects.toMatchObject({ code: "not-found" });
    await expect(servedSource("-")).rejects.toThrow(/name a file/);
  });
});
