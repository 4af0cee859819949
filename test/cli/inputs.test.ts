import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { safetensors } from "../checkpoint/files.js";
import { cli, ended, f32, folder, run, small, start } from "./run.js";

const place = folder();
let made = 0;

/** A folder with a sharded checkpoint in it, its index, and a configuration. */
function sharded(): string {
  const where = path.join(place, `sharded-${made++}`);
  mkdirSync(where);
  const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  for (const [i, shard] of shards.entries())
    writeFileSync(path.join(where, shard), safetensors([f32(`layers.${i}.w`, [20, 16])]));
  const map = { "layers.0.w": shards[0], "layers.1.w": shards[1] };
  writeFileSync(path.join(where, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
  writeFileSync(path.join(where, "config.json"), "{}");
  return where;
}

function single(): string {
  const file = path.join(place, `single-${made++}.safetensors`);
  writeFileSync(file, small());
  return file;
}

const contents = (where: string): Map<string, string> =>
  new Map(
    readdirSync(where, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(path.join(where, name)).toString("base64")]),
  );

const LISTENS = `process.on("newListener", (name) => name === "SIGINT" && process.stderr.write("listens\\n"))`;

/** What a command ends with that is interrupted in the midst of waiting: a while after it listens to Ctrl-C. */
async function interrupted(args: string[]): Promise<number | null> {
  const child = start(args, { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(LISTENS)}` });
  child.stderr.once("data", () => setTimeout(() => child.kill("SIGINT"), 300));
  return (await ended(child)).status;
}

/** Refused as a wrong command line, with nothing changed. */
async function expectRefused(where: string, args: string[]): Promise<void> {
  const before = contents(where);
  const { status, stdout, stderr } = await run(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^weightscope: --output .* is one of the files that are read: choose another name\n$/);
  expect(contents(where)).toEqual(before);
}

describe("--output", () => {
  it("is never the source, whatever it is called", async () => {
    const source = single();
    const where = path.dirname(source);
    const link = path.join(where, `link-${made++}`);
    const hard = path.join(where, `hard-${made++}`);
    const around = path.join(where, `around-${made++}`);
    symlinkSync(source, link);
    linkSync(source, hard);
    symlinkSync(where, around);
    const names = [source, link, hard, path.join(around, path.basename(source)), `${where}/./${path.basename(source)}`];
    for (const name of names) {
      await expectRefused(where, ["inspect", source, "--output", name]);
      await expectRefused(where, ["analyze", name, "--format", "json", "--output", source]);
    }
    await expectRefused(where, ["inspect", `file://${source}`, "--output", source]);
    await expectRefused(where, ["inspect", "nowhere.safetensors", source, "--output", hard]);
  });

  it("is no shard, no index and no other file of an analysed directory", async () => {
    const where = sharded();
    for (const name of readdirSync(where))
      await expectRefused(where, ["analyze", where, "--output", path.join(where, name)]);
    const index = path.join(where, "model.safetensors.index.json");
    await expectRefused(where, ["inspect", index, "--output", path.join(where, "model-00002-of-00002.safetensors")]);
    const first = path.join(where, "model-00001-of-00002.safetensors");
    await expectRefused(where, ["inspect", first, "--output", path.join(where, "model-00002-of-00002.safetensors")]);
    // A new name beside them is nobody's.
    expect((await run(["inspect", where, "--output", path.join(where, "report.txt")])).status).toBe(0);
  });

  it("is nothing that is read beside a checkpoint", async () => {
    const where = path.join(place, `beside-${made++}`);
    mkdirSync(where);
    const source = path.join(where, "weights.safetensors");
    writeFileSync(source, small());
    const elsewhere = path.join(where, "elsewhere.safetensors");
    for (const name of ["config.json", "quantize_config.json", "adapter_config.json"]) {
      const beside = path.join(where, name);
      // As a report it would be read by the next command.
      await expectRefused(where, ["inspect", source, "--output", beside]);
      writeFileSync(beside, "{}");
      await expectRefused(where, ["inspect", source, "--output", beside]);
      await expectRefused(where, ["analyze", `file://${source}`, "--threads", "1", "--output", beside]);
      await expectRefused(where, ["compare", single(), source, "--output", beside]);
      await expectRefused(where, ["compress", source, "--gaussians", "4", "--output", beside]);
      rmSync(elsewhere, { force: true });
      linkSync(beside, elsewhere);
      await expectRefused(where, ["analyze", source, "--output", elsewhere]);
    }
    expect(readdirSync(where)).toHaveLength(5);
  });

  it("is no text, nothing that an option names, and not what standard input comes from", async () => {
    const where = path.join(place, `texts-${made++}`);
    mkdirSync(where);
    const text = path.join(where, "text.txt");
    writeFileSync(text, "a b a c a b ".repeat(30));
    await expectRefused(where, ["corpus", text, "--output", text]);
    await expectRefused(where, ["scaling", "--only", "transition", "--corpus", text, "--output", text]);
    const source = path.join(where, "m.safetensors");
    writeFileSync(source, small());
    await expectRefused(where, ["scaling", "--only", "norms", "--checkpoint", source, "--output", source]);
    const from = openSync(source, "r");
    const { status } = spawnSync(process.execPath, [cli, "inspect", "-", "--output", source], {
      stdio: [from, "pipe", "pipe"],
    });
    expect(status).toBe(2);
    expect(readFileSync(source)).toEqual(Buffer.from(small()));
  });

  it("follows a link that leads nowhere yet, and refuses a circle of links", async () => {
    const source = single();
    const target = path.join(place, `target-${made++}.txt`);
    const link = path.join(place, `dangling-${made++}`);
    const chain = path.join(place, `chain-${made++}`);
    symlinkSync(path.basename(target), link);
    symlinkSync(link, chain);
    expect((await run(["inspect", source, "--output", chain])).status).toBe(0);
    expect([lstatSync(link).isSymbolicLink(), lstatSync(chain).isSymbolicLink()]).toEqual([true, true]);
    expect(readFileSync(target, "utf8")).toContain("safetensors");
    const circle = path.join(place, `circle-${made++}`);
    symlinkSync(circle, circle);
    const { status, stderr } = await run(["inspect", source, "--output", circle]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `weightscope: ${circle}: cannot be written: links that lead round in a circle\n`,
    });
  });

  it("waits for a pipe's reader where Ctrl-C still works, and writes to one that comes", async () => {
    const source = single();
    const pipe = path.join(place, `pipe-${made++}`);
    execFileSync("mkfifo", [pipe]);
    expect(await interrupted(["inspect", source, "--output", pipe])).toBe(130);
    const writing = ended(start(["inspect", source, "--output", pipe]));
    const read = ended(start(["corpus", pipe, "--vocab", "5", "--format", "json", "--quiet"]));
    expect((await writing).status).toBe(0);
    expect(JSON.parse((await read).stdout)[0].tokens).toBeGreaterThan(10);
    expect(existsSync(pipe)).toBe(true);
  });
});

describe("a pipe or a device", () => {
  it("as a source is refused at once, as a shard too", async () => {
    const where = sharded();
    const pipe = path.join(where, "model-00003-of-00003.safetensors");
    execFileSync("mkfifo", [pipe]);
    const one = await run(["inspect", pipe]);
    expect({ status: one.status, stderr: one.stderr }).toEqual({
      status: 1,
      stderr: `weightscope: ${pipe}: a pipe, not a file: redirect it to standard input, and read from -\n`,
    });
    const index = path.join(where, "other.safetensors.index.json");
    writeFileSync(index, JSON.stringify({ weight_map: { a: path.basename(pipe) } }));
    expect(await run(["inspect", index])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("a pipe, not a file"),
    });
    expect(await run(["inspect", "/dev/zero"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("not a regular file"),
    });
    expect(await run(["corpus", "/dev/zero"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("not a text"),
    });
  });

  it("as an index, a journal, a merged journal or an importance matrix is refused at once", async () => {
    const where = sharded();
    const source = single();
    const pipe = path.join(where, "pipe.safetensors.index.json");
    execFileSync("mkfifo", [pipe]);
    const sweep = ["--sweep", "1/4", "--evaluate", "wc -c < {}"];
    for (const place of [pipe, "/dev/zero", where])
      for (const args of [
        ["analyze", place, "--output", path.join(where, "report.txt")].slice(0, place === where ? 0 : undefined),
        ["analyze", source, "--journal", place],
        ["compress", source, ...sweep, "--journal", place],
        ["compress", source, "--rank", "2", "--imatrix", place, "--dry-run"],
        ["merge", source, place],
      ].filter((words) => words.length > 0)) {
        const { status, stderr } = await run(args);
        expect([status, stderr.trimEnd().split("\n").length], args.join(" ")).toEqual([1, 1]);
        expect(stderr).toMatch(/a (pipe|device|directory), not a file|not a regular file/);
      }
  });

  it("as a text is read as a stream, and Ctrl-C works while nobody writes", async () => {
    const pipe = path.join(place, `text-pipe-${made++}`);
    execFileSync("mkfifo", [pipe]);
    expect(await interrupted(["corpus", pipe])).toBe(130);
  });
});
