import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SweepJournal, sweepKey } from "../../src/cli/sweep-journal.js";
import type { SweepRow } from "../../src/compress/sweep.js";

const row = (asked: string, value: number): SweepRow => ({
  part: null,
  method: "singular",
  asked,
  weights: 10,
  numbers: 5,
  bits: 80,
  bitsOfSource: 160,
  energy: 0.75,
  value,
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "weightscope-journal-"));
  file = path.join(folder, "sweep.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("SweepJournal", () => {
  it("holds what was added, over a second opening, and goes when all is done", async () => {
    const first = await SweepJournal.open(file, "key");
    expect(first.get("1/4")).toBeUndefined();
    await first.add("1/4", row("1/4", 1.719));
    await first.close();
    const second = await SweepJournal.open(file, "key");
    expect(second.get("1/4")).toEqual(row("1/4", 1.719));
    await second.add("1/2", row("1/2", 1.528));
    await second.close();
    const third = await SweepJournal.open(file, "key");
    expect([third.get("1/4")?.value, third.get("1/2")?.value]).toEqual([1.719, 1.528]);
    await third.finish();
    expect(() => readFileSync(file)).toThrow("ENOENT");
  });

  it("cut anywhere, it keeps the rows that are whole and takes more", async () => {
    const journal = await SweepJournal.open(file, "key");
    await journal.add("a", row("a", 1));
    await journal.add("b", row("b", 2));
    await journal.close();
    const whole = readFileSync(file);
    const ends = [...whole.toString().matchAll(/\n/g)].map(({ index }) => index + 1);
    for (let length = ends[0]; length <= whole.length; length += 9) {
      writeFileSync(file, whole.subarray(0, length));
      const opened = await SweepJournal.open(file, "key");
      expect(opened.get("a")?.value).toBe(length >= ends[1] ? 1 : undefined);
      expect(opened.get("b")?.value).toBe(length >= ends[2] ? 2 : undefined);
      await opened.add("c", row("c", 3));
      await opened.close();
      const again = await SweepJournal.open(file, "key");
      expect(again.get("c")?.value).toBe(3);
      await again.close();
    }
  });

  it.each([
    ["another key", /: the journal of another sweep \(another source, options or command\)$/, "other"],
    ["some other file", /: no journal of a sweep$/, "key"],
  ])("%s is refused and left as it is", async (what, message, key) => {
    if (what === "another key") await (await SweepJournal.open(file, "key")).close();
    else writeFileSync(file, "notes of mine\nmore\n");
    const before = readFileSync(file, "utf8");
    await expect(SweepJournal.open(file, key)).rejects.toThrow(message);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("refuses a line without an end, and a directory", async () => {
    writeFileSync(file, "notes");
    await expect(SweepJournal.open(file, "key")).rejects.toThrow(/: no journal of a sweep$/);
    await expect(SweepJournal.open(folder, "key")).rejects.toThrow(
      /: cannot be used as a journal: a directory, not a file$/,
    );
  });

  it("a key is the same for the same parts alone", () => {
    expect(sweepKey({ a: 1, b: [2] })).toBe(sweepKey({ a: 1, b: [2] }));
    expect(sweepKey({ a: 1 })).not.toBe(sweepKey({ a: 2 }));
  });
});
