import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type CheckpointError, openCheckpoint } from "../../../src/index.js";
import { gguf } from "../files.js";

describe("a split GGUF file", () => {
  const part = (no: number, count: number, name: string, total = 2) =>
    gguf(
      [
        ["split.no", 2, no],
        ["split.count", 2, count],
        ["split.tensors.count", 5, total],
      ],
      [{ name, type: 0, dimensions: [2], bytes: new Float32Array([no, no]) }],
    );
  const inDirectory = async (files: Record<string, Uint8Array>, use: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(path.join(tmpdir(), "weightscope-split-"));
    try {
      for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(folder, name), bytes);
      await use(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it("opens whole from any part, or from its directory", async () => {
    await inDirectory(
      { "m-00001-of-00002.gguf": part(0, 2, "a"), "m-00002-of-00002.gguf": part(1, 2, "b") },
      async (folder) => {
        for (const name of ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf", ""]) {
          const checkpoint = await openCheckpoint(path.join(folder, name));
          expect(checkpoint.tensors.map((tensor) => [tensor.name, tensor.file])).toEqual([
            ["a", "m-00001-of-00002.gguf"],
            ["b", "m-00002-of-00002.gguf"],
          ]);
          expect([...(await checkpoint.readRows(checkpoint.tensors[1], 0, 1))]).toEqual([1, 1]);
          await checkpoint.close();
        }
      },
    );
  });

  it("put together again is one file", async () => {
    const checkpoint = await openCheckpoint(
      gguf([["split.count", 2, 0]], [{ name: "a", type: 0, dimensions: [1], bytes: new Float32Array([1]) }]),
    );
    expect(checkpoint.tensors.length).toBe(1);
  });

  it("must be complete and agree with itself", async () => {
    await inDirectory({ "m-00001-of-00002.gguf": part(0, 2, "a") }, async (folder) => {
      await expect(openCheckpoint(path.join(folder, "m-00001-of-00002.gguf"))).rejects.toMatchObject({
        code: "not-found",
      });
    });
    for (const [second, code] of [
      [part(0, 2, "b"), "invalid-split"],
      [part(1, 3, "b"), "invalid-split"],
      [part(1, 2, "a"), "duplicate-tensor"],
      [part(1, 2, "b", 9), "accept"],
    ] as const) {
      await inDirectory(
        { "m-00001-of-00002.gguf": part(0, 2, "a"), "m-00002-of-00002.gguf": second },
        async (folder) => {
          const outcome = await openCheckpoint(path.join(folder, "m-00001-of-00002.gguf")).then(
            (checkpoint) => checkpoint.close().then(() => "accept"),
            (error: CheckpointError) => error.code,
          );
          expect(outcome).toBe(code);
        },
      );
    }
    await inDirectory(
      { "m-00001-of-00002.gguf": part(0, 2, "a", 3), "m-00002-of-00002.gguf": part(1, 2, "b") },
      async (folder) => {
        await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: "invalid-split" });
      },
    );
    await expect(openCheckpoint(part(0, 2, "a"))).rejects.toMatchObject({ code: "invalid-split" });
    await expect(openCheckpoint(new File([part(0, 2, "a")], "m-00001-of-00002.gguf"))).rejects.toMatchObject({
      code: "invalid-split",
    });
    await expect(openCheckpoint(part(0, 60000, "a"))).rejects.toMatchObject({ code: "invalid-split" });
  });
});
