/**
 * esbuild, which remembers what went into the bundles: for their licence notices, and for kernels that are said once.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build as esbuild } from "esbuild";
import { quietLoader } from "./quiet-loader.mjs";

/** Packages under node_modules that are in a bundle. AssemblyScript's library is in the kernels. */
const packages = new Set(["assemblyscript"]);

/** Packages that leave their licence file to another of the same repository. */
const licensedWith = { "@assemblyscript/loader": "assemblyscript" };

/**
 * @param {import("esbuild").BuildOptions} options
 * @returns {Promise<import("esbuild").BuildResult>}
 */
export async function build(options) {
  const plugins = [quietLoader, ...(options.plugins ?? [])];
  const result = await esbuild({ ...options, plugins, metafile: true });
  for (const input of Object.keys(result.metafile.inputs)) {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (name) packages.add(name);
  }
  return result;
}

/**
 * The notices of packages, from the licence files that they ship.
 * @param {Iterable<string>} names
 * @param {string} [folder] node_modules
 * @throws {Error} where a package has no licence file: what may not be given on is not bundled
 */
export function noticesOf(names, folder = "node_modules") {
  const notices = [...names].sort().map((name) => {
    const place = path.join(folder, name);
    const { version, license } = JSON.parse(readFileSync(path.join(place, "package.json"), "utf8"));
    const kept = path.join(folder, licensedWith[name] ?? name);
    const files = readdirSync(kept).filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file));
    if (files.length === 0) throw new Error(`${name} is bundled, and has no licence file`);
    const texts = files.sort().map((file) => readFileSync(path.join(kept, file), "utf8").trim());
    return `${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
  });
  const head = "What the files of this package hold of other projects, and their licences.\n";
  return [head, ...notices].join(`\n${"-".repeat(80)}\n\n`);
}

/** @param {string} file */
export function writeNotices(file) {
  writeFileSync(file, noticesOf(packages));
}

const KERNELS = /^(?:plain|relaxed|quantized)-[A-Z0-9]{8}\.js$/;

/** name → file, of what the page was split into. */
const sharedKernels = () =>
  Object.fromEntries(
    readdirSync("dist/web")
      .filter((file) => KERNELS.test(file))
      .map((file) => [file.split("-")[0], `dist/web/${file}`]),
  );

/** Kernels are imported from where the page has them, by a bundle in a folder of dist/. */
export const kernelImports = {
  name: "kernel imports",
  /** @param {import("esbuild").PluginBuild} builder */
  setup(builder) {
    builder.onResolve({ filter: /build[\\/](?:plain|relaxed|quantized)\.js$/ }, (given) => ({
      path: sharedKernels()[path.basename(given.path, ".js")].replace(/^dist/, ".."),
      external: true,
    }));
  },
};

/**
 * Each build of the kernels is in the package once, in dist/web, which is served whole; the other bundles import it
 * from there.
 */
export function shareKernels() {
  const shared = sharedKernels();
  const files = readdirSync("dist", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(`dist${path.sep}web${path.sep}`));
  for (const file of files) {
    if (KERNELS.test(path.basename(file))) {
      rmSync(file);
      continue;
    }
    const text = readFileSync(file, "utf8");
    const pointed = text.replace(
      /"(?:\.{1,2}\/)+(?:[a-z]+\/)*(plain|relaxed|quantized)-[A-Z0-9]{8}\.js"/g,
      (_, name) => {
        const place = path.relative(path.dirname(file), shared[name]).split(path.sep).join("/");
        return JSON.stringify(place.startsWith(".") ? place : `./${place}`);
      },
    );
    if (pointed !== text) writeFileSync(file, pointed);
  }
}
