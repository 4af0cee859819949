/**
 * What the consumers of test/package/consumers.mjs are made of: projects with the tarball installed, and visits to
 * them.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { visit, visitFolder } from "../hosts/browsers.mjs";
import { example, programs } from "../hosts/hosts.mjs";
import { run } from "../hosts/processes.mjs";
import { serve } from "../hosts/serve.mjs";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const sources = fileURLToPath(new URL("consumers/", import.meta.url));
export const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
export const work = await mkdtemp(path.join(tmpdir(), "weightscope-consumers-"));
/** Where `npm pack` left the package. */
export const given = { tarball: "" };
export const npm = (args, cwd) => run("npm", [...args, "--no-audit", "--no-fund", "--ignore-scripts"], { cwd });

/** A new project with the tarball installed, holding what lies in consumers/<names>. */
export async function project(name, ...folders) {
  const folder = path.join(work, name);
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  for (const from of folders) await cp(path.join(sources, from), folder, { recursive: true });
  await npm(["install", "--offline", given.tarball], folder);
  const installed = (await readdir(path.join(folder, "node_modules"))).filter((entry) => !entry.startsWith("."));
  if (installed.join() !== manifest.name) throw new Error(`installing the package brought ${installed.join(", ")}`);
  return folder;
}

/** A page with an external script only, so that the strictest policy can be served with it. */
export async function page(name, script, from = "page") {
  const folder = await project(name, from);
  await symlink(example, path.join(folder, "example.safetensors"));
  await writeFile(
    path.join(folder, "index.html"),
    `<!doctype html><meta charset="utf-8"><script src="/reporter.js"></script><script type="module" ` +
      `src="${script}"></script>`,
  );
  return folder;
}

export const inBrowser = async (browser, folder, headers) =>
  JSON.parse(await visitFolder(browser, programs[browser], folder, { headers }));
export const byWorkers = ({ report, finished }) => {
  const { matrices } = JSON.parse(report).source;
  if (finished !== matrices) throw new Error(`workers did ${finished} of ${matrices} matrices`);
  return report;
};
/** Visits an app that another server serves; it posts back to ours. */
export async function visitApp(url) {
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

export const strictPolicy = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'",
};
export const vite = { configFile: false, logLevel: "error", clearScreen: false };
/** The project's own compiler. */
export const tsc = (folder, options) =>
  run(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), ...options], { cwd: folder });
export const nodeTypes = ["--typeRoots", path.join(root, "node_modules/@types")];
export const compile = (folder, resolution) => tsc(folder, ["-p", ".", ...nodeTypes, ...resolution]);

/** What packages' linters say of the tarball. */
export const linters = {
  publint: async () => {
    const { buffer, byteOffset, byteLength } = await readFile(given.tarball);
    const { messages } = await publint({
      pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
      strict: true,
    });
    // `browser` is for what reads no `exports`, which say the same.
    const left = messages.filter(({ code }) => code !== "USE_EXPORTS_OR_IMPORTS_BROWSER");
    if (left.length > 0) throw new Error(left.map((message) => formatMessage(message, manifest)).join("\n"));
  },
  "are the types wrong": () =>
    run(
      process.execPath,
      [
        path.join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"),
        given.tarball,
        "--profile",
        "esm-only",
        "--no-color",
      ],
      { cwd: root },
    ),
};
