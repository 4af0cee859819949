/** What the queue's tests need on this machine: a redis-server of their own, a file server, and processes to be ill-treated. */
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

export const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
/** @param {number} milliseconds */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
export const hasRedis = () => spawnSync("redis-server", ["--version"]).status === 0;

/** @returns {Promise<number>} a port of the loopback interface that nobody listens on */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** A redis-server with its data in a folder, which may be ended in any way and started again. */
export class RedisServer {
  /** @param {string} folder @param {string} password */
  constructor(folder, password) {
    this.folder = folder;
    this.password = password;
    this.port = 0;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start() {
    this.port ||= await freePort();
    const settings = { port: this.port, bind: "127.0.0.1", dir: this.folder, save: "", appendonly: "yes" };
    const given = Object.entries({ ...settings, requirepass: this.password });
    const server = spawn(
      "redis-server",
      given.flatMap(([name, value]) => [`--${name}`, String(value)]),
      {
        stdio: "ignore",
      },
    );
    this.process = server;
    this.ended = new Promise((resolve) => server.once("exit", resolve));
    for (let tries = 0; tries < 100; tries++) {
      if (await this.answers()) return this;
      await pause(50);
    }
    throw new Error("redis-server does not start");
  }

  answers() {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      socket.once("connect", () => socket.destroy() && resolve(true));
      socket.once("error", () => resolve(false));
    });
  }

  /** @param {NodeJS.Signals} signal SIGTERM has it save what it knows, SIGKILL lose its last second */
  async stop(signal = "SIGTERM") {
    this.process?.kill(signal);
    await this.ended;
  }
}

/**
 * One file by byte ranges to whoever has the token, each answer after a delay.
 * @param {Buffer} file @param {string} token @param {number} delay milliseconds
 */
export async function fileServer(file, token, delay) {
  const server = createServer(async (request, response) => {
    await pause(delay);
    if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const [start, end] =
      first === undefined ? [0, file.length] : [Number(first), Math.min(file.length, Number(last) + 1)];
    response.writeHead(first === undefined ? 200 : 206, {
      etag: '"one"',
      "accept-ranges": "bytes",
      "content-length": end - start,
      ...(first !== undefined && { "content-range": `bytes ${start}-${end - 1}/${file.length}` }),
    });
    response.end(file.subarray(start, end));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${port}`, close };
}

/**
 * Many small matrices in one safetensors file.
 * @param {number} count
 * @param {[number, number]} shape
 */
export function manyMatrices(count, [rows, columns]) {
  const size = rows * columns * 4;
  const names = Array.from({ length: count }, (_, i) => `model.layers.${i >> 2}.mlp.${"abcd"[i & 3]}_proj.weight`);
  const entries = names.map((name, i) => [
    name,
    { dtype: "F32", shape: [rows, columns], data_offsets: [i * size, (i + 1) * size] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const values = new Float32Array((count * size) / 4);
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 0x80000000 - 1;
  }
  return Buffer.concat([length, header, Buffer.from(values.buffer)]);
}

/** A process of the command line, what it says, and its end. */
export class Process {
  /** @param {string[]} args @param {Record<string, string>} env */
  constructor(args, env) {
    this.child = spawn(process.execPath, [cli, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.out = "";
    this.error = "";
    this.child.stdout.setEncoding("utf8").on("data", (text) => {
      this.out += text;
    });
    this.child.stderr.setEncoding("utf8").on("data", (text) => {
      this.error += text;
    });
    /** @type {Promise<number | null>} */
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.child.kill(signal);
  }
}
