import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const manifest = JSON.parse(read("package.json"));
const bundles = (host: string) =>
  [`dist/${host}`, `dist/${host}/chunks`]
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(root, folder))
        .filter((file) => file.endsWith(".js"))
        .map((file) => `${folder}/${file}`),
    );
const leaves = (value: unknown): string[] =>
  typeof value === "string" ? [value] : Object.values(value as object).flatMap(leaves);

describe("the package", () => {
  it("needs nothing at run time, and its tools are pinned to one version", () => {
    for (const kind of ["dependencies", "optionalDependencies", "bundledDependencies"])
      expect(manifest[kind]).toBeUndefined();
    // Of `weightscope/bullmq` alone.
    expect(Object.keys(manifest.peerDependencies)).toEqual(["bullmq"]);
    expect(manifest.peerDependenciesMeta).toEqual({ bullmq: { optional: true } });
    for (const [name, version] of Object.entries(manifest.devDependencies))
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/);
    for (const lock of [
      "package-lock.json",
      "test/hosts/pinned/package-lock.json",
      "test/hosts/pinned/arm64/package-lock.json",
      "test/package/pinned/package-lock.json",
    ])
      expect(read(lock)).not.toMatch(/"resolved"/);
    for (const one of ["react", "vite"])
      expect(read(`examples/${one}/package-lock.json`).match(/"resolved": ".*"/g)).toEqual([
        '"resolved": "file:../.."',
      ]);
  });

  it("is ES modules with types, one entry for each kind of host", () => {
    expect(manifest.type).toBe("module");
    expect(manifest.license).toBe("MIT");
    // The element registers itself when it is imported: a bundler must not drop that. The bundles for Node share chunks
    // with the command line's.
    expect(manifest.sideEffects).toEqual(["./dist/cli.js", "./dist/element.js", "./dist/node/**"]);
    // The first condition that a host knows is taken: types, then the most particular host, default at the end.
    expect(Object.keys(manifest.exports["."])).toEqual([
      "types",
      "workerd",
      "deno",
      "bun",
      "node",
      "browser",
      "default",
    ]);
    expect(Object.keys(manifest.exports)).toEqual(
      expect.arrayContaining([
        ".",
        "./static",
        "./element",
        "./bullmq",
        "./kernels.wasm",
        "./quantized.wasm",
        "./worker.js",
        "./package.json",
      ]),
    );
    for (const file of leaves(manifest.exports)) expect(existsSync(path.join(root, file)), file).toBe(true);
    // For what reads no `exports`: TypeScript's node10, Parcel. They lead to the same files.
    const { ".": main, "./package.json": _, ...others } = manifest.exports;
    expect([manifest.main, manifest.module, manifest.types]).toEqual([main.node, main.browser, main.types]);
    expect(manifest.browser[manifest.main]).toBe(main.browser);
    for (const [entry, { types, default: file }] of Object.entries<Record<string, string>>(others)) {
      expect(manifest.typesVersions["*"][entry.slice(2)], entry).toEqual([types]);
      if (entry !== "./bullmq") expect(manifest.browser[entry], entry).toBe(file);
    }
  });

  it("ships what it exports, its licence, and no sources, tests or data", () => {
    const [{ files }] = JSON.parse(
      execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
        cwd: root,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    ) as [{ files: { path: string }[] }];
    const shipped = files.map((file) => file.path);
    for (const file of [...leaves(manifest.exports), ...leaves(manifest.bin)])
      expect(shipped).toContain(file.replace(/^\.\//, ""));
    expect(shipped).toContain("LICENSE");
    const plain = [
      "package.json",
      "custom-elements.json",
      "LICENSE",
      "README.md",
      "CHANGELOG.md",
      "dist/web/example.Q4_K_M.gguf",
    ];
    for (const file of shipped.filter((name) => !plain.includes(name)))
      expect(file).toMatch(/^dist\/(?:THIRD-PARTY-NOTICES|.+\.(js|d\.ts|wasm|html|css))$/);
    expect(read("LICENSE")).toMatch(/^MIT License/);
  });

  it("leads to the same names in every host", async () => {
    const names = async (file: string) => {
      const { metafile } = await build({
        entryPoints: [path.join(root, file)],
        bundle: false,
        write: false,
        metafile: true,
        format: "esm",
        logLevel: "silent",
      });
      return Object.values(metafile.outputs)[0].exports.sort();
    };
    const [node, browser, workerd, statics] = await Promise.all(
      ["node", "browser", "workerd", "static"].map((host) => names(`dist/${host}/index.js`)),
    );
    expect(node).toEqual(expect.arrayContaining(["CheckpointError", "analyze", "load", "openCheckpoint"]));
    expect(browser).toEqual(node);
    expect(workerd).toEqual(node);
    expect(statics).toEqual(node);
  });

  it.each(["browser", "static", "workerd"])("has nothing of Node in the %s bundle", (host) => {
    expect(bundles(host)).toContain(`dist/${host}/index.js`);
    for (const file of bundles(host)) {
      const imported = [...read(file).matchAll(/(?:from|import|require)\s*\(?\s*["']([^"'.][^"']*)["']/g)].map(
        ([, name]) => name,
      );
      expect(imported, file).toEqual([]);
      expect(read(file), file).not.toMatch(/\bBuffer\.|\b__dirname\b|\bprocess\.(?!getBuiltinModule)/);
    }
  });

  it("imports nothing later in the static bundle", () => {
    const script = read("dist/static/index.js");
    const imported = [...script.matchAll(/from\s*"([^"]+)"/g)].map(([, name]) => name.replace(/-[A-Z0-9]{8}/, ""));
    expect(imported.sort()).toEqual(["../web/plain.js", "../web/quantized.js"]);
    expect(script.match(/\bimport\(/)).toBeNull();
  });

  it.each(["node", "browser", "static"])("changes nothing of the host when the %s bundle is imported", (host) => {
    const program = `
      for (const one of [Object, Array, Error, Promise, Symbol]) Object.freeze(one), Object.freeze(one.prototype);
      delete globalThis.TextDecoder; // Jest's jsdom has none
      const names = () => Object.getOwnPropertyNames(globalThis).sort().join();
      const before = names();
      const { load } = await import(${JSON.stringify(pathToFileURL(path.join(root, `dist/${host}/index.js`)).href)});
      const { norm } = (await load()).norms({ rows: 1, columns: 2, data: Float32Array.of(3, 4) });
      console.log(norm, names() === before);`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    expect(printed.trim()).toBe("5 true");
  });

  it("imports its modules in workerd, and compiles no bytes there", () => {
    const script = read("dist/workerd/index.js");
    expect([...script.matchAll(/from\s*"([^"]+)"/g)].map(([, name]) => name).sort()).toEqual([
      "../kernels.wasm",
      "../quantized.wasm",
    ]);
    expect(script).not.toMatch(/WebAssembly\.(compile|instantiate)\b/);
  });
});

describe("the size budget", () => {
  const gzipped = (bytes: Uint8Array | string) => gzipSync(bytes, { level: 9 }).length;

  /** An entry with what it imports at once, minified and gzipped; what it imports later is apart. */
  async function sizesOf(code: string) {
    const { outputFiles, metafile } = await build({
      stdin: { contents: code, resolveDir: root, sourcefile: "entry.js" },
      bundle: true,
      minify: true,
      format: "esm",
      splitting: true,
      outdir: "out",
      write: false,
      metafile: true,
      conditions: ["browser"],
      tsconfigRaw: {},
      absWorkingDir: root,
      logLevel: "silent",
    });
    const outputs = Object.fromEntries(
      outputFiles.map((file) => [path.relative(root, file.path), gzipped(file.contents)]),
    );
    const entry = Object.entries(metafile.outputs).find(
      ([, { entryPoint }]) => entryPoint === "entry.js" || entryPoint === "<stdin>",
    )![0];
    const atOnce = new Set<string>();
    const follow = (file: string): void => {
      if (atOnce.has(file)) return;
      atOnce.add(file);
      for (const { path: next, kind } of metafile.outputs[file].imports) if (kind === "import-statement") follow(next);
    };
    follow(entry);
    const plain = Object.keys(outputs).find((file) => /plain-/.test(file))!;
    return { bindings: [...atOnce].reduce((sum, file) => sum + outputs[file], 0), kernels: outputs[plain] };
  }

  // 40 kB is what it should be: Gram matrices in f64, the two-stage reduction and what calls them took 10 kB
  // (npm run bench -- start prints it).
  it("keeps the core, plain kernels and bindings, within 52 kB", async () => {
    const { bindings, kernels } = await sizesOf("export { load } from 'weightscope';");
    const whole = await sizesOf("export * from 'weightscope';");
    console.log(
      `minified and gzipped: kernels ${kernels} bytes, bindings ${bindings}, together ${kernels + bindings}; with ` +
        `checkpoints and analyze ${whole.kernels + whole.bindings}`,
    );
    expect(kernels).toBeGreaterThan(10_000);
    expect(kernels + bindings).toBeLessThanOrEqual(52_000);
  });
});
