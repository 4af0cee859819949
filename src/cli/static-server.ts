import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import path from "node:path";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".gguf": "application/octet-stream",
};

/**
 * The page's policy: its own scripts, and WebAssembly; any address may be read, since checkpoints are; nothing may
 * frame it.
 */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' " +
  "data:; connect-src 'self' https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const headers = {
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** Paths of all files below. In a zip (Yarn's) a recursive listing leaves out where its entries lie. */
async function* pathsBelow(directory: string): AsyncGenerator<string, void, void> {
  for (const name of await readdir(directory)) {
    const below = path.join(directory, name);
    if ((await stat(below)).isDirectory()) yield* pathsBelow(below);
    else yield below;
  }
}

/**
 * Every file below a directory by its path in a URL. They are few and small; what is not in the map cannot be asked
 * for.
 */
async function filesBelow(directory: string): Promise<Map<string, { type: string; bytes: Buffer }>> {
  const files = new Map<string, { type: string; bytes: Buffer }>();
  for await (const file of pathsBelow(directory)) {
    const type = types[path.extname(file)];
    if (type === undefined) continue;
    files.set(`/${path.relative(directory, file).split(path.sep).join("/")}`, { type, bytes: await readFile(file) });
  }
  const index = files.get("/index.html");
  if (!index) throw new Error(`there is no page in ${directory}; npm run build makes it`);
  return files.set("/", index);
}

/** Names by which this machine calls itself: another site's name that leads here is turned away. */
const isLocal = (host: string | undefined): boolean => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? "");

/** A file of the disk, or the one range of it that was asked for (RFC 9110, 14.2); read as it is sent. */
async function sendFile(file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { size } = await stat(file);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  const end = to === undefined || to === "" ? size - 1 : Math.min(size - 1, Number(to));
  const about = { ...headers, "content-type": "application/octet-stream", "accept-ranges": "bytes" };
  if (from !== undefined && (start >= size || end < start))
    return void response.writeHead(416, { ...about, "content-range": `bytes */${size}` }).end();
  const length = size === 0 ? 0 : end - start + 1;
  if (from === undefined) response.writeHead(200, { ...about, "content-length": length });
  else
    response.writeHead(206, {
      ...about,
      "content-length": length,
      "content-range": `bytes ${start}-${end}/${size}`,
    });
  if (request.method === "HEAD" || length === 0) return void response.end();
  const stream = createReadStream(file, { start, end });
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}

/**
 * Listens on 127.0.0.1 only. `sources` are files of the disk by their paths in a URL, beside the page's own.
 * @throws an error with the system's code where the port is taken.
 */
export async function startServer(
  directory: string,
  port: number,
  sources: ReadonlyMap<string, string> = new Map(),
): Promise<{ server: Server; address: string }> {
  const files = await filesBelow(directory);
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const refuse = (status: number, text: string): void =>
      void response
        .writeHead(status, { ...headers, "content-type": "text/plain; charset=utf-8" })
        .end(request.method === "HEAD" ? undefined : `${text}\n`);
    if (!isLocal(request.headers.host)) return refuse(403, "this page is served to this machine only");
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "only GET and HEAD");
    const asked = (request.url ?? "").replace(/[?#].*$/s, "");
    const source = sources.get(asked);
    if (source !== undefined)
      return void sendFile(source, request, response).catch(() => refuse(404, "no such file any more"));
    const file = files.get(asked);
    if (!file) return refuse(404, "no such file");
    response
      .writeHead(200, { ...headers, "content-type": file.type, "content-length": file.bytes.length })
      .end(request.method === "HEAD" ? undefined : file.bytes);
  };
  // The module takes a while to load, and only this command needs it.
  const { createServer } = await import("node:http");
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = server.address();
  return { server, address: `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : port}/` };
}
