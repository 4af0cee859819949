import { existsSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, find, firefox } from "../support/browsers.mjs";
import { visitFolder } from "./browsers.mjs";
import { run, within } from "./processes.mjs";
import { startWorkerd } from "./workerd.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const installed = path.join(root, "build/hosts/node_modules");
export const example = path.join(root, "examples/selftrained-llama-en.bf16.safetensors");

const command = (name, program, { kind, flags = [], debug = false, module = null, light = false }) => ({
  name,
  program,
  kind,
  flags,
  debug,
  light,
  run: async (folder, seconds) =>
    JSON.parse(
      await run(program, [...flags, path.join(folder, "command.js"), example, ...(module ? [module] : [])], {
        seconds,
        env: { ...process.env, ...(light ? { LIGHT: "1" } : {}) },
      }),
    ),
});

const browser = (name, program, engine) => ({
  name,
  program,
  kind: "browser",
  engine,
  async run(folder, seconds) {
    // A folder each: browsers may run side by side.
    const page = path.join(folder, engine);
    await rm(page, { recursive: true, force: true });
    await mkdir(page, { recursive: true });
    await symlink(path.join(folder, "page.js"), path.join(page, "page.js"));
    await symlink(path.join(folder, "chunks"), path.join(page, "chunks"));
    await symlink(example, path.join(page, "example.safetensors"));
    await writeFile(
      path.join(page, "index.html"),
      `<!doctype html><meta charset="utf-8"><script src="/reporter.js"></script><script type="module" ` +
        `src="page.js"></script>`,
    );
    return JSON.parse(await visitFolder(engine, program, page, { seconds }));
  },
});

export const programs = {
  deno: find(process.env.DENO, path.join(installed, "@deno/linux-x64-glibc/deno"), "deno"),
  bun: find(process.env.BUN, path.join(installed, "@oven/bun-linux-x64/bin/bun"), "bun"),
  workerd: find(process.env.WORKERD, path.join(installed, "@cloudflare/workerd-linux-64/bin/workerd"), "workerd"),
  chromium,
  firefox,
  webkit: find("xvfb-run") && find(process.env.WEBKIT_DRIVER, "WebKitWebDriver"),
  qemu: find("qemu-aarch64"),
};
export const node = (major) =>
  find(process.env[`NODE${major}`], path.join(installed, `node${major}/bin/node`)) ??
  (process.versions.node.startsWith(`${major}.`) ? process.execPath : null);
const arm64 = path.join(installed, "../arm64/node_modules/node22/bin/node");
const arm64Libraries = "/usr/aarch64-linux-gnu";
const debugKernels = path.join(root, "build/debug.wasm");

/** Every host of the promise. `program` is null where it is missing; `kind` is the bundle it runs. */
export const hosts = [
  command("Node 20", node(20), { kind: "node" }),
  command("Node 22", node(22), { kind: "node" }),
  command("Node 24", node(24), { kind: "node" }),
  command("Deno", programs.deno, {
    kind: "deno",
    // What is compressed waits in a temporary file.
    flags: ["run", "--no-config", "--no-lock", "--allow-read", "--allow-env", `--allow-write=${tmpdir()}`],
  }),
  command("Bun", programs.bun, { kind: "bun" }),
  {
    name: "workerd",
    program: programs.workerd,
    kind: "workerd",
    async run(folder, seconds) {
      const link = path.join(folder, "example");
      await rm(link, { force: true });
      await symlink(example, link);
      const worker = await startWorkerd(programs.workerd, folder, ["workerd.js", "kernels.wasm", "quantized.wasm"], {
        example: "example",
      });
      try {
        return await within(
          seconds,
          (async () => {
            const text = await (await fetch(worker.origin)).text();
            if (!text.startsWith("{")) throw new Error(`${text}\n${worker.said()}`);
            return JSON.parse(text);
          })(),
          "workerd",
        );
      } finally {
        await worker.stop();
      }
    },
  },
  browser("Chromium", programs.chromium, "chromium"),
  browser("Firefox", programs.firefox, "firefox"),
  browser("WebKit", programs.webkit, "webkit"),
  command("Node 22, arm64", programs.qemu && existsSync(arm64) && existsSync(arm64Libraries) ? programs.qemu : null, {
    kind: "node",
    flags: ["-L", arm64Libraries, arm64],
    light: true,
  }),
  command("-O0 kernels", process.execPath, { kind: "node", module: debugKernels, debug: true, light: true }),
];
