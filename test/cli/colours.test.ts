import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { describeNeeding, python } from "../support/data.js";
import { cli, ended, folder, type Ran, run, small, start } from "./run.js";

const place = folder();
const at = (name: string): string => path.join(place, name);
const source = at("small.safetensors");
writeFileSync(source, small());
const text = at("text.txt");
writeFileSync(text, "a b a c ".repeat(9));
const journal = at("small.journal");
const smaller = at("smaller.safetensors");

/** A value for each file, its size: the plainest judge. */
const judge = at("judge.cjs");
writeFileSync(judge, 'console.log("size", require("node:fs").statSync(process.argv[2]).size);');
const evaluate = `${process.execPath} ${judge} {}`;

const ready = Promise.all([
  run(["analyze", source, "--journal", journal, "-q"]),
  run(["compress", source, "--include", ".", "--rank", "1", "-q", "-o", smaller]),
]);

/** Commands whose tables have bold heads, and those of plain sentences. */
const painted: [name: string, args: string[]][] = [
  ["inspect", ["inspect", source]],
  ["analyze", ["analyze", source]],
  ["analyze --sample", ["analyze", source, "--sample", "layers=1"]],
  ["compare", ["compare", source, source]],
  ["compress", ["compress", source, "--include", ".", "--rank", "1", "--dry-run"]],
  ["sweep", ["compress", source, "--include", ".", "--sweep", "1/4", "--evaluate", evaluate]],
  ["merge", ["merge", source, journal]],
  ["corpus", ["corpus", text, "--vocab", "3"]],
  ["scaling", ["scaling", "--only", "compression"]],
];
const unpainted: [name: string, args: string[]][] = [
  ["analyze --estimate", ["analyze", source, "--estimate"]],
  ["restore", ["restore", smaller, "-o", at("restored.safetensors")]],
  ["queue", ["queue", "--queue", "redis://127.0.0.1:1"]],
  ["worker", ["worker", "--queue", "redis://127.0.0.1:1", "--allow-path", place]],
  ["serve", ["serve", source, "--port", "0"]],
  ["help", ["--help"]],
  ["a wrong command line", ["analyze", source, "--sampel"]],
  ["a file that is none", ["merge", text, journal]],
];

/** As `run`, but what would go on for ever is interrupted when it has said something. */
async function said(args: string[], env: Record<string, string>): Promise<Ran> {
  await ready;
  if (!/^(serve|worker|queue)$/.test(args[0])) return run(args, { env });
  const child = start(args, env);
  const stop = (): void => void child.kill("SIGINT");
  child.stdout.once("data", stop);
  child.stderr.once("data", stop);
  return ended(child);
}

const STYLES = /\u001b\[[\d;]*m/g;

describe("colours through a pipe", () => {
  it.concurrent.each(painted)("%s has them where FORCE_COLOR asks, and else the same text without", async (_, args) => {
    const forced = await said(args, { FORCE_COLOR: "1", NO_COLOR: "1" });
    expect(forced).toMatchObject({ status: 0, stderr: expect.not.stringContaining("\u001b") });
    expect(forced.stdout).toContain("\u001b[1m");
    expect((await said(args, { FORCE_COLOR: "0" })).stdout).toBe(forced.stdout.replace(STYLES, ""));
  });

  it.concurrent.each(unpainted)("%s has none, whatever is asked", async (_, args) => {
    const { stdout, stderr } = await said(args, { FORCE_COLOR: "1" });
    expect(stdout + stderr).not.toBe("");
    expect(stdout + stderr).not.toContain("\u001b");
  });

  it.concurrent.each(["json", "csv", "markdown", "html"])("nor has %s", async (format) => {
    for (const [name, args] of painted) {
      if (format === "html" && /^(inspect|corpus|compress|scaling)$/.test(name)) continue;
      const { status, stdout, stderr } = await said([...args, "--format", format], { FORCE_COLOR: "1" });
      expect({ name, status, stderr }).toMatchObject({ name, status: 0 });
      expect(stdout, name).not.toContain("\u001b");
    }
  });
});

describeNeeding(["python"], "colours on a terminal", () => {
  const script = "import os, pty, sys\nstatus = pty.spawn(sys.argv[1:])\nsys.exit(os.waitstatus_to_exitcode(status))";
  async function onTerminal(args: string[], env: Record<string, string>): Promise<string> {
    await ready;
    // Node takes a terminal for colourless where CI is set.
    const { NO_COLOR, FORCE_COLOR, CI, ...rest } = process.env;
    const child = spawn(python, ["-c", script, process.execPath, cli, ...args], {
      env: { ...rest, TERM: "xterm-256color", COLUMNS: "80", ...env },
    });
    child.stdin.end();
    return (await ended(child)).stdout;
  }
  const ending = [...painted, ...unpainted].filter(([name]) => !/^(serve|worker|queue)$/.test(name));

  it.concurrent.each(ending)("%s has none with NO_COLOR", async (_, args) => {
    expect((await onTerminal(args, { NO_COLOR: "1" })).match(STYLES)).toBeNull();
  });

  it("are there without, and not with FORCE_COLOR=0", async () => {
    const args = ["merge", source, journal];
    expect((await onTerminal(args, {})).match(STYLES)).not.toBeNull();
    expect((await onTerminal(args, { FORCE_COLOR: "0" })).match(STYLES)).toBeNull();
  });
});
