import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};

/** Posts what goes wrong in a page, so that a failure names itself. */
const reporter = `const post = (message) => fetch("/failed", { method: "POST", body: String(message) });
addEventListener("error", (event) => post(event.error?.stack ?? event.message ?? "a script could not be loaded"), true);
addEventListener("unhandledrejection", (event) => post(event.reason?.stack ?? event.reason));
`;

/**
 * A folder over HTTP on a free port, with byte ranges. A page's POST to /result settles `result`; /failed, or an error
 * in a page that loads /reporter.js, rejects it.
 * @param {string} folder
 * @param {import("node:http").OutgoingHttpHeaders} [headers]
 */
export async function serve(folder, headers = {}) {
  let settle;
  let fail;
  const result = new Promise((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  result.catch(() => {}); // awaited later
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (request.method === "POST") {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      response.end();
      if (pathname === "/result") settle(text);
      else fail(new Error(`in the page: ${text}`));
      return;
    }
    const file = path.join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    try {
      const body = pathname === "/reporter.js" ? Buffer.from(reporter) : null;
      const { size } = body ? { size: body.length } : await stat(file);
      const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
      const start = range ? Number(range[1]) : 0;
      const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
      response.writeHead(range ? 206 : 200, {
        "content-type": types[path.extname(file)] ?? "application/octet-stream",
        "content-length": end - start + 1,
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
        ...(range ? { "content-range": `bytes ${start}-${end}/${size}` } : {}),
        ...headers,
      });
      if (request.method === "HEAD") response.end();
      else if (body) response.end(body);
      else
        createReadStream(file, { start, end })
          .on("error", () => response.destroy())
          .pipe(response);
    } catch {
      response.writeHead(404).end();
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    origin: `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`,
    result,
    fail,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
