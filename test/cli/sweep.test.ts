import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SweepReport } from "../../src/compress/sweep.js";
import { ended, run, start } from "./run.js";

const bundled = fileURLToPath(new URL("../../examples/selftrained-llama-en.bf16.safetensors", import.meta.url));

let folder: string;
let temporary: string;
let calls: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "weightscope-sweeping-"));
  temporary = mkdtempSync(path.join(folder, "tmp-"));
  calls = path.join(folder, "calls");
  writeFileSync(calls, "");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Counts its calls, fails at those listed, else prints the size of the file. */
function command(failing: number[] = []): string {
  const script = path.join(folder, "evaluate.cjs");
  writeFileSync(
    script,
    `const fs = require("node:fs"), [file] = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(calls)}, "x");
const call = fs.readFileSync(${JSON.stringify(calls)}).length;
if (${JSON.stringify(failing)}.includes(call)) { console.error("no engine for call " + call); process.exit(7); }
console.log("bytes", fs.statSync(file).size, "rounds", call);
console.log("size", fs.statSync(file).size);
`,
  );
  return `${process.execPath} ${script} {}`;
}

const called = (): number => readFileSync(calls).length;
const sweep = (...args: string[]) =>
  run(["compress", bundled, "--include", "layers.0.*(k|v)_proj", ...args], { env: { TMPDIR: temporary } });
const left = (): string[] => readdirSync(temporary);

describe("compress --sweep", () => {
  it("restores, evaluates and prints: the checkpoint as it is, each budget, each rounding", async () => {
    const ran = await sweep("--sweep", "1/8,0.5", "--baseline", "--evaluate", command(), "--format", "json");
    expect([ran.stderr, ran.status]).toEqual(["", 0]);
    const report = JSON.parse(ran.stdout) as SweepReport;
    expect(report.rows.map(({ method, asked, value }) => [method, asked, value])).toEqual([
      ["none", "", 5_022_280],
      ["singular", "1/8", 5_022_280],
      ["singular", "0.5", 5_022_280],
      ["rounding", "8 bits", 5_022_280],
      ["rounding", "4 bits", 5_022_280],
      ["rounding", "3 bits", 5_022_280],
      ["rounding", "2 bits", 5_022_280],
    ]);
    const [, eighth, half, , four] = report.rows;
    // 2 matrices of 128 × 256: rank 10 of 10.67, 42 of 42.67.
    expect([eighth.numbers, half.numbers]).toEqual([2 * 10 * 384, 2 * 42 * 384]);
    expect(eighth.bits).toBe(eighth.numbers * 16);
    expect(four).toMatchObject({ weights: 65_536, numbers: 65_536, bits: 65_536 * 4.5, bitsOfSource: 65_536 * 16 });
    expect(half.energy).toBeGreaterThan(eighth.energy);
    expect(report.parts[0].names).toHaveLength(2);
    expect(called()).toBe(7);
    expect(left()).toEqual([]);
  });

  it("in every format", async () => {
    const given = ["--sweep", "1/4", "--evaluate", command()];
    expect((await sweep(...given)).stdout).toMatch(/^singular, 1\/4 +16,128 +3\.94 +24\.6 +\d\d\.\d +\d+/m);
    expect((await sweep(...given, "--format", "csv")).stdout).toMatch(/^source,method,weights,kept,/);
    expect((await sweep(...given, "--format", "markdown")).stdout).toMatch(/^\| singular, 1\/4 \|/m);
    const html = await sweep(...given, "--format", "html");
    expect(html.stdout).toMatch(/^<!doctype html>[\s\S]+<svg[\s\S]+bits a weight/);
    expect(html.stdout).not.toMatch(/<script/);
    const file = path.join(folder, "sweep.html");
    expect(await sweep(...given, "--format", "html", "--output", file)).toMatchObject({ status: 0, stdout: "" });
    // The answer, the day and the command first; the command alone differs.
    const commandless = (text: string): string => text.replace(/<code>.*?<\/code>/, "");
    expect(commandless(readFileSync(file, "utf8"))).toBe(commandless(html.stdout));
    expect(html.stdout).toMatch(
      /<article><p class="answer">.*?<\/p><h1>.*?\d{4}-\d\d-\d\d.*?<code><span>weightscope<\/span> <span>compress</,
    );
  });

  it("a budget whose evaluation fails is one clear line; the others go on, the status is 1", async () => {
    const ran = await sweep("--sweep", "1/8,1/4", "--evaluate", command([2]), "--format", "json");
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/^weightscope: 1\/8: --evaluate ".*" ended with status 7: no engine for call 2\n$/);
    expect((JSON.parse(ran.stdout) as SweepReport).rows.map(({ value }) => value)).toEqual([
      5_022_280,
      null,
      5_022_280,
    ]);
    expect(left()).toEqual([]);
  });

  it("where the checkpoint as it is cannot be evaluated, nothing else is tried", async () => {
    const ran = await sweep("--sweep", "1/8,1/4", "--evaluate", "false {}");
    expect([ran.status, ran.stdout]).toEqual([1, ""]);
    expect(ran.stderr).toMatch(/^weightscope: --evaluate "false \{\}" ended with status 1\n$/);
    expect(left()).toEqual([]);
  });

  it("goes on from a journal: what is done is not done again, what failed is", async () => {
    const journal = path.join(folder, "journal");
    const given = ["--sweep", "1/8,1/4,1/2", "--journal", journal, "--format", "csv"];
    expect((await sweep(...given, "--evaluate", command([3]))).status).toBe(1);
    expect(called()).toBe(4);
    expect(readFileSync(journal, "utf8").trimEnd().split("\n")).toHaveLength(4);
    if (existsSync("/dev/full")) {
      expect((await sweep(...given, "--output", "/dev/full", "--evaluate", command())).status).toBe(1);
      expect(readFileSync(journal, "utf8").trimEnd().split("\n")).toHaveLength(5);
    }
    const second = await sweep(...given, "--evaluate", command());
    expect(second.status).toBe(0);
    expect(called()).toBe(5);
    expect(existsSync(journal)).toBe(false);
    expect((await sweep("--sweep", "1/8,1/4,1/2", "--format", "csv", "--evaluate", command())).stdout).toBe(
      second.stdout,
    );
  });

  it("interrupted, it leaves its journal and nothing else, and goes on from it", async () => {
    const journal = path.join(folder, "journal");
    const given = [
      "compress",
      bundled,
      "--include",
      "layers.0.*(k|v)_proj",
      "--sweep",
      "1/8,1/4",
      "--journal",
      journal,
    ];
    const slow = `${command()}; test $(wc -c < ${calls}) -lt 2 || sleep 20`;
    const child = start([...given, "--evaluate", slow], { TMPDIR: temporary });
    const until = Date.now() + 60_000;
    while (called() < 2 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    const end = ended(child);
    child.kill("SIGINT");
    expect((await end).status).toBe(130);
    expect(left()).toEqual([]);
    expect(readFileSync(journal, "utf8").trimEnd().split("\n")).toHaveLength(2);
    const other = await run([...given, "--evaluate", command()], { env: { TMPDIR: temporary } });
    expect(other.stderr).toMatch(/: the journal of another sweep \(another source, options or command\)\n$/);
    expect(other.status).toBe(1);
  });

  it("names of files act on no shell", async () => {
    const source = path.join(folder, "a b;touch injected $(touch injected)'\".safetensors");
    copyFileSync(bundled, source);
    const given = ["--include", "layers.0.*k_proj", "--sweep", "1/4", "--evaluate", command()];
    const ran = await run(["compress", source, ...given], { env: { TMPDIR: temporary } });
    expect([ran.stderr, ran.status]).toEqual(["", 0]);
    expect([process.cwd(), folder, temporary].filter((place) => existsSync(path.join(place, "injected")))).toEqual([]);
  });

  it("one layer or role at a time, beside its norm and signal", async () => {
    const given = ["compress", bundled, "--sweep", "1/8", "--evaluate", command(), "--format", "json"];
    const layers = JSON.parse((await run([...given, "--by", "layer"])).stdout) as SweepReport;
    expect(layers.parts.map(({ part, names }) => [part, names.length])).toEqual(
      [0, 1, 2, 3].map((layer) => [`layer ${layer}`, 7]),
    );
    expect(layers.rows.map(({ part }) => part)).toEqual([null, "layer 0", "layer 1", "layer 2", "layer 3"]);
    expect(layers.parts.every(({ norm, signal }) => norm !== null && norm > 20 && signal !== null)).toBe(true);
    const roles = JSON.parse((await run([...given, "--by", "role", "--include", "layers.[01]"])).stdout) as SweepReport;
    expect(roles.parts).toHaveLength(7);
    expect(roles.parts[0].names).toHaveLength(2);
  });

  it.each([
    [["--sweep", "1/4"], /--sweep needs --evaluate COMMAND/],
    [["--evaluate", "run {}"], /--evaluate is for a --sweep/],
    [["--baseline", "--dry-run"], /--baseline is for a --sweep/],
    [["--sweep", "2", "--evaluate", "run {}"], /--sweep takes a share/],
    [["--sweep", "1/4", "--evaluate", "run"], /--evaluate takes a command with \{\}/],
    [["--sweep", "1/4", "--evaluate", "run {}", "--budget", "0.5"], /--sweep .*--budget/],
    [["--sweep", "1/4", "--evaluate", "run {}", "--by", "head"], /--by takes layer or role/],
  ])("%j is a command line that is wrong", async (args, message) => {
    const ran = await sweep(...args);
    expect([ran.status, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toMatch(message);
  });
});
