import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { safetensors } from "../checkpoint/files.js";
import { f32, folder, noise, run, small } from "./run.js";

const place = folder();
let made = 0;

/** A folder with a model, a configuration, a tuned model, and links to the model under other names. */
function models() {
  const where = path.join(place, `models-${made++}`);
  mkdirSync(where);
  const at = (name: string): string => path.join(where, name);
  writeFileSync(at("model.safetensors"), small());
  writeFileSync(at("config.json"), "{}");
  writeFileSync(at("imatrix.gguf"), "not one, and not written over");
  linkSync(at("model.safetensors"), at("hard"));
  symlinkSync(at("model.safetensors"), at("soft"));
  const tuned = path.join(place, `tuned-${made}.safetensors`);
  writeFileSync(tuned, safetensors([f32("model.layers.0.mlp.up_proj.weight", [40, 32], noise(1280, 9))]));
  return { where, at, source: at("model.safetensors"), tuned };
}

const contents = (where: string) =>
  readdirSync(where)
    .sort()
    .map((name) => [name, readFileSync(path.join(where, name), "base64")]);

/** Refused as a wrong command line, with nothing written: no temporary file, no lock, not one byte. */
async function refused(where: string, args: string[], words: RegExp): Promise<void> {
  const before = contents(where);
  const { status, stdout, stderr } = await run(args);
  expect({ status, stdout }, args.join(" ")).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(words);
  expect(contents(where)).toEqual(before);
}

const read = /is one of the files that are read: choose another name\n$/;

describe("what a command reads is not what it writes", () => {
  it("a journal, by whatever name", async () => {
    const { where, at, source } = models();
    for (const name of [source, at("hard"), at("soft"), `${where}/../${path.basename(where)}/model.safetensors`]) {
      await refused(where, ["analyze", source, "--journal", name], read);
      const sweep = ["--sweep", "1/4", "--evaluate", "wc -c < {}", "--journal", name];
      await refused(where, ["compress", source, ...sweep], read);
    }
    await refused(where, ["analyze", where, "--journal", at("config.json")], read);
  });

  it("a checkpoint: source, links to it, what lies in its directory, an importance matrix", async () => {
    const { where, at, source } = models();
    const compress = ["compress", source, "--rank", "2", "--output"];
    for (const name of [source, at("hard"), at("soft")]) {
      await refused(where, [...compress, name], read);
      await refused(where, ["restore", source, "--output", name], read);
    }
    await refused(where, ["compress", where, "--rank", "2", "--output", at("config.json")], read);
    await refused(where, ["compress", where, "--rank", "2", "--output", where], read);
    await refused(where, ["restore", where, "--output", at("config.json")], read);
    await refused(where, [...compress, at("imatrix.gguf"), "--imatrix", at("imatrix.gguf")], read);
  });

  it("a report: also not over the base of an adapter, nor over a journal that is merged", async () => {
    const { where, at, source, tuned } = models();
    await refused(where, ["analyze", tuned, "--base", source, "--output", at("hard")], read);
    await refused(where, ["compare", tuned, source, "--output", at("soft")], read);
    const journal = at("journal");
    expect((await run(["analyze", source, "--journal", journal, "--quiet"])).status).toBe(0);
    linkSync(journal, at("journal-too"));
    await refused(where, ["merge", source, journal, "--output", at("journal-too")], read);
    await refused(where, ["analyze", source, "--journal", journal, "--output", at("journal-too")], /are one place/);
  });

  it("a name that would be read beside the checkpoint if it were there, through links and folders too", async () => {
    const { where, at, source } = models();
    rmSync(at("config.json"));
    const dangling = path.join(place, "dangling");
    symlinkSync(at("config.json"), dangling);
    for (const target of [...["config.json", "quantize_config.json", "adapter_config.json"].map(at), dangling])
      for (const [command, ...options] of [["analyze"], ["inspect"], ["compress", "--rank", "2"], ["restore"]])
        await refused(where, [command, source, ...options, "--output", target], read);
    await refused(where, ["analyze", source, "--journal", at("config.json")], read);
    // A name of the same kind elsewhere is nobody's.
    const elsewhere = path.join(place, "config.json");
    expect((await run(["inspect", source, "--output", elsewhere])).status).toBe(0);
  });

  it("and two things that are written have two places, whether something stands there or not", async () => {
    const { where, at, source, tuned } = models();
    const same = /--(journal|adapter) and --output are one place|--output and --(journal|adapter) are one place/;
    await refused(where, ["analyze", source, "--journal", at("new"), "--output", `${where}/./new`], same);
    const adapter = ["compare", source, tuned, "--rank", "2", "--adapter", path.join(place, "adapter")];
    await refused(where, [...adapter, "--output", path.join(place, "adapter")], same);
    symlinkSync(at("new"), at("dangling"));
    const { status, stderr } = await run(["analyze", source, "--journal", at("new"), "--output", at("dangling")]);
    expect([status, same.test(stderr)]).toEqual([2, true]);
  });

  it("an adapter's folder is new or empty, and a link to one stays a link", async () => {
    const { where, at, source, tuned } = models();
    const compare = ["compare", source, tuned, "--rank", "2", "--quiet", "--adapter"];
    for (const name of [where, source, at("hard"), at("soft")]) {
      const before = contents(where);
      const { status, stderr } = await run([...compare, name]);
      expect([status, stderr.trimEnd().split("\n").length]).toEqual([name === where ? 1 : 2, 1]);
      expect(contents(where)).toEqual(before);
    }
    const target = path.join(place, `adapter-${made++}`);
    const link = path.join(place, `adapter-link-${made}`);
    symlinkSync(target, link);
    expect(await run([...compare, link])).toMatchObject({ status: 0 });
    expect(readdirSync(target).sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  });
});
