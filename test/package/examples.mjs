/**
 * The examples as a reader would run them: the edge worker in workerd and in Node, the page with a dropped file in
 * every browser. `--only NAME` runs those whose name contains NAME.
 */

import { createReadStream } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { visitFolder } from "../hosts/browsers.mjs";
import { example, programs } from "../hosts/hosts.mjs";
import { serve } from "../hosts/serve.mjs";
import { serveConfiguration } from "../hosts/workerd.mjs";
import { isRequired, writeResults } from "../support/results.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { analyze } = await import("weightscope");
const work = await mkdtemp(path.join(tmpdir(), "weightscope-examples-"));
const LIMIT = 128e6;
/** @type {string[]} */
const failures = [];
let passed = 0;
/** Of hosts that are not here. */
const leftOut = [];

const flags = process.argv.slice(2);
const only = flags[flags.indexOf("--only") + 1] ?? "";

async function check(name, program, work) {
  if (!name.includes(only)) return;
  if (!program) {
    console.error(`*** MISSING HOST: "${name}" was not run ***`);
    leftOut.push(name);
    if (isRequired("hosts")) failures.push(`${name}: missing`);
    return;
  }
  try {
    console.log(`✓ ${name}: ${await work()}`);
    passed++;
  } catch (error) {
    failures.push(`${name}: ${error?.message ?? error}`);
    console.error(`✗ ${name}: ${error?.stack ?? error}`);
  }
}

/** What the worker must answer: the same figures, under the name the source has there. */
const expected = async (name) => {
  const report = await analyze(new Uint8Array(await readFile(example)));
  return JSON.stringify({ ...report, source: { ...report.source, name } });
};
const equal = (text, wanted) => {
  if (text !== wanted) throw new Error(`another report: ${text.slice(0, 300)}`);
};
const post = async (origin, file) => {
  const { size } = await stat(file);
  const response = await fetch(origin, {
    method: "POST",
    body: createReadStream(file),
    duplex: "half",
    headers: { "content-length": String(size) },
  });
  return { status: response.status, text: await response.text() };
};
const peakOf = async (pid) => Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

/** bf16 matrices of 1024 × 4096 in a file well above the limit; values from a small linear congruence. */
async function writeLarge(file) {
  const names = Array.from({ length: 20 }, (_, i) => `model.layers.${i}.mlp.up_proj.weight`);
  const size = 1024 * 4096 * 2;
  const header = JSON.stringify(
    Object.fromEntries(
      names.map((name, i) => [name, { dtype: "BF16", shape: [1024, 4096], data_offsets: [i * size, (i + 1) * size] }]),
    ),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(file, Buffer.concat([length, Buffer.from(header)]));
  const values = new Uint16Array(size / 2);
  let state = 1;
  for (const _ of names) {
    for (let i = 0; i < values.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      values[i] = 0x3c00 | ((state >>> 16) & 0x80ff); // from ±2⁻⁷ up
    }
    await writeFile(file, new Uint8Array(values.buffer), { flag: "a" });
  }
  return names.length * size;
}

async function edgeInWorkerd() {
  const folder = path.join(work, "edge");
  await cp(path.join(root, "examples/edge"), folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ["examples/edge/worker.js"],
    outdir: path.join(folder, "out"),
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    tsconfigRaw: {},
    logLevel: "warning",
  });
  const bundle = await readFile(path.join(folder, "out/worker.js"), "utf8");
  if (/["']node:/.test(bundle)) throw new Error("the bundle names a Node module");
  const worker = await serveConfiguration(programs.workerd, folder);
  const files = await serve(path.dirname(example));
  try {
    const idle = await peakOf(worker.pid);
    equal((await post(worker.origin, example)).text, await expected("body"));
    equal(
      await (
        await fetch(`${worker.origin}/?url=${encodeURIComponent(`${files.origin}/${path.basename(example)}`)}`)
      ).text(),
      await expected(path.basename(example)),
    );
    const refused = await fetch(worker.origin, { method: "POST", body: "no checkpoint" });
    const { error } = await refused.json();
    if (refused.status !== 400 || !error) throw new Error(`a bad body gave ${refused.status} ${error}`);
    const large = path.join(work, "large.safetensors");
    const bytes = await writeLarge(large);
    const answer = await post(worker.origin, large);
    if (JSON.parse(answer.text).source?.matrices !== 20)
      throw new Error(`of the large body: ${answer.text.slice(0, 300)}`);
    const peak = (await peakOf(worker.pid)) - idle;
    if (peak > LIMIT) throw new Error(`took ${(peak / 1e6).toFixed(0)} MB above an idle worker`);
    return (
      `body and URL give Node's report, a bad body 400; a body of ${(bytes / 1e6).toFixed(0)} MB took ` +
      `${(peak / 1e6).toFixed(0)} MB above an idle worker`
    );
  } finally {
    await Promise.all([worker.stop(), files.close()]);
  }
}

/** Node needs no handler of its own: the worker's `fetch` takes its Request. */
async function edgeInNode() {
  const { default: worker } = await import(new URL("../../examples/edge/worker.js", import.meta.url));
  const bytes = await readFile(example);
  const response = await worker.fetch(
    new Request("http://localhost/", {
      method: "POST",
      body: bytes,
      headers: { "content-length": String(bytes.length) },
    }),
  );
  equal(await response.text(), await expected("body"));
  return "the same handler, the same report";
}

/** The same checkpoint by tasks that an HTTP function does, each request some of them. */
async function tasksInWorkerd() {
  const folder = path.join(work, "edge-task");
  await cp(path.join(root, "examples/edge-task"), folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ["examples/edge-task/worker.js"],
    outdir: path.join(folder, "out"),
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    tsconfigRaw: {},
    logLevel: "warning",
  });
  const files = await serve(path.dirname(example));
  const config = path.join(folder, "config.capnp");
  const text = await readFile(config, "utf8");
  await writeFile(config, text.replace("https://models.example/", `${files.origin}/`));
  const worker = await serveConfiguration(programs.workerd, folder);
  try {
    const { drive } = await import(new URL("../../examples/edge-task/drive.mjs", import.meta.url));
    const address = `${files.origin}/${path.basename(example)}`;
    const options = { permutations: 2, svd: true };
    const report = await drive(address, worker.origin, options);
    equal(JSON.stringify(report), JSON.stringify(await analyze(address, options)));
    for (const body of [
      { address: "http://169.254.169.254/latest", keys: ["0".repeat(32)] },
      { address, keys: ["0".repeat(32)] },
      { address, keys: ["none"] },
    ]) {
      const answer = await fetch(worker.origin, { method: "POST", body: JSON.stringify(body) });
      const { error } = await answer.json();
      if (answer.status !== 400 || !error) throw new Error(`${JSON.stringify(body)} gave ${answer.status} ${error}`);
    }
    return `${report.matrices.length} matrices by requests, the report of one process; what is not allowed is refused`;
  } finally {
    await Promise.all([worker.stop(), files.close()]);
  }
}

/** Drops the example on the page in a frame and posts what its table says. */
const driver = `
const frame = document.querySelector("iframe"), { contentWindow: page } = frame;
const bytes = await (await fetch("/example.safetensors")).arrayBuffer();
const dataTransfer = new page.DataTransfer();
dataTransfer.items.add(new page.File([bytes], "dropped.safetensors"));
page.document.body.dispatchEvent(new page.DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
const table = page.document.querySelector("table");
while (table.hidden) await new Promise((resolve) => setTimeout(resolve, 50));
await fetch("/result", { method: "POST", body: JSON.stringify({ rows: [...table.tBodies[0].rows].map((row) => \
[...row.cells].map((cell) => cell.textContent)), status: page.document.querySelector("[role=status]").textContent }) });
`;

async function pageIn(browser) {
  const folder = path.join(work, browser);
  await mkdir(path.join(folder, "examples"), { recursive: true });
  await symlink(path.join(root, "examples/browser"), path.join(folder, "examples/browser"));
  await symlink(path.join(root, "dist"), path.join(folder, "dist"));
  await symlink(example, path.join(folder, "example.safetensors"));
  await writeFile(path.join(folder, "driver.js"), driver);
  await writeFile(
    path.join(folder, "index.html"),
    `<!doctype html><meta charset="utf-8"><script src="/reporter.js"></script><iframe ` +
      `src="examples/browser/"></iframe><script>document.querySelector("iframe").onload = () => { const script = ` +
      `document.createElement("script"); script.type = "module"; script.src = "driver.js"; ` +
      "document.head.append(script); };</script>",
  );
  const { rows, status } = JSON.parse(await visitFolder(browser, programs[browser], folder));
  const report = await analyze(new Uint8Array(await readFile(example)), { gaussians: ["auto"] });
  const wanted = report.matrices.map(({ name, gaussian: [fit], participation }) =>
    [name, participation.value.toFixed(1), fit.energy.toFixed(4)].join(),
  );
  if (rows.map((row) => [row[0], row[2], row[5]].join()).join("\n") !== wanted.join("\n"))
    throw new Error(`the table says ${JSON.stringify(rows.slice(0, 3))}, and "${status}"`);
  return `${rows.length} rows, Node's figures; "${status}"`;
}

try {
  await check("examples/edge in workerd", programs.workerd, edgeInWorkerd);
  await check("examples/edge-task in workerd", programs.workerd, tasksInWorkerd);
  await check("examples/edge in Node", process.execPath, edgeInNode);
  for (const browser of ["chromium", "firefox", "webkit"])
    await check(`examples/browser in ${browser}`, programs[browser], () => pageIn(browser));
} finally {
  await rm(work, { recursive: true, force: true });
}
writeResults("package-examples", {
  passed,
  leftOut: leftOut.length > 0 ? { hosts: leftOut } : {},
  failures,
});
process.exit(failures.length === 0 ? 0 : 1);
