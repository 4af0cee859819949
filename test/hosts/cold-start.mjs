/**
 * Cold start in every host that is here: import of the package, then compiling and instantiating the kernels; the best
 * and the median of `--runs` (7) fresh processes or pages, in milliseconds. workerd: from the start of
 * its process until it listens, and from then to its first answer.
 */
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { visitFolder } from "./browsers.mjs";
import { bundleFor } from "./bundle.mjs";
import { hosts } from "./hosts.mjs";
import { run } from "./processes.mjs";
import { startWorkerd } from "./workerd.mjs";

const flags = process.argv.slice(2);
const runs = flags.includes("--runs") ? Number(flags[flags.indexOf("--runs") + 1]) : 7;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const repeat = async (work) => {
  const results = [];
  for (let i = 0; i < runs; i++) results.push(await work());
  return results;
};

async function inProcess({ program, kind, flags }) {
  const file = path.join(await bundleFor(kind, "cold"), "cold.js");
  return repeat(async () => JSON.parse(await run(program, [...flags, file])));
}

async function inBrowser({ program, engine }) {
  const built = await bundleFor("browser", "cold");
  const folder = path.join(built, `cold-${engine}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(path.join(built, "cold.js"), path.join(folder, "cold.js"));
  await cp(path.join(built, "chunks"), path.join(folder, "chunks"), { recursive: true });
  await writeFile(
    path.join(folder, "index.html"),
    `<!doctype html><script src="/reporter.js"></script><script type="module" src="cold.js"></script>`,
  );
  return repeat(async () => JSON.parse(await visitFolder(engine, program, folder)));
}

async function inWorkerd({ program }) {
  const folder = await bundleFor("workerd", "cold-workerd");
  return repeat(async () => {
    const start = performance.now();
    const worker = await startWorkerd(program, folder, ["cold-workerd.js", "kernels.wasm", "quantized.wasm"]);
    try {
      const listening = performance.now();
      const text = await (await fetch(worker.origin)).text();
      if (text !== "simd128") throw new Error(text);
      return { imported: listening - start, loaded: performance.now() - listening };
    } finally {
      await worker.stop();
    }
  });
}

console.log("host             import, best  median   load, best  median   together, best  median");
for (const host of /** @type {any[]} */ (hosts).filter(({ debug, light }) => !debug && !light)) {
  if (!host.program) {
    console.log(`${host.name.padEnd(16)} not here`);
    continue;
  }
  const results = await (host.kind === "browser"
    ? inBrowser(host)
    : host.kind === "workerd"
      ? inWorkerd(host)
      : inProcess(host));
  const cells = /** @type {[string, number][]} */ ([
    ["imported", 12],
    ["loaded", 12],
    ["together", 16],
  ]).map(([part, width]) => {
    const values = results.map((result) => (part === "together" ? result.imported + result.loaded : result[part]));
    return (
      Math.min(...values)
        .toFixed(1)
        .padStart(width) + median(values).toFixed(1).padStart(8)
    );
  });
  console.log(host.name.padEnd(16) + cells.join(" "));
}
