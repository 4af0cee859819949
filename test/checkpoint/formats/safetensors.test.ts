import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CheckpointError, openCheckpoint } from "../../../src/index.js";
import { data, describeNeeding } from "../../support/data.js";
import { safetensors, safetensorsOf } from "../files.js";

interface Verdicts {
  cases: { file: string; deserialize: string }[];
}

/** The reference's words, by our codes. */
const codes: Record<string, string> = {
  bad_empty_file: "truncated",
  bad_7_bytes: "truncated",
  bad_len_only: "truncated",
  bad_len_huge: "header-too-large",
  bad_len_u64max: "header-too-large",
  bad_non_utf8: "invalid-header",
  bad_not_json: "invalid-header",
  bad_json_array: "invalid-header",
  bad_json_comment: "invalid-header",
  bad_json_single_quote: "invalid-header",
  bom_header: "invalid-header",
  bad_trailing_data: "trailing-data",
  bad_missing_data: "truncated",
  bad_same_offsets_x10: "overlap",
  bad_hole: "hole",
  bad_reversed_offsets: "invalid-offset",
  bad_size_mismatch_small: "size-mismatch",
  bad_shape_overflow: "shape-overflow",
  bad_shape_overflow_bytes: "shape-overflow",
  bad_shape_negative: "invalid-header",
  bad_shape_float: "invalid-header",
  bad_offset_negative: "invalid-header",
  bad_offset_one: "invalid-header",
  bad_unknown_dtype: "unknown-dtype",
  bad_missing_dtype: "invalid-header",
  bad_missing_offsets: "invalid-header",
  bad_metadata_nonstring: "invalid-header",
  bad_metadata_list: "invalid-header",
};

describe("the reference reader's verdict on every conformance case", async () => {
  const verdicts = JSON.parse(await readFile(data("conformance/safetensors/verdicts.json"), "utf8")) as Verdicts;
  it.each(verdicts.cases)("$file: $deserialize", async ({ file, deserialize }) => {
    const opening = openCheckpoint(data(`conformance/safetensors/${file}`));
    if (deserialize === "accept") {
      const checkpoint = await opening;
      expect(checkpoint.format).toBe("safetensors");
      await checkpoint.close();
    } else {
      const error = await opening.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(CheckpointError);
      expect((error as CheckpointError).code).toBe(codes[file.replace(".safetensors", "")]);
      expect((error as CheckpointError).message).toContain(file);
      expect((error as CheckpointError).message).not.toContain("\n");
    }
  });
});

describeNeeding(["collection"], "a sharded model", () => {
  it("reads as the single file does", async () => {
    const whole = await openCheckpoint(data("models/stories260K/stories260K.f32.safetensors"));
    const shards = await openCheckpoint(data("models/stories260K/sharded"));
    expect(shards.tensors.map((tensor) => tensor.name).sort()).toEqual(
      whole.tensors.map((tensor) => tensor.name).sort(),
    );
    for (const tensor of shards.tensors) {
      const same = whole.tensors.find((other) => other.name === tensor.name)!;
      expect(tensor.shape).toEqual(same.shape);
      const rows = tensor.shape.length < 2 ? 1 : tensor.shape[0];
      expect(await shards.readRows(tensor, 0, rows)).toEqual(await whole.readRows(same, 0, rows));
    }
    expect(new Set(shards.tensors.map((tensor) => tensor.file)).size).toBe(2);
    await whole.close();
    await shards.close();
  });
});

describe("a safetensors model", () => {
  it("gives the same rows from a path, a file URL, bytes, a Blob and a ByteSource", async () => {
    const path = data("cases/7-conv1d.safetensors");
    const bytes = new Uint8Array(await readFile(path));
    const source = {
      name: "mine",
      byteLength: bytes.length,
      read: async (start: number, end: number) => bytes.slice(start, end),
    };
    const inputs = [
      path,
      new URL(`file://${path}`),
      `file://${path}`,
      bytes,
      new Blob([bytes]),
      new File([bytes], "a.safetensors"),
      source,
    ];
    const seen = await Promise.all(
      inputs.map(async (input) => {
        const checkpoint = await openCheckpoint(input);
        const matrix = checkpoint.tensors.find((tensor) => tensor.shape.length === 2)!;
        const rows = await checkpoint.readRows(matrix, 1, 3);
        await checkpoint.close();
        return [checkpoint.byteLength, checkpoint.tensors.length, [...rows]];
      }),
    );
    for (const one of seen) expect(one).toEqual(seen[0]);
  });
});

describe("a safetensors header", () => {
  it("gives its metadata, as strings", async () => {
    const checkpoint = await openCheckpoint(safetensors([], { format: "pt", __proto__x: "ü\u202e" }));
    expect(checkpoint.metadata).toEqual({ format: "pt", __proto__x: "ü\u202e" });
  });

  it("may hold values of 4 and 6 bits, whose rows are decoded where they are whole bytes", async () => {
    const checkpoint = await openCheckpoint(
      safetensors([
        { name: "a", dtype: "F4", shape: [2, 4], bytes: Uint8Array.from([0x21, 0x43, 0xa9, 0xcb]) },
        { name: "b", dtype: "F4", shape: [2, 3], bytes: new Uint8Array(3) },
        { name: "c", dtype: "F6_E2M3", shape: [2, 4], bytes: Uint8Array.from([8, 0, 0, 0, 0, 0]) },
        { name: "d", dtype: "F6_E3M2", shape: [4, 2], bytes: new Uint8Array(6) },
        { name: "e", dtype: "F8_E8M0", shape: [2], bytes: Uint8Array.from([127, 128]) },
        { name: "f", dtype: "C64", shape: [1], bytes: new Uint8Array(8) },
      ]),
    );
    const [a, b, c, d, e, f] = checkpoint.tensors;
    expect([...(await checkpoint.readRows(a, 1, 2))]).toEqual([-0.5, -1, -1.5, -2]);
    expect([...(await checkpoint.readRows(c, 0, 1))]).toEqual([1, 0, 0, 0]);
    expect([...(await checkpoint.readRows(e, 0, 1))]).toEqual([1, 2]);
    for (const tensor of [b, d, f])
      await expect(checkpoint.readRows(tensor, 0, 1)).rejects.toMatchObject({
        code: "undecodable",
        tensor: tensor.name,
      });
    await expect(
      openCheckpoint(safetensors([{ name: "half", dtype: "F4", shape: [3], bytes: new Uint8Array(2) }])),
    ).rejects.toMatchObject({ code: "misaligned" });
  });

  it("overflows as the reference's does", async () => {
    const open = (shape: string, end: number) =>
      openCheckpoint(safetensorsOf(`{"a":{"dtype":"F32","shape":[${shape}],"data_offsets":[0,${end}]}}`));
    expect((await open("0, 1099511627776, 1099511627776", 0)).tensors[0].parameters).toBe(0);
    await expect(open("1099511627776, 1099511627776, 0", 0)).rejects.toMatchObject({ code: "shape-overflow" });
    await expect(open("18446744073709551615", 4)).rejects.toMatchObject({ code: "shape-overflow" });
    await expect(open("18446744073709551616", 4)).rejects.toMatchObject({ code: "invalid-header" });
    await expect(
      openCheckpoint(safetensorsOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}')),
    ).rejects.toMatchObject({ code: "invalid-offset" });
  });
});

describe("readRows", () => {
  it("decodes every plain type", async () => {
    const f16 = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000]);
    const checkpoint = await openCheckpoint(
      safetensors([
        { name: "f64", dtype: "F64", shape: [2], bytes: new Float64Array([Math.PI, -1e300]) },
        { name: "f32", dtype: "F32", shape: [2], bytes: new Float32Array([1.5, -0.1]) },
        { name: "f16", dtype: "F16", shape: [6], bytes: f16 },
        { name: "bf16", dtype: "BF16", shape: [2], bytes: new Uint16Array([0x3f80, 0xc049]) },
        { name: "e4m3", dtype: "F8_E4M3", shape: [4], bytes: new Uint8Array([0x38, 0x7e, 0x01, 0xb8]) },
        { name: "e5m2", dtype: "F8_E5M2", shape: [3], bytes: new Uint8Array([0x3c, 0x7b, 0x7c]) },
        { name: "i64", dtype: "I64", shape: [2], bytes: new BigInt64Array([-3n, 1n << 40n]) },
        { name: "bool", dtype: "BOOL", shape: [2], bytes: new Uint8Array([0, 1]) },
      ]),
    );
    const read = async (name: string) => [
      ...(await checkpoint.readRows(checkpoint.tensors.find((tensor) => tensor.name === name)!, 0, 1)),
    ];
    expect(await read("f64")).toEqual([Math.fround(Math.PI), -Infinity]);
    expect(await read("f32")).toEqual([1.5, Math.fround(-0.1)]);
    expect(await read("f16")).toEqual([1, -2, 2 ** -24, 65504, Infinity, -0]);
    expect(await read("bf16")).toEqual([1, -3.140625]);
    expect(await read("e4m3")).toEqual([1, 448, 2 ** -9, -1]);
    expect(await read("e5m2")).toEqual([1, 57344, Infinity]);
    expect(await read("i64")).toEqual([-3, 2 ** 40]);
    expect(await read("bool")).toEqual([0, 1]);
  });

  it("reads the rows asked for and no byte more", async () => {
    const bytes = safetensors([
      { name: "a", dtype: "F32", shape: [3], bytes: new Float32Array([9, 9, 9]) },
      { name: "w", dtype: "F32", shape: [4, 2, 3], bytes: Float32Array.from({ length: 24 }, (_, i) => i) },
    ]);
    const reads: [number, number][] = [];
    const checkpoint = await openCheckpoint({
      name: "counted",
      byteLength: bytes.length,
      read: async (start, end) => {
        reads.push([start, end]);
        return bytes.slice(start, end);
      },
    });
    const tensor = checkpoint.tensors[1];
    reads.length = 0;
    expect([...(await checkpoint.readRows(tensor, 1, 3))]).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
    expect(reads).toEqual([[tensor.byteOffset + 24, tensor.byteOffset + 72]]);
    expect((await checkpoint.readRows(tensor, 2, 2)).length).toBe(0);
    for (const [first, last] of [
      [-1, 1],
      [0, 5],
      [3, 2],
      [0.5, 1],
      [0, NaN],
    ])
      await expect(checkpoint.readRows(tensor, first, last)).rejects.toThrow(RangeError);
  });

  it("knows its own tensors, until it is closed", async () => {
    const checkpoint = await openCheckpoint(
      safetensors([{ name: "a", dtype: "F32", shape: [1], bytes: new Float32Array([1]) }]),
    );
    await expect(checkpoint.readRows({ ...checkpoint.tensors[0], name: "b" }, 0, 1)).rejects.toMatchObject({
      code: "unknown-tensor",
      tensor: "b",
    });
    await checkpoint.close();
    await expect(checkpoint.readRows(checkpoint.tensors[0], 0, 1)).rejects.toMatchObject({ code: "closed" });
  });

  it("treats scalars, vectors and empty tensors", async () => {
    const checkpoint = await openCheckpoint(
      safetensors([
        { name: "scalar", dtype: "F32", shape: [], bytes: new Float32Array([7]) },
        { name: "none", dtype: "F32", shape: [0, 5], bytes: new Uint8Array(0) },
        { name: "thin", dtype: "F32", shape: [5, 0], bytes: new Uint8Array(0) },
      ]),
    );
    const tensor = (name: string) => checkpoint.tensors.find((one) => one.name === name)!;
    expect([...(await checkpoint.readRows(tensor("scalar"), 0, 1))]).toEqual([7]);
    expect((await checkpoint.readRows(tensor("none"), 0, 0)).length).toBe(0);
    expect((await checkpoint.readRows(tensor("thin"), 0, 5)).length).toBe(0);
    expect(tensor("thin").parameters).toBe(0);
  });
});
