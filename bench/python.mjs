/** A Python child that stays: arrays are loaded once, and each repetition is one line asked and one answered. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The interpreter that has numpy: Debian's, where there is another before it in the path. */
export const interpreter = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

export const oneThread = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

export const hasNumpy = () => spawnSync(interpreter, ["-c", "import numpy, scipy"]).status === 0;

export class Python {
  static async start() {
    return new Python(await mkdtemp(path.join(tmpdir(), "weightscope-bench-")));
  }

  constructor(folder) {
    this.folder = folder;
    this.child = spawn(interpreter, [fileURLToPath(new URL("peer.py", import.meta.url))], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...oneThread },
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async ask(request) {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error("the Python child ended");
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`Python: ${answer.error}`);
    return answer;
  }

  /** Runs statements; names stay. */
  run(code) {
    return this.ask({ run: code });
  }
  /** Processor seconds of an expression. */
  async time(code) {
    return (await this.ask({ time: code })).seconds;
  }
  /** Its value, as JSON. */
  async value(code) {
    return (await this.ask({ value: code })).value;
  }

  /** Puts a typed array where Python can read it, under a name there. */
  async put(name, data, shape) {
    const file = path.join(this.folder, `${name}.bin`);
    await writeFile(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const type = { Float32Array: "f4", Float64Array: "f8", Uint32Array: "u4", Int32Array: "i4", Uint16Array: "u2" }[
      data.constructor.name
    ];
    await this.run(`${name} = np.fromfile(${JSON.stringify(file)}, "<${type}").reshape(${JSON.stringify(shape)})`);
    await rm(file);
  }

  async stop() {
    this.child.stdin.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}
