import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { wantsColor } from "../../src/cli/output.js";
import { csvLines } from "../../src/report/csv-cells.js";
import { createTokenizer } from "../../src/transitions/tokens.js";
import { folder, run, small } from "./run.js";

const place = folder();
const source = path.join(place, "small.safetensors");
writeFileSync(source, small());

describe("colour", () => {
  it("is as FORCE_COLOR and NO_COLOR say, by their conventions", async () => {
    const terminal = { isTTY: true, hasColors: () => true };
    const cases: [stream: object, environment: Record<string, string>, wanted: boolean][] = [
      [terminal, {}, true],
      [terminal, { NO_COLOR: "" }, true],
      [terminal, { NO_COLOR: "1" }, false],
      [terminal, { NO_COLOR: "0" }, false],
      [terminal, { FORCE_COLOR: "" }, true],
      [terminal, { FORCE_COLOR: "0" }, false],
      [terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }, true],
      [terminal, { TERM: "dumb" }, false],
      [{}, {}, false],
      [{}, { FORCE_COLOR: "1" }, true],
      [{}, { FORCE_COLOR: "true" }, true],
      [{}, { FORCE_COLOR: "false" }, false],
    ];
    for (const [stream, environment, wanted] of cases)
      expect({ environment, color: wantsColor(stream as never, environment) }).toEqual({ environment, color: wanted });
    expect((await run(["inspect", source], { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[1m");
    expect((await run(["inspect", source])).stdout).not.toContain("\u001b");
  });
});

describe("short options", () => {
  it("are -o, -q, -V and -h", async () => {
    const target = path.join(place, "short.json");
    expect(await run(["inspect", source, "--format", "json", "-q", "-o", target])).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect((await run(["inspect", source, `-o${target}`])).status).toBe(0);
    const { stdout } = await run(["--version"]);
    expect((await run(["-V"])).stdout).toBe(stdout);
    expect((await run(["inspect", "-V"])).stdout).toBe(stdout);
    expect((await run(["inspect", "-h"])).stdout).toContain("-o, --output FILE");
    expect((await run(["inspect", source, "-x"])).status).toBe(2);
  });
});

describe("every command", () => {
  it("has the short options in its help and in what shells complete", async () => {
    const scripts = [(await run(["completions", "bash"])).stdout, (await run(["completions", "fish"])).stdout];
    const names = /compgen -W "([^"]+)"/.exec(scripts[0])![1].split(" ");
    expect(names.length).toBeGreaterThan(10);
    const bare = names.filter((name) => name !== "completions");
    for (const name of bare) {
      const help = (await run([name, "-h"])).stdout;
      for (const words of ["-o, --output", "-q, --quiet", "-h, --help", "-V, --version"])
        expect(help, name).toContain(words);
      expect(
        scripts[0].split("\n").find((line) => line.trim().startsWith(`${name})`)),
        name,
      ).toMatch(/--output -o .*--quiet -q .*--version -V/);
      for (const short of ["-s o -l output -r", "-s q -l quiet", "-s V -l version"])
        expect(scripts[1]).toContain(`__fish_seen_subcommand_from ${name}' ${short}`);
    }
    const target = path.join(place, "smaller.safetensors");
    expect(await run(["compress", source, "--include", ".", "--rank", "1", "-q", "-o", target])).toMatchObject({
      status: 0,
    });
    expect(await run(["restore", target, "-q", `-o${target}.full`])).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("completions", () => {
  it("are scripts that their shells read, with every command and option", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { status, stdout } = await run(["completions", shell]);
      expect(status).toBe(0);
      for (const word of ["analyze", "inspect", "corpus", "permutations", "output"]) expect(stdout).toContain(word);
    }
    const script = `${(await run(["completions", "bash"])).stdout}
COMP_WORDS=(weightscope analyze --perm); COMP_CWORD=2; _weightscope; echo "\${COMPREPLY[@]}"
COMP_WORDS=(weightscope in); COMP_CWORD=1; _weightscope; echo "\${COMPREPLY[@]}"`;
    expect(execFileSync("bash", ["-c", script], { encoding: "utf8" })).toBe("--permutations\ninspect\n");
    expect((await run(["completions", "csh"])).status).toBe(2);
  });
});

describe("texts in other dress", () => {
  const asked = ["--vocab", "10", "--format", "json", "--quiet", "--shuffles", "0"];
  const text = "a b c a b d a é 漢 a b ".repeat(20);
  it("of UTF-16 with its mark are read, whatever its order; the rest is refused in words", async () => {
    const utf8 = path.join(place, "utf8.txt");
    writeFileSync(utf8, text);
    const expected = (await run(["corpus", utf8, ...asked])).stdout;
    const little = Buffer.from(`\ufeff${text}`, "utf16le");
    for (const [name, bytes] of [
      ["little.txt", little],
      ["big.txt", Buffer.from(little).swap16()],
    ] as const) {
      writeFileSync(path.join(place, name), bytes);
      expect((await run(["corpus", path.join(place, name), ...asked])).stdout).toBe(expected);
    }
    for (const [name, bytes, what] of [
      ["packed.txt.gz", gzipSync(text), "compressed with gzip"],
      ["unmarked.txt", Buffer.from(text, "utf16le"), "UTF-16 without a byte-order mark"],
    ] as const) {
      writeFileSync(path.join(place, name), bytes);
      const { status, stderr } = await run(["corpus", path.join(place, name), ...asked]);
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(what) });
    }
  });

  it("take time by their length: megabyte words in small pieces, runs of marks", () => {
    const took = (length: number): number => {
      const tokenizer = createTokenizer("words");
      const before = process.cpuUsage();
      const take = (): void => undefined;
      tokenizer.push("a", take);
      for (let at = 0; at < length; at += 64) tokenizer.push("\u0301\u0323".repeat(32), take);
      for (let at = 0; at < length; at += 64) tokenizer.push("x".repeat(64), take);
      tokenizer.end(take);
      return process.cpuUsage(before).user;
    };
    took(1 << 14);
    // Four times as long: sixteen times the work where it goes by the square.
    expect(took(1 << 20) / took(1 << 18)).toBeLessThan(10);
  });

  it("with runs of marks are the same tokens wherever their pieces end", () => {
    const whole = `e${"\u0301\u0323".repeat(300)} é ${"\u0323".repeat(129)}`;
    const tokens = (size: number): (string | number)[] => {
      const found: (string | number)[] = [];
      const tokenizer = createTokenizer("words");
      for (let at = 0; at < whole.length; at += size)
        tokenizer.push(whole.slice(at, at + size), (token) => found.push(token));
      tokenizer.end((token) => found.push(token));
      return found;
    };
    for (const size of [1, 2, 7, 127, 128, 129, 1000]) expect(tokens(size)).toEqual(tokens(whole.length));
  });
});

describe("cells of CSV", () => {
  it("begin no formula in any locale", () => {
    for (const sign of ["=", "+", "-", "@", "＝", "＋", "－", "＠"]) {
      for (const before of ["", " ", "a;", "a; ", "b\t", "c|"]) {
        const line = csvLines([["x", `${before}${sign}1+1`]]).trim();
        for (const cell of line.split(/[,;\t|]/)) expect(cell.replace(/^"/, "").trim()).not.toMatch(/^[=+\-@＝＋－＠]/);
      }
    }
    expect(csvLines([["a-b", "-1", -1]])).toBe(`a-b,"'-1",-1\r\n`);
  });
});

describe("what the system says", () => {
  it("comes in plain words", async () => {
    const circle = path.join(place, "circle");
    symlinkSync(circle, circle);
    const bytes = small();
    const cases: [args: string[], words: RegExp, options?: Parameters<typeof run>[1]][] = [
      [["inspect", circle], /: links that lead round in a circle\n$/],
      [["inspect", "file://elsewhere/a.safetensors"], /a file: address that names another machine\n$/],
      [["inspect", "a\u0000b"], /./],
      [
        ["inspect", "-"],
        /TMPDIR names another place\): no such file or directory\n$/,
        { input: bytes, env: { TMPDIR: "/nowhere/at/all" } },
      ],
      [["inspect", "x".repeat(5000)], /: the name is too long\n$/],
      [["merge", source, circle], /: links that lead round in a circle\n$/],
      [["compare", circle, source], /: links that lead round in a circle\n$/],
      [["compare", source, "file://elsewhere/a.npy"], /a file: address that names another machine\n$/],
      [["compress", circle, "-o", path.join(place, "of-circle")], /: links that lead round in a circle\n$/],
      [["restore", circle, "-o", path.join(place, "of-circle")], /: links that lead round in a circle\n$/],
      [["corpus", circle], /: links that lead round in a circle\n$/],
      [["serve", circle], /: links that lead round in a circle\n$/],
      [["worker", "--queue", "redis://127.0.0.1:1", "--allow-path", circle], /: links that lead round in a circle\n$/],
      [
        ["merge", "-", path.join(place, "none")],
        /TMPDIR names another place\): no such file or directory\n$/,
        { input: bytes, env: { TMPDIR: "/nowhere/at/all" } },
      ],
    ];
    for (const [args, words, options] of cases) {
      if (args[1].includes("\u0000")) continue; // no system passes it on
      const { status, stderr } = await run(args, options);
      expect({ args, status, stderr }).toEqual({ args, status: 1, stderr: expect.stringMatching(words) });
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
    for (const command of ["analyze", "inspect", "corpus", "serve"]) {
      const { status, stderr } = await run([command, ""]);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: 'weightscope: "" is no name: a variable of the shell may be empty\n',
      });
    }
  });
});
