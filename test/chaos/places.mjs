/** Pipes and devices where files should be, also as parts and beside them; and Ctrl-C while nobody writes. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pause } from "../queue/server.mjs";
import { Attack, ran, saysWhy } from "./attack.mjs";

/** Seconds within which what cannot be read must be refused, and what is interrupted end. */
const SOON = 15;

/** @param {string} folder @param {Awaited<ReturnType<typeof import("./attack.mjs").makeInputs>>} inputs */
export async function places(folder, inputs) {
  const asSource = new Attack("a pipe, device or folder where a file should be");
  const within = new Attack("a pipe among the files of a checkpoint");
  const waiting = new Attack("Ctrl-C while a pipe is waited for");
  const own = mkdtempSync(path.join(folder, "places-"));
  const pipe = path.join(own, "pipe");
  execFileSync("mkfifo", [pipe]);
  const { base, tuned, journal } = inputs;
  const sweep = ["compress", base, "--sweep", "1/4", "--evaluate", "wc -c < {}"];
  for (const place of [pipe, "/dev/zero", "/dev/full", "/dev/random", own]) {
    for (const command of [
      ["inspect", place],
      ["analyze", place],
      ["analyze", place, "--output", path.join(own, "report.txt")],
      ["compare", base, place],
      ["compare", place, tuned],
      ["compress", place, "--rank", "2", "--dry-run"],
      ["restore", place, "--output", path.join(own, "restored")],
      ["merge", place, journal],
      ["merge", base, place],
      ["analyze", base, "--journal", place],
      ["compress", base, "--rank", "2", "--imatrix", place, "--dry-run"],
      [...sweep, "--journal", place],
      ["compare", base, tuned, "--adapter", place === own ? folder : place, "--rank", "2"],
      ["compress", base, "--rank", "2", "--output", path.join(place, "x")].slice(0, place === own ? 0 : undefined),
    ].filter((words) => words.length > 0))
      await asSource.case(command.map((word) => path.basename(word)).join(" "), async () => {
        saysWhy(await ran(command, { seconds: SOON }), "");
        assert.equal(execFileSync("stat", ["-c", "%F", pipe], { encoding: "utf8" }).trim(), "fifo");
      });
  }
  await amongOthers(within, own, inputs);
  for (const [what, args] of /** @type {const} */ ([
    ["--output", ["inspect", base, "--output", pipe]],
    ["a text", ["corpus", pipe]],
    ["compress --output", ["compress", base, "--rank", "2", "--output", pipe]],
  ]))
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
      await waiting.case(`${what}, ${signal}`, async () => {
        const act = (/** @type {import("../queue/server.mjs").Process} */ one) =>
          pause(1500).then(() => one.kill(signal));
        const ended = await ran([...args], { seconds: SOON, act });
        assert(ended.status === (signal === "SIGINT" ? 130 : 143), `status ${ended.status}: ${ended.error}`);
      });
  return [asSource, within, waiting];
}

/** @param {Attack} attack @param {string} own @param {{ bytes: Buffer }} inputs */
async function amongOthers(attack, own, { bytes }) {
  const model = "model.safetensors";
  const index = (/** @type {string} */ name) => JSON.stringify({ weight_map: { a: name } });
  const layouts = {
    "a shard": { "model.safetensors.index.json": index("model-00001-of-00001.safetensors") },
    "the index": { "model.safetensors.index.json": null },
    "the configuration": { [model]: bytes, "config.json": null },
    "an adapter's configuration": { [model]: bytes, "adapter_config.json": null },
    "a file of another kind": { [model]: bytes, "notes.txt": null },
    "a second part": { "m-00001-of-00002.safetensors": bytes, "m-00002-of-00002.safetensors": null },
  };
  const pipes = { "a shard": "model-00001-of-00001.safetensors" };
  for (const [what, files] of Object.entries(layouts)) {
    const where = path.join(own, what.replaceAll(/\W/g, "-"));
    mkdirSync(where);
    for (const [name, contents] of Object.entries(files))
      if (contents === null) execFileSync("mkfifo", [path.join(where, name)]);
      else writeFileSync(path.join(where, name), contents);
    if (pipes[what]) execFileSync("mkfifo", [path.join(where, pipes[what])]);
    const report = path.join(own, "report.json");
    for (const source of [where, ...Object.keys(files).map((name) => path.join(where, name))])
      for (const args of [
        ["inspect", source],
        ["analyze", source, "--format", "json", "--output", report],
        ["compress", source, "--rank", "2", "--output", path.join(own, "out.safetensors"), "--quiet"],
      ])
        await attack.case(`${what}: ${args[0]} ${path.relative(own, source)}`, async () => {
          const ended = await ran(args, { seconds: SOON });
          // What does not need the pipe may do without it.
          if (ended.status === 0) assert(args[0] === "inspect" || readFileSync(report).length > 0);
          else saysWhy(ended, "");
        });
  }
}
