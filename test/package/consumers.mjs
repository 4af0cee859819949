/**
 * The package as it is published: `npm pack`, then installed into small throw-away projects, each of which must give
 * the report that Node gives, byte for byte. `--only NAME` runs those whose name contains NAME.
 */

import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build as buildVite, createServer as createViteServer, preview as previewVite } from "vite";
import { visit, visitFolder } from "../hosts/browsers.mjs";
import { example, programs } from "../hosts/hosts.mjs";
import { run } from "../hosts/processes.mjs";
import { serve } from "../hosts/serve.mjs";
import { startWorkerd } from "../hosts/workerd.mjs";
import { isRequired, writeResults } from "../support/results.mjs";
import { startRegistry } from "./registry.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sources = fileURLToPath(new URL("consumers/", import.meta.url));
const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
const flags = process.argv.slice(2);
const only = flags[flags.indexOf("--only") + 1] ?? "";
const work = await mkdtemp(path.join(tmpdir(), "weightscope-consumers-"));
const npm = (args, cwd) => run("npm", [...args, "--no-audit", "--no-fund", "--ignore-scripts"], { cwd });

/** A new project with the tarball installed, holding what lies in consumers/<names>. */
async function project(name, ...folders) {
  const folder = path.join(work, name);
  await mkdir(folder, { recursive: true });
  for (const from of folders) await cp(path.join(sources, from), folder, { recursive: true });
  await writeFile(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  await npm(["install", "--offline", tarball], folder);
  const installed = (await readdir(path.join(folder, "node_modules"))).filter((entry) => !entry.startsWith("."));
  if (installed.join() !== manifest.name) throw new Error(`installing the package brought ${installed.join(", ")}`);
  return folder;
}

/** A page with an external script only, so that the strictest policy can be served with it. */
async function page(name, script) {
  const folder = await project(name, "page");
  await symlink(example, path.join(folder, "example.safetensors"));
  await writeFile(
    path.join(folder, "index.html"),
    `<!doctype html><meta charset="utf-8"><script src="/reporter.js"></script><script type="module" ` +
      `src="${script}"></script>`,
  );
  return folder;
}

const inBrowser = async (browser, folder, headers) =>
  JSON.parse(await visitFolder(browser, programs[browser], folder, { headers }));
const byWorkers = ({ report, finished }) => {
  const { matrices } = JSON.parse(report).source;
  if (finished !== matrices) throw new Error(`workers did ${finished} of ${matrices} matrices`);
  return report;
};
/** Visits an app that another server serves; it posts back to ours. */
async function visitApp(url) {
  const folder = path.join(work, "back");
  await mkdir(folder, { recursive: true });
  await symlink(example, path.join(folder, "example.safetensors")).catch(() => {});
  const back = await serve(folder);
  try {
    return byWorkers(
      JSON.parse(
        await visit("chromium", programs.chromium, `${url}to=${encodeURIComponent(back.origin)}`, back.result),
      ),
    );
  } finally {
    await back.close();
  }
}

const strictPolicy = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'",
};
const vite = { configFile: false, logLevel: "error", clearScreen: false };
const compile = (folder, resolution) =>
  run(
    process.execPath,
    [
      path.join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      ".",
      "--typeRoots",
      path.join(root, "node_modules/@types"),
      ...resolution,
    ],
    { cwd: folder },
  );

/** name → [program it needs, what gives the report]. */
const consumers = {
  "Node, ESM": [
    process.execPath,
    async () => run(process.execPath, ["index.js", example], { cwd: await project("node", "command") }),
  ],
  "TypeScript, strict": [
    process.execPath,
    async () => {
      const folder = await project("typescript", "typescript");
      await compile(folder, ["--module", "esnext", "--moduleResolution", "bundler"]);
      await compile(folder, []);
      return run(process.execPath, ["out/index.js", example], { cwd: folder });
    },
  ],
  "Deno, npm:": [
    programs.deno,
    async () => {
      const folder = path.join(work, "deno");
      const registry = await startRegistry(tarball, manifest);
      await cp(path.join(sources, "deno"), folder, { recursive: true });
      await writeFile(path.join(folder, "deno.json"), "{}"); // or Deno looks for a project further up
      try {
        return await run(programs.deno, ["run", "--no-lock", "--allow-read", "--allow-env", "index.js", example], {
          cwd: folder,
          env: {
            ...process.env,
            NPM_CONFIG_REGISTRY: registry.url,
            DENO_DIR: path.join(work, "deno-cache"),
            NO_COLOR: "1",
          },
        });
      } finally {
        await registry.close();
      }
    },
  ],
  Bun: [
    programs.bun,
    async () => run(programs.bun, ["run", "index.js", example], { cwd: await project("bun", "command") }),
  ],
  "workerd, esbuild": [
    programs.workerd,
    async () => {
      const folder = await project("workerd", "workerd");
      await bundle({
        absWorkingDir: folder,
        entryPoints: ["worker.js"],
        outdir: "out",
        bundle: true,
        format: "esm",
        conditions: ["workerd", "worker", "browser"],
        loader: { ".wasm": "copy" },
        logLevel: "warning",
      });
      const worker = await startWorkerd(
        programs.workerd,
        path.join(folder, "out"),
        (await readdir(path.join(folder, "out"))).sort((a, b) => Number(b === "worker.js") - Number(a === "worker.js")),
      );
      try {
        return await (await fetch(worker.origin, { method: "POST", body: await readFile(example) })).text();
      } finally {
        await worker.stop();
      }
    },
  ],
  "Vite dev, Chromium": [
    programs.chromium,
    async () => {
      const server = await createViteServer({
        ...vite,
        root: await project("vite-dev", "vite", "page"),
        server: { host: "127.0.0.1", port: 0 },
      });
      await server.listen();
      try {
        return await visitApp(`http://127.0.0.1:${server.httpServer.address().port}/?`);
      } finally {
        await server.close();
      }
    },
  ],
  "Vite build, Chromium": [
    programs.chromium,
    async () => {
      const folder = await project("vite-build", "vite", "page");
      await buildVite({ ...vite, root: folder });
      const server = await previewVite({ ...vite, root: folder, preview: { host: "127.0.0.1", port: 0 } });
      try {
        const origin = `http://127.0.0.1:${server.httpServer.address().port}/`;
        const report = await visitApp(`${origin}?`);
        if (report !== (await visitApp(`${origin}?inlined&`))) throw new Error("another report without workerUrl");
        return report;
      } finally {
        await server.close();
      }
    },
  ],
  "esbuild, Chromium": [
    programs.chromium,
    async () => {
      const folder = await page("esbuild", "bundle/bundled.js");
      await bundle({
        absWorkingDir: folder,
        entryPoints: ["bundled.js"],
        outdir: "bundle",
        bundle: true,
        format: "esm",
        platform: "browser",
        logLevel: "warning",
      });
      return byWorkers(await inBrowser("chromium", folder));
    },
  ],
  ...Object.fromEntries(
    ["chromium", "firefox", "webkit"].flatMap((browser) => [
      [
        `<script type=module>, ${browser}`,
        [
          programs[browser],
          async () => byWorkers(await inBrowser(browser, await page(`plain-${browser}`, "plain.js"))),
        ],
      ],
      [
        `strict CSP, workerUrl, ${browser}`,
        [
          programs[browser],
          async () => byWorkers(await inBrowser(browser, await page(`strict-${browser}`, "strict.js"), strictPolicy)),
        ],
      ],
      [
        `strict CSP, one thread, ${browser}`,
        [
          programs[browser],
          async () => {
            const { report, finished } = await inBrowser(
              browser,
              await page(`alone-${browser}`, "plain.js"),
              strictPolicy,
            );
            if (finished !== 0) throw new Error("a worker ran that the policy forbids");
            return report;
          },
        ],
      ],
    ]),
  ),
};

/** What packages' linters say of the tarball. */
const linters = {
  publint: async () => {
    const { buffer, byteOffset, byteLength } = await readFile(tarball);
    const { messages } = await publint({
      pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
      strict: true,
    });
    if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, manifest)).join("\n"));
  },
  "are the types wrong": () =>
    run(
      process.execPath,
      [
        path.join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"),
        tarball,
        "--profile",
        "esm-only",
        "--no-color",
      ],
      { cwd: root },
    ),
};

let tarball;
let failures = 0;
let passed = 0;
/** Of hosts that are not here. */
const leftOut = [];
try {
  const [packed] = JSON.parse(await npm(["pack", "--json", "--pack-destination", work], root));
  tarball = path.join(work, packed.filename);
  console.log(
    `${packed.filename}: ${packed.files.length} files, ${(packed.size / 1000).toFixed(0)} kB packed, ` +
      `${(packed.unpackedSize / 1000).toFixed(0)} kB unpacked`,
  );
  for (const [name, lint] of Object.entries(linters)) await check(name, lint, "clean");
  const queue = Object.entries(consumers).filter(([name]) => name.toLowerCase().includes(only.toLowerCase()));
  const reference = (await consumers["Node, ESM"][1]()).trim();
  if (!reference.startsWith('{"schemaVersion":2')) throw new Error(`no report: ${reference.slice(0, 300)}`);
  await Promise.all(
    [0, 1].map(async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await checkConsumer(...next, reference);
    }),
  );
} finally {
  await rm(work, { recursive: true, force: true });
}

async function checkConsumer(name, [program, consume], reference) {
  if (program) {
    return check(
      name,
      async () => {
        const report = (await consume()).trim();
        if (report !== reference) throw new Error(`not Node's report, but ${report.slice(0, 300)}`);
      },
      "the same report",
    );
  }
  console.error(`*** MISSING HOST: "${name}" was not run ***`);
  leftOut.push(name);
  if (isRequired("hosts")) failures++;
}

async function check(name, work, verdict) {
  const started = Date.now();
  try {
    await work();
    passed++;
    console.log(`✓ ${name.padEnd(34)} ${verdict}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    failures++;
    console.error(`✗ ${name}: ${error?.stack ?? error}`);
  }
}

writeResults("package-consumers", { passed, failed: failures, leftOut: leftOut.length > 0 ? { hosts: leftOut } : {} });
process.exit(failures === 0 ? 0 : 1);
