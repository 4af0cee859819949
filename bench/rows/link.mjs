import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { median, number, table } from "../harness.mjs";

export const title = "Over a link: 1 Gbit/s, 50 ms a request";

/** Bytes a second, and milliseconds. */
const RATE = 125e6;
const LATENCY = 50;
/** Of matrices that pass once. */
const SHAPE = [16_384, 512];
const TURNS = 3;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const run = promisify(execFile);

/** bench/link-client.ts as one file. */
async function bundled(folder) {
  const outfile = path.join(folder, "client.mjs");
  const host = { name: "host", setup: (builder) => builder.onResolve({ filter: /^#host$/ }, hostOf) };
  const hostOf = () => ({ path: here("../../src/host/node.ts") });
  await build({
    ...{ entryPoints: [here("../link-client.ts")], outfile, bundle: true },
    ...{ platform: "node", format: "esm", target: "es2022", logLevel: "warning", plugins: [host] },
  });
  return outfile;
}

export async function measure({ matrices = 64, turnsWanted = TURNS }) {
  const folder = mkdtempSync(path.join(tmpdir(), "weightscope-bench-link-"));
  const given = [matrices, ...SHAPE, RATE, LATENCY].map(String);
  const server = spawn(process.execPath, [here("../link-server.mjs"), ...given], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [port] = await once(server.stdout, "data");
    const origin = `http://127.0.0.1:${Number(port)}`;
    const url = `${origin}/model.safetensors`;
    const client = await bundled(folder);
    const stored = matrices * SHAPE[0] * SHAPE[1] * 2;
    const asked = async () => (await fetch(`${origin}/asked`)).json();
    const ranges = path.join(folder, "ranges.json");
    const runClient = async (...how) => JSON.parse((await run(process.execPath, [client, ...how])).stdout);
    const turns = [];
    for (let turn = 0; turn < turnsWanted; turn++) {
      await asked();
      const ours = await runClient("reader", url);
      const seen = await asked();
      writeFileSync(ranges, JSON.stringify(seen));
      const plain = await runClient("http", url, ranges);
      const fetched = seen.asked.reduce((sum, { start, end }) => sum + end - start, 0);
      if (ours.bytes !== stored || plain.bytes !== fetched) throw new Error("not all was read");
      turns.push({ ours, plain, fetched, requests: seen.asked.length, most: seen.most });
    }
    const of = (what) => median(turns.map(what));
    const share = (name) => of((turn) => stored / RATE / turn[name].wall);
    const row = (what, name, ratio, ...targets) => [
      what,
      number(of((turn) => turn[name].wall)),
      number(share(name)),
      targets[0] ?? "–",
      number(of((turn) => turn[name].processor)),
      ratio ? number(of((turn) => turn[name].processor / turn.plain.processor)) : "–",
      targets[1] ?? "–",
    ];
    return [
      table(
        ["", "wall s", "share of the link", "target", "processor s", "of `node:http`", "target"],
        [
          row("the reader of `analyze`", "ours", true, "≥ 0.9", "≤ 1.5"),
          row("`node:http`, the same ranges, as many at once", "plain", false),
        ],
      ),
      `${number(stored / 1e9)} GB in ${matrices} matrices of ${SHAPE.join(" × ")}, BF16, from a process of its own ` +
        `that shares ${RATE / 125e3} Mbit/s among all connections and answers each request after ${LATENCY} ms: ` +
        `${of(({ requests }) => requests)} requests, at most ${of(({ most }) => most)} at once, ` +
        `${number(of(({ fetched }) => fetched) / stored)} × what is stored. Medians of ${turnsWanted} turns. The ` +
        "share says something only where two cores have no other work: the server has one of them.",
    ].join("\n\n");
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
