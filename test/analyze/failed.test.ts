import { writeFileSync } from "node:fs";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../../src/base/errors.js";
import { analyze, analyzePart, openCheckpoint } from "../../src/index.js";
import type { Journal, Report } from "../../src/types.js";
import { concatenate, npy, raw } from "../checkpoint/files.js";
import { type BuiltMember, zip } from "../checkpoint/zip-file.js";
import { folder, noise, run } from "../cli/run.js";

const member = (name: string, rows: number, columns: number, damage: Partial<BuiltMember> = {}): BuiltMember => {
  const shape = `(${rows}, ${columns})`;
  const bytes = npy(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`, raw(noise(rows * columns, rows)));
  return { name: `${name}.npy`, bytes: deflateRawSync(bytes), size: bytes.length, method: 8, ...damage };
};
/** Two that can be read, and a third whose contents are not what their checksum says. */
const damaged = zip([member("first", 20, 30), member("second", 24, 16, { crc: 1 }), member("third", 9, 40)]);
const sound = zip([member("first", 20, 30), member("third", 9, 40)]);

const names = ({ matrices }: Report): string[] => matrices.map(({ name }) => name);

describe("a matrix that cannot be done", () => {
  it("is named with its reason, and the others are as in a file without it", async () => {
    const [report, without] = [await analyze(damaged), await analyze(sound)];
    expect(report.summary.failed).toEqual([{ name: "second", reason: expect.stringContaining("checksum") }]);
    expect(report.matrices).toEqual(without.matrices);
    expect({ ...report.summary, failed: [] }).toEqual(without.summary);
    expect(report.source.notes.join()).toMatch(/a part only: 1 matrix could not be done: "second": .*checksum/);
    expect(without.summary.failed).toEqual([]);
  });

  it("leaves the same report at any number of threads", async () => {
    const texts = new Set<string>();
    for (const threads of [1, 2, 3]) texts.add(JSON.stringify(await analyze(damaged, { threads })));
    expect(texts.size).toBe(1);
  });

  it("is the error itself where nothing else is asked for", async () => {
    await expect(analyze(damaged, { include: /second/ })).rejects.toThrow(CheckpointError);
  });

  it("is said of a part, and is not in the journal", async () => {
    const added: string[] = [];
    const journal: Journal = {
      has: () => false,
      get: async () => null,
      add: async ({ key }) => void added.push(key),
      close: async () => undefined,
    };
    const checkpoint = await openCheckpoint(damaged);
    const done = await analyzePart(checkpoint, { index: 1, count: 1 }, { journal });
    await checkpoint.close();
    expect(done).toEqual({ matrices: 3, before: 0, failed: [{ name: "second", reason: expect.any(String) }] });
    expect(added).toHaveLength(2);
  });

  it("ends the command with status 1 and a line, its report whole", async () => {
    const file = path.join(folder(), "damaged.npz");
    writeFileSync(file, concatenate([damaged]));
    const { status, stdout, stderr } = await run(["analyze", file, "--format", "json"]);
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([expect.stringMatching(/second: .*checksum/)]);
    expect(names(JSON.parse(stdout) as Report)).toEqual(["first", "third"]);
    const table = await run(["analyze", file]);
    expect(table.stdout).toMatch(/1 matrix could not be done/);
  });
});
