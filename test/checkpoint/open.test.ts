import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/index.js";
import { safetensors, safetensorsOf } from "./files.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "weightscope-open-"));
});
afterAll(() => rm(folder, { recursive: true }));

const one = (name: string) =>
  safetensors([{ name, dtype: "F32", shape: [2, 2], bytes: new Float32Array([1, 2, 3, 4]) }]);

/** A fresh directory holding these files. */
async function directory(files: Record<string, string | Uint8Array>): Promise<string> {
  const here = await mkdtemp(path.join(folder, "d-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(here, name)), { recursive: true });
    await writeFile(path.join(here, name), content);
  }
  return here;
}

describe("what is not there", () => {
  it("is one clear line", async () => {
    const missing = path.join(folder, "missing.safetensors");
    await expect(openCheckpoint(missing)).rejects.toMatchObject({
      name: "CheckpointError",
      code: "not-found",
      message: `${missing}: no such file or directory`,
    });
    await expect(openCheckpoint(path.join(missing, "x"))).rejects.toMatchObject({ code: "not-found" });
    const empty = await directory({ "README.md": "hello" });
    await expect(openCheckpoint(empty)).rejects.toMatchObject({
      code: "no-checkpoint",
      message: expect.stringContaining(empty),
    });
    await expect(openCheckpoint("/dev/null")).rejects.toMatchObject({ code: "not-a-file" });
    await expect(openCheckpoint("s3://bucket/key")).rejects.toMatchObject({ code: "unknown-scheme" });
    await expect(openCheckpoint("")).rejects.toMatchObject({ code: "not-found" });
  });

  it("stops before it starts when told to", async () => {
    await expect(openCheckpoint(one("a"), { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});

describe("a directory", () => {
  it("is its index, its model.safetensors, or its only checkpoint", async () => {
    const index = JSON.stringify({ weight_map: { a: "x.safetensors" } });
    const first = await openCheckpoint(
      await directory({
        "model.safetensors.index.json": index,
        "x.safetensors": one("a"),
        "model.safetensors": one("b"),
      }),
    );
    expect(first.tensors[0].name).toBe("a");
    const second = await openCheckpoint(
      await directory({ "model.safetensors": one("b"), "other.safetensors": one("c") }),
    );
    expect(second.tensors[0].name).toBe("b");
    const third = await openCheckpoint(await directory({ "odd name.safetensors": one("c"), "config.json": "{}" }));
    expect(third.tensors[0].name).toBe("c");
    for (const checkpoint of [first, second, third]) await checkpoint.close();
  });

  it("with several is the caller's to choose from", async () => {
    await expect(
      openCheckpoint(await directory({ "a.safetensors": one("a"), "b.safetensors": one("b") })),
    ).rejects.toMatchObject({
      code: "ambiguous",
      message: expect.stringContaining('"a.safetensors", "b.safetensors"'),
    });
  });

  it("with only pickles says how to convert them", async () => {
    await expect(
      openCheckpoint(await directory({ "pytorch_model.bin": "PK\x03\x04 archive/data.pkl" })),
    ).rejects.toMatchObject({ code: "pickle" });
  });
});

describe("a shard index", () => {
  const open = async (index: unknown, files: Record<string, Uint8Array> = {}) =>
    openCheckpoint(
      path.join(
        await directory({
          "m.safetensors.index.json": typeof index === "string" ? index : JSON.stringify(index),
          ...files,
        }),
        "m.safetensors.index.json",
      ),
    );

  it("cannot name a file outside its directory", async () => {
    for (const name of [
      "../a.safetensors",
      "/etc/passwd",
      "sub/../../a",
      "..",
      ".",
      "",
      "C:\\a",
      "a\\..\\b",
      "http://host/a",
      "a\0b",
      "%2e%2e/a",
    ]) {
      await expect(open({ weight_map: { a: name } })).rejects.toMatchObject({ code: "unsafe-path", tensor: "a" });
    }
  });

  it("is malformed in one line", async () => {
    await expect(open("")).rejects.toMatchObject({ code: "invalid-index" });
    await expect(open("[]")).rejects.toMatchObject({ code: "invalid-index" });
    await expect(open({})).rejects.toMatchObject({ code: "invalid-index" });
    await expect(open({ weight_map: { a: 1 } })).rejects.toMatchObject({ code: "invalid-index" });
    await expect(open({ weight_map: { a: "a.safetensors" } })).rejects.toMatchObject({ code: "not-found" });
    await expect(
      open({ weight_map: { a: "a.safetensors", c: "a.safetensors" } }, { "a.safetensors": one("a") }),
    ).rejects.toMatchObject({ code: "index-mismatch", tensor: "c" });
    await expect(
      open({ weight_map: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`t${i}`, `s${i}`])) }),
    ).rejects.toMatchObject({ code: "too-many-files" });
  });

  it("has metadata of its own, whatever the keys", async () => {
    const checkpoint = await open(
      '{"metadata": {"total_size": 16, "__proto__": {"polluted": 1}}, "weight_map": {"a": "a.safetensors"}}',
      { "a.safetensors": one("a") },
    );
    expect(checkpoint.metadata.total_size).toBe(16);
    expect(Object.getPrototypeOf(checkpoint.metadata)).toBe(Object.prototype);
    expect(checkpoint.metadata.polluted).toBeUndefined();
    await checkpoint.close();
  });

  it("decides where a tensor is that two shards hold", async () => {
    const checkpoint = await open(
      { weight_map: { a: "2.safetensors", b: "1.safetensors" } },
      {
        "1.safetensors": safetensors([
          { name: "a", dtype: "F32", shape: [1], bytes: new Float32Array([1]) },
          { name: "b", dtype: "F32", shape: [1], bytes: new Float32Array([2]) },
        ]),
        "2.safetensors": safetensors([{ name: "a", dtype: "F32", shape: [1], bytes: new Float32Array([3]) }]),
      },
    );
    expect(checkpoint.tensors.length).toBe(2);
    const a = checkpoint.tensors.find((tensor) => tensor.name === "a")!;
    expect([...(await checkpoint.readRows(a, 0, 1))]).toEqual([3]);
    await checkpoint.close();
  });
});

describe("a pickle", () => {
  it("is refused with the line that converts it, by content or by name", async () => {
    const archive = new TextEncoder().encode("PK\x03\x04..........archive/data.pkl");
    const legacy = new Uint8Array([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);
    for (const bytes of [archive, legacy]) {
      await expect(openCheckpoint(new File([bytes], "weights"))).rejects.toMatchObject({
        code: "pickle",
        message: expect.stringContaining("save_file"),
      });
    }
    for (const name of ["a.pt", "a.pth", "a.bin", "a.ckpt", "a.pkl", "A.PT"]) {
      await expect(openCheckpoint(new File(["whatever"], name))).rejects.toMatchObject({ code: "pickle" });
    }
  });

  it("is not what a safetensors file is called .bin, nor one whose length begins with 80 02", async () => {
    expect((await openCheckpoint(new File([one("a")], "model.bin"))).tensors.length).toBe(1);
    const padded = safetensorsOf("{}".padEnd(0x280));
    expect([...padded.slice(0, 2)]).toEqual([0x80, 0x02]);
    expect((await openCheckpoint(padded)).tensors.length).toBe(0);
  });
});

describe("other files", () => {
  it("are called what they are", async () => {
    for (const [content, word] of [
      ["version https://git-lfs.github.com/spec/v1\noid", "Git LFS"],
      ["<!DOCTYPE html><html>", "web page"],
      ["\x1f\x8b", "gzip"],
    ] as const) {
      await expect(
        openCheckpoint(new File([new Uint8Array([...content].map((c) => c.charCodeAt(0)))], "m.safetensors")),
      ).rejects.toMatchObject({ code: "unknown-format", message: expect.stringContaining(word) });
    }
  });
});

describe("a source that does not keep its word", () => {
  it("is an error, not a silent zero", async () => {
    const bytes = one("a");
    const short = {
      name: "short",
      byteLength: bytes.length,
      read: async (start: number, end: number) => bytes.slice(start, end - (start > 20 ? 1 : 0)),
    };
    const checkpoint = await openCheckpoint(short);
    await expect(checkpoint.readRows(checkpoint.tensors[0], 0, 2)).rejects.toMatchObject({ code: "truncated" });
    for (const byteLength of [NaN, -1, 1.5, Infinity])
      await expect(openCheckpoint({ ...short, byteLength })).rejects.toMatchObject({ code: "bad-source" });
  });
});
