/** Servers that say nothing, drip, lie and never end. Most cases wait for the stated time, so all run at once. */
import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { pause } from "../queue/server.mjs";
import { Attack, ran, saysWhy } from "./attack.mjs";

/** Half a minute for what has begun, and two minutes of trying again; then what a busy machine needs. */
const STATED = 200;
const SECRET = "user:password-that-is-nowhere";

/** @typedef {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse,
 *   bytes: Buffer) => unknown} Manner */

const asked = (/** @type {import("node:http").IncomingMessage} */ request, /** @type {Buffer} */ bytes) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(first ?? 0);
  return { start, end: Math.min(bytes.length, Number(last ?? bytes.length - 1) + 1) };
};

/** Begins a range, as it was asked for. */
function begin(request, response, bytes, headers = {}) {
  const { start, end } = asked(request, bytes);
  response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${bytes.length}`, etag: '"1"', ...headers });
  return { start, end };
}

/** Writes again and again, as fast as it is read, until the reader goes. */
function withoutEnd(/** @type {import("node:stream").Writable} */ stream, piece, every = 0) {
  let open = true;
  stream.on("close", () => {
    open = false;
  });
  const more = () => {
    if (open) stream.write(piece(), () => setTimeout(more, every));
  };
  more();
}

const zeros = Buffer.alloc(1 << 16);
const unfolding = gzipSync(Buffer.alloc(1 << 24));

/** What the head asks for, then this. @type {Record<string, Manner>} */
const manners = {
  "never answers": () => undefined,
  "never answers a HEAD": (request, response, bytes) => {
    if (request.method === "HEAD") return;
    response.writeHead(206, { "content-range": "bytes 0-9/*" }).end(bytes.subarray(0, 10));
  },
  "a body that stops": (request, response, bytes) => {
    const { start } = begin(request, response, bytes);
    response.write(bytes.subarray(start, start + 100));
  },
  "a byte a connection": (request, response, bytes) => {
    const { start } = begin(request, response, bytes);
    response.write(bytes.subarray(start, start + 1), () => setTimeout(() => response.destroy(), 5));
  },
  "a byte a second": (request, response, bytes) => {
    let { start } = begin(request, response, bytes);
    withoutEnd(response, () => bytes.subarray(start, ++start), 1000);
  },
  closes: (_, response) => response.destroy(),
  "is always busy": (_, response) => response.writeHead(503).end(),
  "is busy for a year": (_, response) => response.writeHead(429, { "retry-after": "31536000" }).end(),
  "redirects in a circle": (_, response) => response.writeHead(302, { location: "/model.safetensors" }).end(),
  "redirects to a file of this machine": (_, response) =>
    response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "more than was asked for": (request, response, bytes) => {
    begin(request, response, bytes);
    withoutEnd(response, () => zeros);
  },
  "claims a length of exabytes": (_, response) =>
    response.writeHead(206, { "content-range": `bytes 0-9/${2 ** 53}` }).end("0123456789"),
  "claims a negative range": (_, response) =>
    response.writeHead(206, { "content-range": "bytes 10-2/-5" }).end("0123456789"),
  "compresses ranges": (request, response, bytes) => {
    begin(request, response, bytes, { "content-encoding": "gzip" });
    response.end(unfolding);
  },
  "another file each time": (request, response, bytes) => {
    const { start, end } = begin(request, response, bytes, { etag: `"${Math.random()}"` });
    response.end(bytes.subarray(start, Math.min(end, start + 50)));
  },
  "no bytes, each time": (request, response, bytes) => {
    begin(request, response, bytes);
    response.end();
  },
  "a page in place of the file": (_, response) => response.writeHead(200).end("<!doctype html><p>Sign in"),
  "no length and no end": (_, response) => {
    response.writeHead(200);
    withoutEnd(response, () => zeros);
  },
  "gzip that unfolds without an end": (_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    withoutEnd(response, () => unfolding);
  },
  "a length that is not one": (_, response) => response.writeHead(200, { "x-none": "1" }).end(zeros),
};

/** What is no HTTP, or hardly. @type {Record<string, (s: import("node:net").Socket) => void>} */
const connections = {
  garbage: (socket) => socket.end("\u0000\u0001 what? \r\n\r\n"),
  "a head without an end": (socket) => withoutEnd(socket, () => `x-more: ${"y".repeat(1000)}\r\n`),
  "a head, a byte a second": (socket) => {
    let at = 0;
    withoutEnd(socket, () => "HTTP/1.1 206 Partial Content\r\nx-slow: yes yes yes yes yes"[at++ % 60], 1000);
  },
  "continues without an end": (socket) => withoutEnd(socket, () => "HTTP/1.1 100 Continue\r\n\r\n", 20),
};

/** @param {import("node:net").Server} server @returns {Promise<number>} */
const listening = (server) =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(/** @type {import("node:net").AddressInfo} */ (server.address()).port)),
  );

/** @param {{ bytes: Buffer, tuned: string }} inputs */
export async function servers({ bytes, tuned }) {
  const attack = new Attack("servers that are silent, drip, lie or do not end");
  const left = new Attack("Ctrl-C while a server is waited for");
  const sockets = new Set();
  /** @type {import("node:net").Server[]} */
  const open = [];
  const running = [];
  const addressOf = async (/** @type {import("node:net").Server} */ server) => {
    open.push(server.on("connection", (socket) => sockets.add(socket.on("error", () => undefined))));
    return `http://${SECRET}@127.0.0.1:${await listening(server)}/model.safetensors`;
  };
  const against = async (what, server) => {
    const url = await addressOf(server);
    const limits = ["--max-spool", "0.05"];
    const commands = [
      ["inspect", url, ...limits],
      ["analyze", url, ...limits],
    ];
    if (what === "never answers") commands.push(["compare", url, tuned], ["compress", url, "--rank", "1", "--dry-run"]);
    for (const args of commands) {
      // All at once they would wait for each other, not for the server.
      await pause(150);
      running.push(
        attack.case(`${what}: ${args[0]}`, async () => {
          const ended = await ran(args, { seconds: STATED });
          saysWhy(ended, "", [1]);
          assert(!(ended.error + ended.out).includes("nowhere"), "the password is printed");
        }),
      );
    }
  };
  for (const what of ["never answers", "a body that stops", "no length and no end", "a byte a second"]) {
    /** @type {() => void} */
    let met;
    const asking = new Promise((resolve) => {
      met = () => resolve(undefined);
    });
    const server = createHttpServer((request, response) => {
      met();
      manners[what](
        request,
        response.on("error", () => undefined),
        bytes,
      );
    });
    const url = await addressOf(server);
    running.push(
      left.case(what, async () => {
        const act = (/** @type {import("../queue/server.mjs").Process} */ one) =>
          asking.then(() => pause(500)).then(() => one.kill("SIGINT"));
        const ended = await ran(["analyze", url], { act });
        assert(ended.status === 130, `status ${ended.status ?? ended.signal}: ${ended.error}`);
      }),
    );
  }
  for (const [what, manner] of Object.entries(manners))
    await against(
      what,
      createHttpServer((request, response) => {
        response.on("error", () => undefined);
        manner(request, response, bytes);
      }),
    );
  for (const [what, talk] of Object.entries(connections)) await against(what, createServer(talk));
  return Promise.all(running).then(() => {
    for (const server of open) server.close();
    for (const socket of sockets) socket.destroy();
    return [attack, left];
  });
}
