import { spawn } from "node:child_process";

/**
 * Runs a command to its end and gives what it printed; rejects with its last lines where it fails or takes too long.
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions & { seconds?: number, input?: string | Uint8Array }} [options]
 * @returns {Promise<string>}
 */
export function run(command, args, { seconds = 300, input, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      ...options,
    });
    const { stdin, stdout, stderr } = /** @type {any} */ (child);
    let out = "";
    let err = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, seconds * 1000);
    stdout.on("data", (chunk) => {
      out += chunk;
    });
    stderr.on("data", (chunk) => {
      err += chunk;
    });
    if (input !== undefined) stdin.end(input);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(out);
      else
        reject(
          new Error(
            `${command} ${args.join(" ")}: ${late ? `took over ${seconds} s` : (signal ?? `exit ${code}`)}\n` +
              `${`${out}\n${err}`.trim().split("\n").slice(-30).join("\n")}`,
          ),
        );
    });
  });
}

/** Starts a process group of its own that stays; `stop` ends it and all it started. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], ...options });
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  child.stderr?.on("data", (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const ended = new Promise((resolve) => {
    child.on("close", resolve);
    child.on("error", (error) => {
      said += error.message;
      resolve(-1);
    });
  });
  return {
    child,
    ended,
    said: () => said,
    async stop() {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // it has ended by itself
      }
      await ended;
    },
  };
}

export function within(seconds, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer in ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
