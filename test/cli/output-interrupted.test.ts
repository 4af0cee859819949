import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { safetensors } from "../checkpoint/files.js";
import { describeNeeding, python } from "../support/data.js";
import { left, place, slow, slowly, source } from "./output-files.js";
import { cli, ended, example, f32, noise, start } from "./run.js";

describe("Ctrl-C", () => {
  it("ends with 130 and leaves neither the output nor a piece of it", async () => {
    const target = path.join(place, "interrupted.json");
    const child = start([...slowly, "--format", "json", "--output", target]);
    child.stderr.once("data", () => child.kill("SIGINT"));
    const { status, stdout, stderr } = await ended(child);
    expect(stderr.trimEnd().split("\n").pop()).toBe("weightscope: interrupted");
    expect([status, stdout]).toEqual([130, ""]);
    expect(existsSync(target)).toBe(false);
    expect(left(place)).toEqual([]);
  });

  it("while standard input is read removes its copy", async () => {
    const temporary = path.join(place, "tmp");
    mkdirSync(temporary, { recursive: true });
    const child = start(["analyze", "-"], { TMPDIR: temporary });
    child.stdin.on("error", () => undefined);
    const end = ended(child);
    // More than a pipe holds: when it is written, the command has begun to read.
    await new Promise((resolve) => child.stdin.write(readFileSync(example).subarray(0, 3_000_000), resolve));
    child.kill("SIGINT");
    expect(await end).toEqual({ status: 130, stdout: "", stderr: "weightscope: interrupted\n" });
    expect(left(temporary)).toEqual([]);
  });

  it("twice ends at once", async () => {
    const child = start(slowly);
    child.stderr.once("data", () => {
      child.kill("SIGINT");
      child.kill("SIGINT");
    });
    expect((await ended(child)).status).toBe(130);
  });

  it.each([["once"], ["twice"]])(
    "%s, while an adapter is made, leaves neither its folder nor a piece of it",
    async (times) => {
      const tuned = path.join(place, "tuned.safetensors");
      writeFileSync(
        tuned,
        safetensors([
          f32("a.weight", [1500, 1500], noise(2_250_000, 5)),
          f32("b.weight", [1500, 1500], noise(2_250_000, 7)),
        ]),
      );
      const folder = path.join(place, "adapter");
      const child = start(["compare", slow, tuned, "--adapter", folder, "--rank", "8", "--progress", "--threads", "1"]);
      child.stderr.once("data", () => {
        expect(left(place)).toHaveLength(1);
        child.kill("SIGINT");
        if (times === "twice") child.kill("SIGINT");
      });
      expect((await ended(child)).status).toBe(130);
      expect([existsSync(folder), left(place)]).toEqual([false, []]);
    },
  );

  it("has a sibling in SIGTERM", async () => {
    const child = start(slowly);
    child.stderr.once("data", () => child.kill("SIGTERM"));
    expect((await ended(child)).status).toBe(143);
  });
});

describe("a reader that goes away", () => {
  it("ends the command quietly", async () => {
    const many = path.join(place, "many.safetensors");
    writeFileSync(many, safetensors(Array.from({ length: 20_000 }, (_, i) => f32(`layers.${i}.norm.weight`, [1]))));
    const child = start(["inspect", many, "--format", "csv"]);
    const closed = new Promise<[number | null, string]>((resolve) => {
      let stderr = "";
      child.stderr.on("data", (text: Buffer) => {
        stderr += String(text);
      });
      child.on("close", (status) => resolve([status, stderr]));
    });
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await closed).toEqual([0, ""]);
  });
});

describeNeeding(["python"], "a terminal", () => {
  /** Runs the command with both outputs on one pseudo-terminal. */
  const onTerminal = (args: string[], env: Record<string, string>) => {
    // Node takes a terminal for colourless where CI is set.
    const { NO_COLOR, FORCE_COLOR, CI, ...rest } = process.env;
    const script = "import os, pty, sys\nstatus = pty.spawn(sys.argv[1:])\nsys.exit(os.waitstatus_to_exitcode(status))";
    const ran = spawnSync(python, ["-c", script, process.execPath, cli, ...args], {
      env: { ...rest, TERM: "xterm-256color", ...env },
      encoding: "utf8",
    });
    return { status: ran.status, text: ran.stdout };
  };
  it("gets colours, unless NO_COLOR is set", () => {
    const colored = onTerminal(["analyze", source, "--null"], {});
    expect(colored.status).toBe(0);
    expect(colored.text).toContain("\u001b[1m");
    const plain = onTerminal(["analyze", source, "--null", "--quiet"], { NO_COLOR: "1" });
    expect(plain.text).not.toContain("\u001b[");
    expect(plain.text).toContain("How many parameters are really free?");
  });
  it("gets a bar, which is gone at the end", () => {
    const { text } = onTerminal(["analyze", slow, "--permutations", "600", "--memory", "2"], {});
    expect(text).toContain("█");
    expect(text.slice(text.lastIndexOf("█"))).toContain("\u001b[?25h");
    expect(onTerminal(["analyze", slow, "--permutations", "600", "--memory", "2", "--quiet"], {}).text).not.toContain(
      "█",
    );
  });
});
