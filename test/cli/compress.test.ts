import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { CompressReport } from "../../src/compress/contract.js";
import { safetensors } from "../checkpoint/files.js";
import { ended, example, f32, folder, noise, run, start } from "./run.js";

const place = folder();
const source = path.join(place, "source.safetensors");
const shape: [number, number] = [96, 128];
const layer = (i: number) => [
  f32(`model.layers.${i}.mlp.up_proj.weight`, shape, noise(96 * 128, 3 + i)),
  f32(`model.layers.${i}.norm.weight`, [128]),
];
writeFileSync(source, safetensors([...layer(0), ...layer(1)], { format: "pt" }));

/** The same in two files with an index. */
const shards = path.join(place, "shards");
mkdirSync(shards);
const map: Record<string, string> = {};
for (const i of [0, 1]) {
  const name = `model-0000${i + 1}-of-00002.safetensors`;
  writeFileSync(path.join(shards, name), safetensors(layer(i), { format: "pt" }));
  for (const tensor of layer(i)) map[tensor.name] = name;
}
writeFileSync(path.join(shards, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));

describe("compress", () => {
  it("--dry-run prints the table by matrix and role, and writes nothing", async () => {
    const before = readdirSync(place);
    const { status, stdout, stderr } = await run(["compress", source, "--budget", "1/4", "--dry-run"]);
    expect([status, stderr]).toEqual([0, ""]);
    for (const word of ["mlp.up_proj", "numbers", "bits", "energy"]) expect(stdout).toContain(word);
    // Rank 13 of 13.7: 13 · (96 + 128) numbers of 32 bits.
    expect(stdout).toMatch(/2,912/);
    expect(readdirSync(place)).toEqual(before);
    const json = await run(["compress", source, "--budget", "1/4", "--dry-run", "--format", "json"]);
    const report = JSON.parse(json.stdout) as CompressReport;
    expect(report.summary.numbers).toBe(2 * 13 * 224);
    expect(report.roles).toHaveLength(1);
    const csv = await run(["compress", source, "--budget", "1/4", "--dry-run", "--format", "csv"]);
    expect(csv.stdout.trimEnd().split("\r\n")).toHaveLength(3);
  });

  it("and restore explain themselves", async () => {
    for (const [command, options] of [
      ["compress", ["--budget", "--energy", "--rank", "--allocate", "--order", "--imatrix", "--dry-run", "--sweep"]],
      ["restore", ["--output"]],
    ] as const) {
      const { status, stdout } = await run([command, "--help"]);
      expect(status).toBe(0);
      for (const option of options) expect(stdout).toContain(option);
    }
  });

  it.each([
    [["--budget", "0", "--dry-run"], /--budget takes a share above 0/],
    [["--budget", "1/2", "--rank", "3", "--dry-run"], /one of --signal, --budget, --energy, --rank and --gaussians/],
    [["--energy", "1.5", "--dry-run"], /--energy takes a share/],
    [["--rank", "0", "--dry-run"], /--rank takes a whole number/],
    [["--gaussians", "8", "--dry-run"], /gaussians is for the method gaussian/],
    [["--allocate", "energy", "--rank", "3", "--dry-run"], /needs the method singular and a budget or an energy/],
    [["--order", "path", "--dry-run"], /order is for the method gaussian/],
    [["--factors", "q5", "--dry-run"], /--factors takes/],
    [["--rank", "3"], /compress needs --output FILE, or --dry-run/],
    [["--rank", "3", "--format", "html", "--dry-run"], /--format html is the page of a --sweep/],
  ])("%j is a command line that is wrong", async (args, message) => {
    const { status, stdout, stderr } = await run(["compress", source, ...args]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  it("and restore refuse to write over what they read, by whatever name", async () => {
    const before = readFileSync(source);
    const hard = path.join(place, "hard-link");
    const soft = path.join(place, "soft-link");
    linkSync(source, hard);
    symlinkSync(source, soft);
    for (const given of [source, path.join(place, "shards", "..", "source.safetensors"), hard, soft]) {
      const { status, stderr } = await run(["compress", source, "--rank", "3", "--output", given]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^weightscope: --output .* is one of the files that are read: choose another name\n$/);
    }
    expect(readFileSync(source).equals(before)).toBe(true);
    const packed = path.join(place, "packed.safetensors");
    expect((await run(["compress", source, "--rank", "3", "--output", packed])).status).toBe(0);
    const bytes = readFileSync(packed);
    expect((await run(["restore", packed, "--output", packed])).status).toBe(2);
    expect(readFileSync(packed).equals(bytes)).toBe(true);
    expect((await run(["restore", packed])).status).toBe(2);
  });

  it("restore says what it restored, and that a file is not compressed", async () => {
    const packed = path.join(place, "said.safetensors");
    const back = path.join(place, "back.safetensors");
    await run(["compress", source, "--rank", "3", "--output", packed]);
    const ran = await run(["restore", packed, "--output", back, "--format", "json"]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ tensors: 4, restored: 2 });
    expect(readFileSync(back).length).toBe(readFileSync(source).length);
    const other = await run(["restore", example, "--output", path.join(place, "none")]);
    expect(other.status).toBe(1);
    expect(other.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(existsSync(path.join(place, "none"))).toBe(false);
  });
});

/** Files under a folder by path, in full. */
function everything(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(root, file), readFileSync(file, "base64")];
    }),
  );
}

const isWorking = (name: string): boolean => name.startsWith(".weightscope") || name.startsWith("weightscope-");

describe("ended at any moment", () => {
  /** The command into a folder of its own, ended `after` milliseconds, or when something stands there. */
  async function endedAt(args: string[], signal: NodeJS.Signals, after: number | "writing", old = false) {
    const own = mkdtempSync(path.join(place, "own-"));
    const output = path.join(own, "output");
    if (old) writeFileSync(output, "what was there before");
    const before = readdirSync(own).length;
    const child = start([...args, "--output", output, "--threads", "1"], { TMPDIR: own });
    const end = ended(child);
    const writes = (): boolean => readdirSync(own).length > before;
    const begun = Date.now();
    const due = (): boolean => (after === "writing" ? writes() : Date.now() - begun >= after);
    while (!due() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill(signal);
    await end;
    const kept = everything(own);
    const left = readdirSync(own).filter(isWorking);
    rmSync(own, { recursive: true });
    return { kept, left };
  }

  const packed = path.join(place, "to-restore.safetensors");
  const packedShards = path.join(place, "to-restore");

  it.each([
    ["compress, one file", ["compress", source, "--budget", "1/4"]],
    ["compress, two files", ["compress", shards, "--budget", "1/4"]],
    ["restore, one file", ["restore", packed]],
    ["restore, two files", ["restore", packedShards]],
  ])(
    "%s: the output is whole or not there",
    async (_, args) => {
      if (!existsSync(packed)) await run(["compress", source, "--budget", "1/4", "--output", packed]);
      if (!existsSync(packedShards)) await run(["compress", shards, "--budget", "1/4", "--output", packedShards]);
      const several = args[1] === shards || args[1] === packedShards;
      const own = mkdtempSync(path.join(place, "whole-"));
      const begun = Date.now();
      expect((await run([...args, "--output", path.join(own, "output"), "--threads", "1"])).status).toBe(0);
      const took = Date.now() - begun;
      const whole = everything(own);
      for (const [signal, after] of [
        ["SIGKILL", "writing"],
        ["SIGKILL", 0.6 * took],
        ["SIGKILL", 0.9 * took],
        ["SIGTERM", "writing"],
      ] as const) {
        const old = !several && after !== 0.6 * took;
        const { kept, left } = await endedAt(args, signal, after, old);
        const visible = Object.entries(kept).filter(([name]) => name.split(path.sep)[0] === "output");
        // A process that may end itself takes its working files with it.
        if (signal === "SIGTERM") expect(left).toEqual([]);
        // All of it, or none and what was there before.
        if (visible.length === 1 && visible[0][1] === Buffer.from("what was there before").toString("base64")) continue;
        if (visible.length > 0) expect(Object.fromEntries(visible)).toEqual(whole);
        else expect(old).toBe(false);
      }
    },
    120_000,
  );

  it("over an older sharded checkpoint: files are old or new, the index new only after all others", async () => {
    const args = ["compress", shards, "--budget", "1/4", "--threads", "1"];
    const older = path.join(place, "older");
    await run(["compress", shards, "--budget", "1/4", "--factors", "q8", "--output", older]);
    writeFileSync(path.join(older, "config.json"), "{}");
    const before = everything(older);
    const newer = path.join(place, "newer");
    cpSync(older, newer, { recursive: true });
    const begun = Date.now();
    expect((await run([...args, "--output", newer])).status).toBe(0);
    const took = Date.now() - begun;
    const after = everything(newer);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after["config.json"]).toBe(before["config.json"]);
    let ends = 0;
    for (const [signal, share] of [
      ["SIGKILL", "writing"],
      ["SIGKILL", 0.6],
      ["SIGKILL", 0.8],
      ["SIGKILL", 0.95],
      ["SIGTERM", "writing"],
    ] as const) {
      const own = path.join(mkdtempSync(path.join(place, "over-")), "output");
      cpSync(older, own, { recursive: true });
      const child = start([...args, "--output", own]);
      const end = ended(child);
      const started = Date.now();
      const due = (): boolean =>
        share === "writing" ? readdirSync(own).some(isWorking) : Date.now() - started >= share * took;
      while (!due() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
      child.kill(signal);
      if ((await end).status !== 0) ends++;
      const visible = Object.entries(everything(own)).filter(([name]) => !isWorking(name));
      expect(visible.map(([name]) => name)).toEqual(Object.keys(before));
      for (const [name, bytes] of visible) expect([before[name], after[name]], name).toContain(bytes);
      const found = Object.fromEntries(visible);
      const index = "model.safetensors.index.json";
      if (found[index] !== before[index]) expect(found).toEqual(after);
      if (signal === "SIGTERM") expect(readdirSync(own).filter(isWorking)).toEqual([]);
    }
    expect(ends).toBeGreaterThan(1);
  }, 120_000);

  it("a sweep: no table, and with a journal only whole rows", async () => {
    const journal = path.join(place, "journal");
    const args = ["compress", source, "--sweep", "1/8,1/4,1/2", "--evaluate", "wc -c < {}", "--journal", journal];
    for (const after of ["writing", 500, 900] as const) {
      const { kept } = await endedAt([...args, "--format", "json"], "SIGKILL", after);
      const table = kept.output;
      if (table !== undefined) expect(() => JSON.parse(Buffer.from(table, "base64").toString())).not.toThrow();
    }
    const ran = await run([...args, "--format", "json"]);
    expect([ran.stderr, ran.status]).toEqual(["", 0]);
    expect((JSON.parse(ran.stdout) as { rows: unknown[] }).rows).toHaveLength(4);
  }, 120_000);
});
