import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { openRaw } from "../../src/checkpoint/open.js";
import { compressionPlan } from "../../src/compress/compress.js";
import { npy, safetensors } from "./files.js";
import { gptq } from "./views/packed-integers.js";
import { randomly } from "./views/packing.js";
import { zip } from "./zip-file.js";

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true });
});

async function directory(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "weightscope-"));
  made.push(folder);
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
  }
  return folder;
}

const matrix = (...names: string[]): Uint8Array =>
  safetensors(
    names.map((name) => ({
      name,
      dtype: "F32",
      shape: [4, 4],
      bytes: Float32Array.from({ length: 16 }, (_, i) => i + name.length),
    })),
  );
const index = (map: Record<string, string>): string => JSON.stringify({ weight_map: map });
const pair = { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" };
const names = async (place: string): Promise<[string[], readonly string[]]> => {
  const checkpoint = await openRaw(place);
  await checkpoint.close();
  return [checkpoint.tensors.map(({ name }) => name), checkpoint.notes ?? []];
};

describe("what lies beside a checkpoint", () => {
  it("tensors and files that the index leaves out are said, in the report too", async () => {
    const folder = new URL("../fixtures/cases/6-stale-index/", import.meta.url);
    const report = await analyze(folder, { gaussians: [8] });
    expect(report.source.notes).toEqual([
      "1 tensor of model-00002-of-00002 is not in the index",
      "model-mtp.safetensors beside it is not in the index",
    ]);
  });

  it("one shard of several says that it is one", async () => {
    const folder = await directory({ [pair.a]: matrix("a"), [pair.b]: matrix("b") });
    expect(await names(path.join(folder, pair.a))).toEqual([
      ["a"],
      ["1 of 2 shards (number 1): figures are of this one alone"],
    ]);
  });

  it("shards without an index are put together, and missing ones said", async () => {
    const both = await directory({
      [pair.a]: matrix("a"),
      [pair.b]: matrix("b"),
      "config.json": "{}",
      [`._${pair.a}`]: "x",
    });
    expect(await names(both)).toEqual([["a", "b"], ["no index: 2 shards were put together by their names"]]);
    const three = await directory({
      "m-00001-of-00003.safetensors": matrix("a"),
      "m-00003-of-00003.safetensors": matrix("c"),
    });
    expect(await names(three)).toEqual([
      ["a", "c"],
      ["2 of 3 shards: the others are not here, and figures are of these alone"],
    ]);
    const twice = await directory({ [pair.a]: matrix("a"), [pair.b]: matrix("a") });
    await expect(openRaw(twice)).rejects.toMatchObject({ code: "duplicate-tensor" });
  });

  it("a shard that an index names and that is not here leaves the others, and is said", async () => {
    const folder = await directory({
      "model.safetensors.index.json": index({ ...pair, c: pair.b }),
      [pair.a]: matrix("a"),
    });
    expect(await names(folder)).toEqual([
      ["a"],
      [
        "1 of 2 shards that the index names is not here (model-00002-of-00002): figures are without the 2 " +
          "tensors in it",
      ],
    ]);
    const { source, matrices } = await analyze(folder, { gaussians: [2] });
    expect([matrices.length, source.notes.length]).toEqual([1, 1]);
    // What writes checkpoints wants them whole.
    await expect(openRaw(folder, { asStored: true })).rejects.toMatchObject({ code: "not-found" });
    await expect(compressionPlan(folder)).rejects.toMatchObject({
      code: "not-found",
      message:
        'model.safetensors.index.json: a checkpoint is compressed whole: "model-00002-of-00002.safetensors" of its ' +
        "index is not here",
    });
    const none = await directory({ "model.safetensors.index.json": index(pair) });
    await expect(openRaw(none)).rejects.toMatchObject({ code: "not-found" });
  });

  it("a weight whose scales lie in a missing shard is left out, and said", async () => {
    const { tensors } = gptq(
      "q",
      { bits: 4, rows: 32, columns: 32, group: 32, actOrder: false, zeros: true },
      randomly(1),
    );
    const folder = await directory({
      "model.safetensors.index.json": index({ "q.qweight": pair.a, "q.qzeros": pair.b, "q.scales": pair.b }),
      [pair.a]: safetensors(tensors.filter(({ name }) => name === "q.qweight")),
    });
    const { source, matrices } = await analyze(folder);
    expect(matrices).toEqual([]);
    expect(source.notes).toEqual([
      expect.stringContaining("1 of 2 shards"),
      "GPTQ or AWQ: its scales are missing: 1 matrix left out",
    ]);
  });

  it("a pointer behind an index is named as one", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".padEnd(200, "\n");
    const folder = await directory({
      "model.safetensors.index.json": index(pair),
      [pair.a]: matrix("a"),
      [pair.b]: pointer,
    });
    await expect(openRaw(folder)).rejects.toMatchObject({
      code: "unknown-format",
      message: expect.stringContaining("Git LFS"),
    });
  });

  it("a stale index beside a single file is not followed", async () => {
    const folder = await directory({
      "model.safetensors.index.json": index(pair),
      "model.safetensors": matrix("a", "b"),
    });
    expect(await names(folder)).toEqual([
      ["a", "b"],
      ["an index beside it names 2 shards that are not here: stale, and not followed"],
    ]);
  });

  it("sidecars of a Mac are passed over", async () => {
    const folder = await directory({ "model.safetensors": matrix("a"), "._model.safetensors": "x", ".DS_Store": "x" });
    expect(await names(folder)).toEqual([["a"], []]);
    const odd = await directory({ "odd.safetensors": matrix("a"), "._odd.safetensors": "x" });
    expect(await names(odd)).toEqual([["a"], []]);
  });

  it("shards may lie below the directory, and nowhere else", async () => {
    const folder = await directory({
      "model.safetensors.index.json": index({ a: "text/model.safetensors", b: "vision/model.safetensors" }),
      "text/model.safetensors": matrix("a"),
      "vision/model.safetensors": matrix("b"),
    });
    expect((await names(folder))[0]).toEqual(["a", "b"]);
    for (const name of [
      "../a.safetensors",
      "/a.safetensors",
      "a/../../b.safetensors",
      "a//b.safetensors",
      "a\\b",
      "c:a",
    ]) {
      const outside = await directory({ "model.safetensors.index.json": index({ a: name }) });
      await expect(openRaw(outside)).rejects.toMatchObject({ code: "unsafe-path" });
    }
  });
});

describe("NumPy's files", () => {
  const array = npy(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
    new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
  );
  it("bfloat16, which NumPy calls V2", async () => {
    const stored = Uint16Array.of(0x3f80, 0x4000, 0xbf80, 0x3f00);
    const checkpoint = await openRaw(
      npy("{'descr': '<V2', 'fortran_order': False, 'shape': (2, 2), }", new Uint8Array(stored.buffer)),
    );
    expect(checkpoint.tensors[0].dtype).toBe("BF16");
    expect([...(await checkpoint.readRows(checkpoint.tensors[0], 0, 2))]).toEqual([1, 2, -1, 0.5]);
  });
  it("members without .npy are arrays if they begin as one, __MACOSX is none", async () => {
    const checkpoint = await openRaw(
      zip([
        { name: "layer/weight", bytes: array },
        { name: "packed", bytes: deflateRawSync(array), method: 8, size: array.length },
        { name: "b.npy", bytes: array },
        { name: "__MACOSX/._b.npy", bytes: new Uint8Array(40) },
        { name: "notes", bytes: new Uint8Array(40) },
      ]),
    );
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual(["layer/weight", "packed", "b"]);
    expect([...(await checkpoint.readRows(checkpoint.tensors[1], 0, 2))]).toEqual([1, 2, 3, 4]);
  });
});
