import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { analyzeTransitions, type TransitionReport } from "../../src/index.js";
import { Utf8Check } from "../../src/transitions/utf8.js";
import { folder, run } from "./run.js";

const made = folder();
const file = (name: string, contents: string | Uint8Array): string => {
  writeFileSync(path.join(made, name), contents);
  return path.join(made, name);
};
const prose =
  "The cat sat on the mat, and the dog sat on the cat; a bird sang to the dog.\r\nAnd the mat lay there. ".repeat(20);

describe("weightscope corpus", () => {
  it("prints a table of 80 columns, and json that is the library's reports", async () => {
    const text = file("prose.txt", prose);
    const table = await run(["corpus", text, "--vocab", "3,8", "--shuffles", "2"]);
    expect(table).toMatchObject({ status: 0, stderr: "" });
    for (const line of table.stdout.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(80);
    expect(table.stdout).toMatch(/^480 words of .*prose\.txt: transition matrix\n/);
    expect(table.stdout).toMatch(/\n3 +\d+ +\d+ +[\d.]+ .*\n8 +\d+ +\d+ +[\d.]+ /);
    const json = await run([
      "corpus",
      text,
      "--vocab",
      "3,8",
      "--shuffles",
      "2",
      "--format",
      "json",
      "--seed",
      "4",
      "--smoothing",
      "0.5",
    ]);
    expect(JSON.parse(json.stdout)).toEqual(
      await analyzeTransitions(prose, { vocabulary: [3, 8], shuffles: 2, seed: 4, smoothing: 0.5 }),
    );
  });

  it("prints one page, its words as text, with the chart and its shuffles", async () => {
    const text = file("<b>.txt", prose);
    const given = ["corpus", text, "--vocab", "3,8", "--shuffles", "2", "--format"];
    const { status, stdout } = await run([...given, "html"], { env: { SOURCE_DATE_EPOCH: "0" } });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^<!doctype html>[\s\S]+<p class="answer">480 words of .*?transition matrix<\/p>/);
    expect(stdout).toMatch(/1970-01-01\. .*<code><span>weightscope<\/span> <span>corpus<\/span>/);
    expect(stdout).not.toMatch(/<script|<b>|https?:\/\/(?!www\.w3\.org)/);
    expect(stdout).toMatch(/<text[^>]*>limit without grammar, 2<\/text>[\s\S]*<text[^>]*>shuffled<\/text>/);
    // The figures of the other formats.
    const { stdout: markdown } = await run([...given, "markdown"]);
    const cells = (row: string, pattern: RegExp): string[] => [...row.matchAll(pattern)].map(([, cell]) => cell.trim());
    const rows = markdown.split("\n").filter((line) => /^\| *\d/.test(line));
    const html = [...stdout.matchAll(/<tr><th scope="row">.*?<\/tr>/g)].map(([row]) => row);
    expect(html.map((row) => cells(row, />([^<>]+)<\/t[hd]>/g))).toEqual(rows.map((row) => cells(row, /\|([^|]+)/g)));
    const counts = await run([...given, "html", "--matrix", "counts", "--tokens", "bytes"]);
    expect(counts.stdout).toContain("its own bytes shuffled");
    expect(counts.stdout).toContain("limit without grammar, 1");
  });

  it("takes several files as one text, the chain broken between them", async () => {
    const texts = [file("one.txt", "a b a"), file("two.txt", "\ufeffb a b")];
    const { stdout } = await run(["corpus", ...texts, "--vocab", "2", "--format", "json"]);
    const [report] = JSON.parse(stdout) as TransitionReport[];
    // Six words, and not the pair from the last "a" to the first "b".
    expect(report).toMatchObject({ tokens: 6, pairs: 4, vocabulary: 2 });
    const table = await run(["corpus", ...texts, "--vocab", "2"]);
    expect(table.stdout).toMatch(/^6 words of 2 files/);
  });

  it("reads UTF-8: a mark at the beginning is dropped, invalid bytes are counted and said", async () => {
    const bad = file(
      "bad.txt",
      Uint8Array.from([0xef, 0xbb, 0xbf, 0x61, 0x20, 0xff, 0x20, 0xe2, 0x82, 0x20, 0x62, 0x20, 0xc3]),
    );
    const { status, stdout, stderr } = await run(["corpus", bad, "--vocab", "9", "--format", "json"]);
    expect(status).toBe(0);
    expect(stderr).toContain("4 bytes are not UTF-8, read as U+FFFD");
    expect((JSON.parse(stdout) as TransitionReport[])[0]).toMatchObject({ tokens: 2, vocabulary: 2, pairs: 1 });
    const bytes = await run(["corpus", bad, "--vocab", "9", "--format", "json", "--tokens", "bytes", "--quiet"]);
    expect(bytes.stderr).toBe("");
    expect((JSON.parse(bytes.stdout) as TransitionReport[])[0]).toMatchObject({ tokens: 10, vocabulary: 7 });
  });

  it("says what a vocabulary beyond the text is, and gives it once", async () => {
    const { stdout, stderr } = await run(["corpus", "-", "--vocab", "2,50,100", "--format", "csv"], {
      input: new TextEncoder().encode("red fish blue fish"),
    });
    expect(stderr).toContain("the text has 3 different words: a vocabulary of 50, 100 is all of them");
    const lines = stdout.trim().split("\r\n");
    expect(lines).toHaveLength(3);
    expect(lines[0].split(",").slice(0, 8)).toEqual([
      "source",
      "kind",
      "matrix",
      "smoothing",
      "tokens",
      "vocabulary",
      "pairs",
      "nonZero",
    ]);
    expect(lines[2].split(",").slice(1, 8)).toEqual(["words", "transition", "0", "4", "3", "3", "3"]);
  });

  it("markdown, counts, characters", async () => {
    const { stdout } = await run([
      "corpus",
      file("prose.txt", prose),
      "--vocab",
      "5",
      "--matrix",
      "counts",
      "--tokens",
      "characters",
      "--format",
      "markdown",
      "--shuffles",
      "0",
    ]);
    expect(stdout).toContain("| V | pairs | cells | antisym. PR | sym. PR | ‖A‖/‖T‖ |");
    expect(stdout).toContain("symmetric PR of the counts to 1");
  });

  it("has a clear line for what cannot be done", async () => {
    const text = file("prose.txt", prose);
    for (const [args, status, line] of [
      [[text, "--vocab", "0"], 2, "--vocab takes a whole number"],
      [[text, "--vocab", "3", "--matrix", "counts", "--smoothing", "1"], 2, "--smoothing is of the transition matrix"],
      [[text, "--tokens", "lines"], 2, "--tokens takes words"],
      [[], 2, "corpus needs FILE"],
      [[path.join(made, "none.txt")], 1, "no such file"],
      [[made], 1, "a directory, not a text"],
      [[file("empty.txt", "")], 1, "no words in it"],
      [[file("marks.txt", "… — !")], 1, "no words in it"],
      [["-", "-"], 2, "standard input can be read only once"],
    ] as [string[], number, string][]) {
      const ran = await run(["corpus", ...args]);
      expect(ran, args.join(" ")).toMatchObject({ status, stdout: "" });
      expect(ran.stderr).toContain(line);
      expect(ran.stderr.trim().split("\n")).toHaveLength(1);
    }
  });
});

describe("Utf8Check", () => {
  it("counts what a decoder replaces, however the bytes are cut", () => {
    const samples = [
      [0x80],
      [0xc0, 0xaf],
      [0xe0, 0x80, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf0, 0x9f, 0x98],
      [0xf0, 0x9f, 0x98, 0x80],
      [0xc3, 0xa9],
      [0xe2, 0x82, 0xac],
      [0x41],
      [0xff],
      [0xef, 0xbf, 0xbd],
      [0xe1, 0x80, 0xe2, 0xf0, 0x91, 0x92, 0xf1, 0xbf, 0x41],
    ];
    const expected = [1, 2, 3, 3, 4, 3, 0, 0, 0, 0, 1, 0, 8];
    samples.forEach((bytes, i) => {
      const whole = new Utf8Check();
      const single = new Utf8Check();
      whole.push(Uint8Array.from(bytes));
      for (const byte of bytes) single.push(Uint8Array.of(byte));
      whole.end();
      single.end();
      expect([whole.invalid, single.invalid], bytes.map((byte) => byte.toString(16)).join(" ")).toEqual([
        expected[i],
        expected[i],
      ]);
      const fatal = () => new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
      if (expected[i] > 0) expect(fatal).toThrow();
      else expect(fatal).not.toThrow();
    });
  });
});
