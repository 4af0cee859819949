import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import { openLocal } from "../../src/host/local-file.js";
import { analyze, openCheckpoint } from "../../src/index-node.js";
import { f32, noise } from "../cli/run.js";
import { safetensors } from "./files.js";

const place = mkdtempSync(path.join(tmpdir(), "weightscope-changed-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const shape = [64, 32];
const contents = (seed: number): Uint8Array =>
  safetensors(["a", "b"].map((name, i) => f32(name, shape, noise(2048, seed + i))));

let made = 0;
function written(): string {
  const file = path.join(place, `${made++}.safetensors`);
  writeFileSync(file, contents(1));
  // Well before now: a file system keeps times in steps of some milliseconds.
  utimesSync(file, 1_000_000, 1_000_000);
  return file;
}

/** Other bytes of the same length: written over, or put in its place by a rename. */
const changes: Record<string, (file: string) => void> = {
  "written over": (file) => writeFileSync(file, contents(9)),
  "replaced by another": (file) => {
    writeFileSync(`${file}.new`, contents(9));
    renameSync(`${file}.new`, file);
  },
};

describe("a local file that is changed while it is read", () => {
  for (const [how, change] of Object.entries(changes)) {
    it(`${how}, of the same size: readRows says so`, async () => {
      const file = written();
      const checkpoint = await openCheckpoint(file);
      await checkpoint.readRows(checkpoint.tensors[0], 0, 64);
      change(file);
      await expect(checkpoint.readRows(checkpoint.tensors[1], 0, 64)).rejects.toMatchObject({
        name: "CheckpointError",
        code: "changed",
        message: `${file}: the file changed while it was read`,
      });
      await checkpoint.close();
    });

    for (const threads of [1, 2, 3]) {
      it(`${how}: analyze fails on ${threads} threads`, async () => {
        const file = written();
        const checkpoint = await openCheckpoint(file);
        change(file);
        await expect(analyze(checkpoint, { threads })).rejects.toMatchObject({ code: "changed" });
        await checkpoint.close();
      });
    }

    it(`${how}: a thread that reads it itself does not take it for the one that was opened`, async () => {
      const file = written();
      const checkpoint = await openRaw(file);
      const part = checkpoint.localFile(checkpoint.tensors[0])!;
      const before = openLocal(part, "a")!;
      before.fill(0, new Uint8Array(16));
      change(file);
      expect(() => before.fill(0, new Uint8Array(16))).toThrow(/tensor "a": the file changed while it was read/);
      before.close();
      expect(openLocal(part, "a")).toBeNull();
      await checkpoint.close();
    });
  }

  it("removed stays readable: nothing else can be meant", async () => {
    const file = written();
    const checkpoint = await openCheckpoint(file);
    rmSync(file);
    expect((await checkpoint.readRows(checkpoint.tensors[1], 0, 64)).length).toBe(2048);
    await checkpoint.close();
  });
});
