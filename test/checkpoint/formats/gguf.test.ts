import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CheckpointError, openCheckpoint } from "../../../src/index.js";
import { data, describeNeeding } from "../../support/data.js";
import { gguf } from "../files.js";

interface Verdicts {
  cases: { file: string; libggml: string; gguf_py: string }[];
}

/** The choices where the two readers differ, as docs/formats.md gives them. */
const chosen: Record<string, string> = {
  "ok_one_f32_unpadded_end.gguf": "accept",
  "kv_nested_array.gguf": "accept",
  "tensor_name_200.gguf": "accept",
  "bad_offset_unaligned.gguf": "misaligned",
  "bad_offset_nonzero_first.gguf": "hole",
  "bad_offset_gap.gguf": "hole",
};

const codes: Record<string, string> = {
  bad_align_13: "bad-alignment",
  bad_align_type: "bad-alignment",
  bad_magic: "bad-magic",
  bad_empty_file: "truncated",
  bad_magic_only: "truncated",
  bad_ver_0: "unsupported-version",
  bad_ver_1: "unsupported-version",
  bad_nkv_too_large: "truncated",
  bad_nkv_huge: "truncated",
  bad_nt_too_large: "truncated",
  bad_kv_type_13: "invalid-header",
  bad_kv_str_len_huge: "truncated",
  bad_kv_truncated_value: "truncated",
  bad_arr_type: "invalid-header",
  bad_dup_key: "duplicate-key",
  bad_5_dims: "invalid-header",
  bad_dim_negative: "shape-overflow",
  bad_dim_overflow: "shape-overflow",
  bad_type_unknown: "unknown-dtype",
  bad_type_removed_4: "unknown-dtype",
  bad_q_not_block_multiple: "misaligned",
  bad_data_truncated: "truncated",
  bad_data_missing: "truncated",
};

describe("the verdicts of the two GGUF readers", async () => {
  const verdicts = JSON.parse(await readFile(data("conformance/gguf/verdicts.json"), "utf8")) as Verdicts;
  it.each(verdicts.cases)("$file: libggml $libggml, gguf-py $gguf_py", async ({ file, libggml, gguf_py }) => {
    const agreed = libggml === gguf_py.slice(0, 6);
    const wanted = agreed ? (libggml === "accept" ? "accept" : codes[file.replace(".gguf", "")]) : chosen[file];
    const outcome = await openCheckpoint(data(`conformance/gguf/${file}`)).then(
      async (checkpoint) => {
        expect(checkpoint.format).toBe("gguf");
        await checkpoint.close();
        return "accept";
      },
      (error: CheckpointError) => {
        expect(error).toBeInstanceOf(CheckpointError);
        expect(error.message).toContain(file);
        return error.code;
      },
    );
    expect(outcome).toBe(wanted);
  });
});

describe("a GGUF file", () => {
  it("has dimensions in reverse: Conv1D's weights, which its writer transposed", async () => {
    const ours = await openCheckpoint(data("cases/7-conv1d.gguf"));
    const theirs = await openCheckpoint(data("cases/7-conv1d.safetensors"));
    const a = ours.tensors.find(({ name }) => name === "blk.0.ffn_up.weight")!;
    const b = theirs.tensors.find(({ name }) => name === "h.0.mlp.c_fc.weight")!;
    expect([a.shape, b.shape]).toEqual([
      [256, 64],
      [64, 256],
    ]);
    const columns = await theirs.readRows(b, 0, 64);
    expect(await ours.readRows(a, 0, 256)).toEqual(
      Float32Array.from(columns, (_, i) => columns[(i % 64) * 256 + Math.floor(i / 64)]),
    );
    await ours.close();
    await theirs.close();
  });
});

describeNeeding(["collection"], "GGUF models written by somebody else", () => {
  it("have the same rows as the safetensors file of the same weights, dimensions reversed", async () => {
    const ours = await openCheckpoint(data("models/stories260K/stories260K.gguf"));
    const theirs = await openCheckpoint(data("models/stories260K/stories260K.f32.safetensors"));
    for (const [name, same] of [
      ["token_embd.weight", "model.embed_tokens.weight"],
      ["blk.2.ffn_down.weight", "model.layers.2.mlp.down_proj.weight"],
      ["blk.4.attn_v.weight", "model.layers.4.self_attn.v_proj.weight"],
    ]) {
      const a = ours.tensors.find((tensor) => tensor.name === name)!;
      const b = theirs.tensors.find((tensor) => tensor.name === same)!;
      expect(a.shape).toEqual(b.shape);
      expect(await ours.readRows(a, 0, a.shape[0])).toEqual(await theirs.readRows(b, 0, b.shape[0]));
    }
    await ours.close();
    await theirs.close();
  });

  it("of vocabulary alone open with their metadata", async () => {
    const checkpoint = await openCheckpoint(data("gguf-vocab-only/ggml-vocab-bert-bge.gguf"));
    expect(checkpoint.tensors).toEqual([]);
    expect(checkpoint.metadata["general.architecture"]).toBe("bert");
    const tokens = checkpoint.metadata["tokenizer.ggml.tokens"] as string[];
    const types = checkpoint.metadata["tokenizer.ggml.token_type"] as Int32Array;
    expect(tokens.length).toBe(types.length);
    expect(tokens.slice(0, 2)).toEqual(["[PAD]", "[unused0]"]);
    await checkpoint.close();
  });
});

describe("GGUF metadata", () => {
  it("keeps every type, 64-bit integers exactly", async () => {
    const checkpoint = await openCheckpoint(
      gguf(
        [
          ["u8", 0, 200],
          ["i8", 1, -100],
          ["u16", 2, 60000],
          ["i16", 3, -30000],
          ["u32", 4, 4e9],
          ["i32", 5, -2e9],
          ["f32", 6, 0.5],
          ["bool", 7, true],
          ["string", 8, "grüße"],
          ["u64", 10, 5n],
          ["large", 10, (1n << 64n) - 1n],
          ["i64", 11, -(1n << 63n)],
          ["f64", 12, 0.1],
          ["__proto__", 8, "a key like any other"],
        ],
        [],
      ),
    );
    expect({ ...checkpoint.metadata }).toEqual(
      Object.fromEntries([
        ["u8", 200],
        ["i8", -100],
        ["u16", 60000],
        ["i16", -30000],
        ["u32", 4e9],
        ["i32", -2e9],
        ["f32", 0.5],
        ["bool", true],
        ["string", "grüße"],
        ["u64", 5],
        ["large", "18446744073709551615"],
        ["i64", "-9223372036854775808"],
        ["f64", 0.1],
        ["__proto__", "a key like any other"],
      ]),
    );
    expect(() => JSON.stringify(checkpoint.metadata)).not.toThrow();
  });

  it("may be longer than the first read", async () => {
    const checkpoint = await openCheckpoint(
      gguf(
        [
          ["long", 8, "x".repeat(300_000)],
          ["last", 4, 7],
        ],
        [{ name: "w", type: 0, dimensions: [4, 2], bytes: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]) }],
      ),
    );
    expect(checkpoint.metadata.last).toBe(7);
    expect(checkpoint.tensors[0].shape).toEqual([2, 4]);
    expect([...(await checkpoint.readRows(checkpoint.tensors[0], 1, 2))]).toEqual([5, 6, 7, 8]);
  });
});

describe("GGUF tensors", () => {
  const w = { name: "w", type: 0, dimensions: [2], bytes: new Float32Array([1, 2]) };
  it("have names of their own", async () => {
    await expect(openCheckpoint(gguf([], [w, w]))).rejects.toMatchObject({ code: "duplicate-tensor", tensor: "w" });
  });
  it("of types without a decoder open and say so", async () => {
    const checkpoint = await openCheckpoint(
      gguf([], [{ name: "n", type: 40, dimensions: [64], bytes: new Uint8Array(36) }]),
    );
    await expect(checkpoint.readRows(checkpoint.tensors[0], 0, 1)).rejects.toMatchObject({
      code: "undecodable",
      tensor: "n",
    });
  });
  it("are aligned as the file says", async () => {
    const checkpoint = await openCheckpoint(gguf([["general.alignment", 4, 256]], [w, { ...w, name: "v" }]));
    expect(checkpoint.tensors.map((tensor) => tensor.byteOffset % 256)).toEqual([0, 0]);
    expect([...(await checkpoint.readRows(checkpoint.tensors[1], 0, 1))]).toEqual([1, 2]);
  });
});
