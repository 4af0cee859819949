/** What the queue's tests need on this machine: a redis-server of their own, a file server, processes to ill-treat. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import path from "node:path";
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

/** Whether somebody listens there. @param {number} port @returns {Promise<boolean>} */
const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
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
    return listens(this.port);
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

/** Options of Node: it says at its end what it held at most, without what getrusage counts of its parent, and took. */
export const counted = [
  "--import",
  `data:text/javascript,import { readFileSync } from "node:fs"; process.on("exit", () => {
    const [, kilobytes] = /VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "latin1"));
    const { user, system } = process.cpuUsage();
    console.error(JSON.stringify({ megabytes: (kilobytes * 1024) / 1e6, processor: (user + system) / 1e6 }));
  })`,
];
/** What such a process said. @param {string} said @returns {{ megabytes: number, processor: number }} */
export const countedOf = (said) => JSON.parse(said.trim().split("\n").at(-1) ?? "{}");

/** A process of the command line, what it says, and its end. */
export class Process {
  /**
   * @param {string[]} args
   * @param {Record<string, string>} env
   * @param {{ stdin?: "ignore" | "pipe" | number, stdout?: "pipe" | number, through?: string[], options?: string[] }}
   *   how `through`: the program, with its arguments, that runs it in place of its own; `options` of Node
   */
  constructor(args, env, { stdin = "ignore", stdout = "pipe", through = [], options = [] } = {}) {
    const [program, ...rest] = [...through, process.execPath, ...options, cli, ...args];
    this.child = spawn(program, rest, { env: { ...process.env, ...env }, stdio: [stdin, stdout, "pipe"] });
    this.out = "";
    this.error = "";
    this.child.stdout?.setEncoding("utf8").on("data", (text) => {
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

/** PostgreSQL's own programs, on the path or where Debian keeps them. @param {string} name */
function postgresProgram(name) {
  if (spawnSync(name, ["--version"]).status === 0) return name;
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => `${root}/${version}/bin/${name}`).find((file) => existsSync(file)) ?? null;
}
export const hasPostgres = () => postgresProgram("initdb") !== null && postgresProgram("postgres") !== null;

/** The same of PostgreSQL. */
export class PostgresServer {
  /** @param {string} folder @param {string} password */
  constructor(folder, password) {
    this.data = path.join(folder, "postgres");
    this.password = password;
    this.port = 0;
    // It refuses to run as root.
    const [uid, gid] = ["-u", "-g"].map((what) => Number(spawnSync("id", [what, "postgres"]).stdout));
    this.as = process.getuid?.() === 0 ? { uid, gid } : {};
  }

  get url() {
    return `postgres://weightscope@127.0.0.1:${this.port}/postgres`;
  }

  async start() {
    if (this.port === 0) {
      this.port = await freePort();
      mkdirSync(this.data, { mode: 0o700 });
      const passwords = `${this.data}.password`;
      writeFileSync(passwords, this.password);
      for (const file of [this.data, passwords])
        if (this.as.uid !== undefined) chownSync(file, this.as.uid, this.as.gid ?? 0);
      chmodSync(path.dirname(this.data), 0o755);
      const given = [
        "-D",
        this.data,
        "-U",
        "weightscope",
        "--auth=scram-sha-256",
        `--pwfile=${passwords}`,
        "-E",
        "UTF8",
      ];
      const made = spawnSync(/** @type {string} */ (postgresProgram("initdb")), given, { ...this.as, cwd: "/" });
      if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    }
    for (let tries = 0; tries < 20; tries++) {
      const given = ["-D", this.data, "-p", String(this.port), "-k", this.data, "-h", "127.0.0.1"];
      const program = /** @type {string} */ (postgresProgram("postgres"));
      const server = spawn(program, given, { stdio: "ignore", cwd: "/", ...this.as });
      this.process = server;
      let alive = true;
      this.ended = new Promise((resolve) =>
        server.once("exit", (status) => {
          alive = false;
          resolve(status);
        }),
      );
      for (let looks = 0; alive && looks < 100; looks++) {
        if (await this.answers()) return this;
        await pause(50);
      }
      // After a kill, its children may still be there.
      await pause(200);
    }
    throw new Error("postgres does not start");
  }

  answers() {
    return listens(this.port);
  }

  /** @param {NodeJS.Signals} signal SIGTERM is a fast shutdown */
  async stop(signal = "SIGTERM") {
    this.process?.kill(signal === "SIGTERM" ? "SIGINT" : signal);
    await this.ended;
  }
}
