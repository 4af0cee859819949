/** What no public call does alone, bundled from the source: eigenvalues of a Gram matrix, leading vectors. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { timed } from "./harness.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const ENTRY = `
export { Machine } from "./src/kernels/machine.ts";
export { eigenvalues } from "./src/kernels/eigenvalues.ts";
`;

async function bundled() {
  const folder = await mkdtemp(path.join(tmpdir(), "weightscope-bench-"));
  try {
    const outfile = path.join(folder, "spectra.mjs");
    /** @type {import("esbuild").StdinOptions} */
    const stdin = { contents: ENTRY, resolveDir: root, loader: "ts" };
    await build({ stdin, bundle: true, format: "esm", platform: "node", outfile, logLevel: "error" });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each gives processor seconds; `kept` carries what one leaves for another and for the checks. */
export async function spectraOfMachine() {
  const { Machine, eigenvalues } = await bundled();
  const module = await WebAssembly.compile(await readFile(path.join(root, "build/plain.wasm")));
  const machine = new Machine(module, "simd128");
  const { exports } = machine;
  return {
    gram(n, data, kept) {
      return machine.scope(() => {
        const pointer = machine.copyFloat32(data);
        const seconds = timed(() => {
          const gram = exports.createGram(n, 2) >>> 0;
          machine.bytes(exports.gramTotal(gram) >>> 0, exports.gramSide(gram) ** 2 * 8).fill(0);
          exports.addToGram(gram, pointer, n, n, Infinity);
          exports.finishGram(gram, Infinity);
          kept.gram = exports.gramTotal(gram) >>> 0;
        });
        kept.gram = machine.float64(kept.gram, n * n).slice();
        return seconds;
      });
    },
    eigenvalues(n, kept) {
      return machine.scope(() => {
        const pointer = machine.copyFloat64(kept.gram);
        return timed(() => {
          kept.values = eigenvalues(machine, pointer, n);
        });
      });
    },
  };
}
