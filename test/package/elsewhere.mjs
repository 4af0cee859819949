/**
 * Consumers that want a program of test/package/pinned, or TypeScript, or another start of Node: name → [program it
 * needs, what gives the report].
 */
import { copyFile, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { example, node, programs } from "../hosts/hosts.mjs";
import { run, start, within } from "../hosts/processes.mjs";
import { serve } from "../hosts/serve.mjs";
import { given, inBrowser, manifest, nodeTypes, page, project, root, tsc, visitApp } from "./projects.mjs";
import { installTools, toolOf } from "./tools.mjs";

const installed = await installTools();
/** What runs in Node by a program that has to be installed. */
const tool = installed ? process.execPath : null;

/** A project that sees some of the installed programs as packages of its own. */
async function projectWith(packages, name, ...folders) {
  const folder = await project(name, ...folders);
  for (const one of packages) await symlink(toolOf(one), path.join(folder, "node_modules", one));
  return folder;
}

/** Every entry's types, where there is no DOM library, and where there is; found by `exports`, and without. */
async function typesOf() {
  const folder = await project("types", "types", "command");
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noEmit", "--target", "es2022"];
  const none = ["--typeRoots", "none"];
  for (const [module, resolution, libraries, types, ...files] of [
    ["esnext", "node10", "es2022", none, "entries.ts"],
    ["node16", "node16", "es2022", none, "entries.ts"],
    ["esnext", "bundler", "es2022,dom,dom.iterable", none, "entries.ts", "hosts.ts", "element.ts"],
    ["esnext", "node10", "es2022", [...nodeTypes, "--types", "node"], "entries.ts", "hosts.ts"],
  ]) {
    const found = ["--module", module, "--moduleResolution", resolution];
    await tsc(folder, [...strict, "--lib", libraries, ...types, ...found, ...files]);
  }
  return run(process.execPath, ["index.js", example], { cwd: folder });
}

async function jest() {
  const folder = await project("jest", "jest");
  const test = async (program, requires) => {
    await run(program, ["--experimental-vm-modules", path.join(toolOf("jest"), "bin/jest.js"), "--ci", "--no-cache"], {
      cwd: folder,
      env: { ...process.env, EXAMPLE: example, REQUIRES: requires },
    });
    const [imported, required] = await Promise.all(
      ["imported.json", ...(requires ? ["required.json"] : [])].map((file) =>
        readFile(path.join(folder, file), "utf8"),
      ),
    );
    if (required !== undefined && required !== imported) throw new Error("another report by require()");
    return imported;
  };
  if (node(24)) await test(node(24), "1");
  return test(process.execPath, "");
}

/** Nothing is unpacked: the package is read from a zip. */
async function yarn() {
  const folder = await project("yarn", "command");
  await rm(path.join(folder, "node_modules"), { recursive: true });
  await rm(path.join(folder, "package-lock.json"), { force: true });
  await copyFile(given.tarball, path.join(folder, "package.tgz"));
  const dependencies = { [manifest.name]: "file:./package.tgz" };
  const own = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ ...own, dependencies }));
  await writeFile(path.join(folder, "yarn.lock"), "");
  const settings = ["enableGlobalCache", "enableNetwork", "enableTelemetry", "enableImmutableInstalls"];
  await writeFile(
    path.join(folder, ".yarnrc.yml"),
    `${settings.map((name) => `${name}: false\n`).join("")}cacheFolder: ./cache\nnodeLinker: pnp\n`,
  );
  const program = path.join(toolOf("@yarnpkg/cli-dist"), "bin/yarn.js");
  await run(process.execPath, [program, "install"], { cwd: folder });
  const asked = ["weightscope", "analyze", example, "--format", "json"];
  const printed = await run(process.execPath, [program, ...asked], { cwd: folder });
  if (!JSON.parse(printed).matrices.length) throw new Error("no matrices by the command");
  const served = start(process.execPath, [program, "weightscope", "serve", "--port", "0"], { cwd: folder });
  try {
    const address = await within(60, firstLine(served), "weightscope serve");
    for (const file of ["", "page.js", "page.css", "session.js", "worker.js", "example.Q4_K_M.gguf"]) {
      const response = await fetch(address + file);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const wanted = await readFile(path.join(root, "dist/web", file || "index.html"));
      if (!wanted.equals(bytes)) throw new Error(`serve gives ${response.status} and other bytes for /${file}`);
    }
  } finally {
    await served.stop();
  }
  return run(process.execPath, [program, "node", "index.js", example], { cwd: folder });
}

const firstLine = ({ child, ended, said }) =>
  Promise.race([
    new Promise((resolve) => child.stdout.once("data", (text) => resolve(String(text).trim()))),
    ended.then((code) => {
      throw new Error(`ended with ${code}: ${said()}`);
    }),
  ]);

async function parcel() {
  const folder = await project("parcel", "parcel", "page");
  const built = ["build", "index.html", "--no-cache", "--no-autoinstall", "--no-source-maps", "--dist-dir", "out"];
  await run(process.execPath, [path.join(toolOf("parcel"), "lib/bin.js"), ...built], {
    cwd: folder,
    env: { ...process.env, PARCEL_WORKERS: "0" },
  });
  const server = await serve(path.join(folder, "out"));
  try {
    return await visitApp(`${server.origin}/?`);
  } finally {
    await server.close();
  }
}

async function serviceWorker() {
  const folder = await page("service-worker", "page.js", "service-worker");
  return JSON.stringify(await inBrowser("chromium", folder));
}

export const elsewhere = {
  "TypeScript, no DOM, node10": [process.execPath, typesOf],
  "Node, --frozen-intrinsics": [
    process.execPath,
    async () =>
      run(process.execPath, ["--frozen-intrinsics", "index.js", example], { cwd: await project("frozen", "command") }),
  ],
  "SES lockdown": [
    tool,
    async () =>
      run(process.execPath, ["index.js", example], { cwd: await projectWith(["ses"], "lockdown", "lockdown") }),
  ],
  jsdom: [
    tool,
    async () => run(process.execPath, ["index.js", example], { cwd: await projectWith(["jsdom"], "jsdom", "jsdom") }),
  ],
  "ts-node, CommonJS": [
    tool,
    async () => {
      const folder = await project("ts-node", "ts-node");
      for (const name of ["typescript", "@types"])
        await symlink(path.join(root, "node_modules", name), path.join(folder, "node_modules", name));
      return run(process.execPath, [path.join(toolOf("ts-node"), "dist/bin.js"), "index.ts", example], { cwd: folder });
    },
  ],
  "Jest, CommonJS": [tool, jest],
  "Yarn PnP": [tool, yarn],
  "Parcel, Chromium": [tool && programs.chromium, parcel],
  "service worker, Chromium": [programs.chromium, serviceWorker],
};
