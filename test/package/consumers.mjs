/**
 * The package as it is published: `npm pack`, then installed into small throw-away projects, each of which must give
 * the report that Node gives, byte for byte. `--only NAME` runs those whose name contains NAME.
 */

import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build as bundle } from "esbuild";
import { build as buildVite, createServer as createViteServer, preview as previewVite } from "vite";
import { example, programs } from "../hosts/hosts.mjs";
import { run } from "../hosts/processes.mjs";
import { startWorkerd } from "../hosts/workerd.mjs";
import { isRequired, writeResults } from "../support/results.mjs";
import { elsewhere } from "./elsewhere.mjs";
import { frameworks } from "./frameworks.mjs";
import {
  byWorkers,
  compile,
  given,
  inBrowser,
  linters,
  manifest,
  npm,
  page,
  project,
  root,
  sources,
  strictPolicy,
  visitApp,
  vite,
  work,
} from "./projects.mjs";
import { startRegistry } from "./registry.mjs";

const flags = process.argv.slice(2);
const only = flags[flags.indexOf("--only") + 1] ?? "";
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
      const registry = await startRegistry(given.tarball, manifest);
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
  ...elsewhere,
  ...frameworks,
};

/** @type {string[]} */
const failures = [];
let passed = 0;
/** Of hosts that are not here. */
const leftOut = [];
try {
  const [packed] = JSON.parse(await npm(["pack", "--json", "--pack-destination", work], root));
  given.tarball = path.join(work, packed.filename);
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
        // Null: it has compared by itself.
        const report = (await consume())?.trim() ?? reference;
        if (report !== reference) throw new Error(`not Node's report, but ${report.slice(0, 300)}`);
      },
      "the same report",
    );
  }
  console.error(`*** MISSING HOST: "${name}" was not run ***`);
  leftOut.push(name);
  if (isRequired("hosts")) failures.push(`${name}: missing`);
}

async function check(name, work, verdict) {
  const started = Date.now();
  try {
    await work();
    passed++;
    console.log(`✓ ${name.padEnd(34)} ${verdict}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    failures.push(`${name}: ${error?.message ?? error}`);
    console.error(`✗ ${name}: ${error?.stack ?? error}`);
  }
}

writeResults("package-consumers", {
  passed,
  leftOut: leftOut.length > 0 ? { hosts: leftOut } : {},
  failures,
});
process.exit(failures.length === 0 ? 0 : 1);
