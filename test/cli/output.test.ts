import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { safetensors } from "../checkpoint/files.js";
import { left, place, slow, source } from "./output-files.js";
import { example, f32, noise, run, small } from "./run.js";

describe("--output", () => {
  it("holds what standard output would have held", async () => {
    for (const format of ["table", "json", "csv", "markdown"]) {
      const target = path.join(place, `report.${format}`);
      const written = await run(["analyze", source, "--format", format, "--output", target]);
      expect(written).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(readFileSync(target, "utf8")).toBe((await run(["analyze", source, "--format", format])).stdout);
    }
    expect(left(place)).toEqual([]);
  });

  it("leaves what was there when the work fails", async () => {
    const target = path.join(place, "kept.json");
    writeFileSync(target, "before");
    expect(
      (await run(["analyze", path.join(place, "none.safetensors"), "--format", "json", "--output", target])).status,
    ).toBe(1);
    expect(readFileSync(target, "utf8")).toBe("before");
    expect(left(place)).toEqual([]);
  });

  it("replaces a file with its mode, and follows a link", async () => {
    const target = path.join(place, "mode.json");
    const link = path.join(place, "link.json");
    writeFileSync(target, "before");
    chmodSync(target, 0o640);
    symlinkSync("mode.json", link);
    expect((await run(["inspect", source, "--format", "json", "--output", link])).status).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(target, "utf8")).tensors.length).toBe(3);
    expect(statSync(target).mode & 0o777).toBe(0o640);
  });

  it("is checked before the work begins", async () => {
    mkdirSync(path.join(place, "folder"), { recursive: true });
    for (const [target, why] of [
      ["folder", "a directory"],
      ["no/such/report.json", "no such directory"],
    ]) {
      const { status, stderr, stdout } = await run([
        "analyze",
        slow,
        "--participation",
        "exact",
        "--output",
        path.join(place, target),
      ]);
      expect(stderr).toMatch(new RegExp(`^weightscope: [^\\n]*: cannot be written: ${why}\\n$`));
      expect([status, stdout]).toEqual([1, ""]);
    }
  });

  it("may be a device", async () => {
    expect(await run(["inspect", source, "--output", "/dev/null"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

describe("standard input", () => {
  it("is a source like any other, and leaves nothing behind", async () => {
    const temporary = path.join(place, "tmp2");
    mkdirSync(temporary, { recursive: true });
    const piped = await run(["analyze", "-", "--format", "json"], { input: small(), env: { TMPDIR: temporary } });
    expect(piped.status).toBe(0);
    const whole = JSON.parse((await run(["analyze", source, "--format", "json"])).stdout);
    const got = JSON.parse(piped.stdout);
    expect(got.source.name).toBe("standard input");
    expect(got.matrices).toEqual(whole.matrices);
    expect(readdirSync(temporary)).toEqual([]);
    const bad = await run(["analyze", "-"], { input: new Uint8Array(100), env: { TMPDIR: temporary } });
    expect(bad.stderr).toMatch(/^weightscope: standard input: [^\n]+\n$/);
    expect(bad.status).toBe(1);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("several sources", () => {
  const missing = path.join(place, "gone.safetensors");
  it("go on after one that fails, with status 1", async () => {
    const { status, stdout, stderr } = await run(["analyze", source, missing, example, "--format", "json"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^weightscope: .*gone\.safetensors: no such file or directory\n$/);
    expect(JSON.parse(stdout).map((report: { source: { name: string } }) => report.source.name)).toEqual([
      "small.safetensors",
      "selftrained-llama-en.bf16.safetensors",
    ]);
  });
  it("are an array even where one alone worked, and nothing where none did", async () => {
    expect(JSON.parse((await run(["analyze", source, missing, "--format", "json"])).stdout)).toHaveLength(1);
    expect(await run(["analyze", missing, missing, "--format", "json"])).toMatchObject({ status: 1, stdout: "" });
  });
  it("carry a column in csv and markdown", async () => {
    const csv = (await run(["analyze", source, example, "--format", "csv"])).stdout.split("\r\n");
    expect(csv[0]).toMatch(/^source,name,/);
    expect(new Set(csv.slice(1, -1).map((line) => line.split(",")[0]))).toEqual(new Set([source, example]));
    const markdown = (await run(["analyze", source, example, "--format", "markdown"])).stdout;
    expect(markdown).toContain("| source | matrix |");
    expect((await run(["analyze", source, "--format", "markdown"])).stdout).toContain("\n| matrix |");
  });
  it("are tables one after the other", async () => {
    const { stdout } = await run(["analyze", source, source]);
    expect(stdout.match(/small\.safetensors: safetensors/g)).toHaveLength(2);
  });
});

describe("the same weights and options", () => {
  it("give the same bytes, whatever the threads and the memory", async () => {
    const options = ["analyze", example, "--format", "json", "--null", "--svd"];
    const once = await run([...options, "--threads", "1"]);
    expect(once.status).toBe(0);
    expect((await run([...options, "--threads", "3", "--memory", "1"])).stdout).toBe(once.stdout);
  });
});

describe("help and version", () => {
  it("go to standard output with status 0", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await run(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
    for (const args of [["--help"], ["help"], ["help", "analyze"], ["analyze", "--help"], ["inspect", "-h"]]) {
      const { status, stdout, stderr } = await run(args);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/usage: weightscope/);
      for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });
});

describe("progress", () => {
  it("is silent where no terminal is, and in plain lines with --progress", async () => {
    expect((await run(["analyze", example])).stderr).toBe("");
    const { stderr } = await run(["analyze", example, "--progress"]);
    expect(stderr).toMatch(/^(weightscope: \d+ %, [\d.]+ \w+ of 5\.0 MB(, about \d+ s left)?, [\w.]+\n)+$/);
  });
});

describe("names that a terminal would act on", () => {
  it("reach it spelt out, in every format", async () => {
    const hostile = path.join(place, "hostile.safetensors");
    const name = "h.0.\u001b]0;owned\u0007\u202Eevil\u009b31m\n=cmd|'/c calc'!A0.weight";
    writeFileSync(
      hostile,
      safetensors(
        [
          f32(name, [40, 40]),
          f32("=1+1", [40, 40], noise(1600, 5)),
          f32("</td><script>alert(1)</script>", [40, 40], noise(1600, 6)),
        ],
        { "\u001b[2J": "\u001b[2J" },
      ),
    );
    for (const command of ["analyze", "inspect"]) {
      for (const format of ["table", "json", "csv", "markdown"]) {
        const { status, stdout, stderr } = await run([command, hostile, "--format", format, "--progress"]);
        expect(status).toBe(0);
        expect(stdout + stderr).not.toMatch(
          /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
        );
        if (format === "json") expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(name).slice(1, -1));
        if (format === "csv") expect(stdout).toMatch(/,'=1\+1|"'=1\+1"/);
        if (format === "markdown") expect(stdout).not.toContain("<script");
      }
    }
  });
});
