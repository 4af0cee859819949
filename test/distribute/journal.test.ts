import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkPart, tasksOfPart } from "../../src/analyze/parts.js";
import { openJournal } from "../../src/distribute/journal.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "weightscope-journal-"));
  file = path.join(folder, "run.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keyOf = (n: number): string => n.toString(16).padStart(32, "0");
const figuresOf = (n: number) => ({ norm: n / 3, name: "λ\n\u0000".repeat(n % 5) });

async function fill(count: number): Promise<void> {
  const journal = await openJournal(file);
  for (let n = 0; n < count; n++) await journal.add({ key: keyOf(n), figures: figuresOf(n) });
  await journal.close();
}

describe("a journal", () => {
  it("gives back what was added, in this process and the next", async () => {
    await fill(5);
    const journal = await openJournal(file);
    expect([journal.size, journal.damaged]).toEqual([5, 0]);
    for (let n = 0; n < 5; n++) expect(await journal.get(keyOf(n))).toEqual(figuresOf(n));
    expect(journal.has(keyOf(5))).toBe(false);
    expect(await journal.get(keyOf(5))).toBeNull();
    await journal.add({ key: keyOf(5), figures: figuresOf(5) });
    expect(await journal.get(keyOf(5))).toEqual(figuresOf(5));
    await journal.close();
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it("cut at any byte keeps every whole line, and can be added to", async () => {
    await fill(4);
    const whole = readFileSync(file);
    const ends = [...whole.keys()].filter((at) => whole[at] === 10);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
        writeFileSync(file, whole);
        truncateSync(file, length);
        const finished = Math.max(0, ends.filter((end) => end <= length).length - 1);
        const journal = await openJournal(file);
        expect(journal.size).toBe(finished);
        await journal.add({ key: keyOf(9), figures: figuresOf(9) });
        await journal.close();
        const again = await openJournal(file, { write: false });
        expect([...again.keys()]).toEqual([...Array.from({ length: finished }, (_, n) => keyOf(n)), keyOf(9)]);
        expect(await again.get(keyOf(9))).toEqual(figuresOf(9));
        await again.close();
      }),
      { numRuns: 60 },
    );
  });

  it("passes over lines that are not its own, and counts them", async () => {
    await fill(2);
    writeFileSync(file, '{"key":"x","figures":{}}\n\nnull\n[1]\n{"key":"' + keyOf(7) + '"}\n\xff\n', { flag: "a" });
    const journal = await openJournal(file);
    expect([journal.size, journal.damaged]).toEqual([2, 5]);
    await journal.close();
  });

  it("is refused where the file is something else, and left as it was", async () => {
    for (const text of ["name,norm\nx,1\n", '{"weightscope":"journal","schemaVersion":2}\n', "{}\n", "x"]) {
      writeFileSync(file, text);
      await expect(openJournal(file)).rejects.toMatchObject({ code: "not-a-journal" });
      expect(readFileSync(file, "utf8")).toBe(text);
      expect(existsSync(`${file}.lock`)).toBe(false);
    }
  });

  it("has one writer, and any number of readers", async () => {
    const journal = await openJournal(file);
    await journal.add({ key: keyOf(1), figures: {} });
    await expect(openJournal(file)).rejects.toMatchObject({ code: "locked" });
    const reader = await openJournal(file, { write: false });
    expect(reader.size).toBe(1);
    await expect(async () => reader.add({ key: keyOf(2), figures: {} })).rejects.toThrow(TypeError);
    await reader.close();
    await journal.close();
  });

  it("whose writer was killed is taken over", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await new Promise((resolve) => child.once("spawn", resolve));
    writeFileSync(`${file}.lock`, JSON.stringify({ host: hostname(), process: child.pid }));
    await expect(openJournal(file)).rejects.toMatchObject({ code: "locked" });
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    await (await openJournal(file)).close();
    writeFileSync(`${file}.lock`, JSON.stringify({ host: "elsewhere", process: 1 }));
    await expect(openJournal(file)).rejects.toMatchObject({ code: "locked" });
  });

  it.runIf(process.platform === "linux")("whose writer has ended is taken over whatever has its number", async () => {
    // A shell's child that nobody waits for, and this process's own number, as in a container that is started again.
    const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"]);
    const gone = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
    const stateOf = () => readFileSync(`/proc/${gone}/stat`, "latin1").split(") ")[1][0];
    await vi.waitUntil(() => stateOf() === "Z", { timeout: 10_000 });
    writeFileSync(`${file}.lock`, JSON.stringify({ host: hostname(), process: gone }));
    await (await openJournal(file)).close();
    parent.kill("SIGKILL");
    const journal = await openJournal(file);
    const own = JSON.parse(readFileSync(`${file}.lock`, "utf8"));
    await journal.close();
    writeFileSync(`${file}.lock`, JSON.stringify(own));
    await expect(openJournal(file)).rejects.toMatchObject({ code: "locked" });
    writeFileSync(`${file}.lock`, JSON.stringify({ ...own, began: "1" }));
    await (await openJournal(file)).close();
  });

  it("that cannot be made is one line", async () => {
    await expect(openJournal(path.join(folder, "no", "run.jsonl"))).rejects.toMatchObject({ code: "journal-failed" });
    await expect(openJournal(path.join(folder, "none.jsonl"), { write: false })).rejects.toMatchObject({
      code: "journal-failed",
    });
  });
});

describe("parts", () => {
  it("hold every task once, as neighbours, of about the same cost", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 100, noNaN: true })),
        fc.integer({ min: 1, max: 9 }),
        (costs, count) => {
          const parts = Array.from({ length: count }, (_, i) => tasksOfPart(costs, { index: i + 1, count }));
          expect(parts.flat().sort((a, b) => a - b)).toEqual([...costs.keys()]);
          const total = costs.reduce((a, b) => a + b, 0);
          const most = Math.max(0, ...costs);
          if (total > 0)
            for (const part of parts) {
              expect(part.every((task, i) => i === 0 || task > part[i - 1])).toBe(true);
              expect(part.reduce((sum, task) => sum + costs[task], 0)).toBeLessThanOrEqual(
                total / count + most * 1.0001,
              );
            }
        },
      ),
    );
  });

  it("are numbered from 1", () => {
    expect(() => checkPart({ index: 1, count: 1 })).not.toThrow();
    for (const [index, count] of [
      [0, 1],
      [2, 1],
      [1.5, 2],
      [1, 0],
      [NaN, 2],
    ])
      expect(() => checkPart({ index, count })).toThrow(RangeError);
  });
});
