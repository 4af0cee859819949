import { describe, expect, it } from "vitest";
import { analyze } from "../../../src/index.js";
import { type BuiltTensor, gguf, safetensors } from "../files.js";
import { opened } from "./support.js";

const float = (name: string, shape: number[], value: (i: number) => number): BuiltTensor => ({
  name,
  dtype: "F32",
  shape,
  bytes: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
});
const half = (name: string, shape: number[], value: (i: number) => number): BuiltTensor => ({
  name,
  dtype: "BF16",
  shape,
  bytes: Uint16Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => {
    const [bits] = new Uint32Array(Float32Array.of(value(i)).buffer);
    return bits >>> 16;
  }),
});
const side = 12;
const causal = (off: number) => (i: number) => (i % side > Math.floor(i / side) ? off : 1);
const learned = (i: number): number => Math.sqrt(i + 1) % 0.7;
/** [position, frequency] of a table of `width` frequencies. */
const angle = (i: number, width: number): number => Math.floor(i / width) * 1000 ** (-(i % width) / width);

const buffers: [BuiltTensor, string][] = [
  [float("h.0.attn.bias", [1, 1, side, side], causal(0)), "a causal mask"],
  [half("h.0.attn.bias", [1, 1, side, side], causal(0)), "a causal mask"],
  [
    {
      name: "h.0.attn.bias",
      dtype: "BOOL",
      shape: [1, 1, side, side],
      bytes: new Uint8Array(144).map((_, i) => causal(0)(i)),
    },
    "a causal mask",
  ],
  [float("sa_heads.0.tril", [side, side], causal(0)), "a causal mask"],
  [float("layers.0.attention.mask", [1, 1, side, side], causal(-Infinity)), "a causal mask"],
  // GPT-Neo's local attention: a band.
  [
    float("h.1.attn.attention.bias", [1, 1, side, side], (i) =>
      Math.floor(i / side) - (i % side) > 3 ? 0 : causal(0)(i),
    ),
    "a causal mask",
  ],
  [float("h.0.attn.masked_bias", [], () => -1e4), "a mask's value"],
  [
    {
      name: "embeddings.position_ids",
      dtype: "I64",
      shape: [1, 9],
      bytes: BigInt64Array.from({ length: 9 }, (_, i) => BigInt(i)),
    },
    "positions",
  ],
  [float("embeddings.position_ids", [1, 9], (i) => i), "positions"],
  [float("layers.0.self_attn.rotary_emb.inv_freq", [8], (i) => 10000 ** (-i / 8)), "rotary frequencies"],
  [float("rope.freqs", [8], (i) => 10000 ** (-i / 8)), "rotary frequencies"],
  [float("rotary_emb.cos_cached", [1, 1, 9, 8], (i) => Math.cos(angle(i, 8))), "a rotary or sinusoidal table"],
  [half("rotary_emb.sin_cached", [9, 8], (i) => Math.sin(angle(i, 8))), "a rotary or sinusoidal table"],
  [
    float("rotary_emb.cos_sin_cache", [9, 16], (i) =>
      i % 16 < 8 ? Math.cos(angle((i >> 4) * 8 + (i % 8), 8)) : Math.sin(angle((i >> 4) * 8 + (i % 8), 8)),
    ),
    "a rotary or sinusoidal table",
  ],
  [
    float("pos_encoder.pe", [9, 1, 8], (i) => (i % 2 ? Math.cos : Math.sin)(angle(i, 8))),
    "a rotary or sinusoidal table",
  ],
  [float("bn1.running_mean", [16], learned), "running statistics"],
  [float("bn1.running_var", [16], learned), "running statistics"],
  [float("betas", [100], learned), "a noise schedule"],
];

it.each(buffers)("%o", async (tensor, reason) => {
  const checkpoint = await opened([tensor]);
  expect(checkpoint.tensors).toEqual([]);
  expect(checkpoint.asides.get(tensor.name)).toEqual({ kind: "buffer", reason, weights: 0 });
});

describe("a parameter of the same name is one, by its contents", () => {
  it.each([
    float("layers.0.attention.bias", [side, side], learned),
    float("layers.0.attention.mask", [side, side], () => 0.25),
    float("encoder.pe", [9, 8], learned),
    float("rotary_emb.inv_freq", [8], learned),
    float("layers.0.attn.bias", [3, side, side], causal(0)),
    float("embeddings.position_ids", [1, 9], learned),
    float("embeddings.position_embeddings", [9, 8], (i) => (i % 2 ? Math.cos : Math.sin)(angle(i, 8))),
    float("cos.weight", [9, 8], (i) => Math.cos(angle(i, 8))),
  ])("%o", async (tensor) => {
    expect((await opened([tensor])).tensors.map(({ name }) => name)).toEqual([tensor.name]);
  });
});

describe("an importance matrix", () => {
  const sums = Float32Array.from({ length: 96 }, (_, i) => i);
  const parts = [
    { name: "blk.0.ffn_up.weight.in_sum2", type: 0, dimensions: [32, 1], bytes: sums.slice(0, 32) },
    { name: "blk.0.ffn_up.weight.counts", type: 0, dimensions: [1, 1], bytes: Float32Array.of(7) },
    { name: "blk.0.ffn_up_exps.weight.in_sum2", type: 0, dimensions: [32, 3], bytes: sums },
    { name: "blk.0.ffn_up_exps.weight.counts", type: 0, dimensions: [1, 3], bytes: Float32Array.of(7, 0, 9) },
  ];
  it("as GGUF is no model, and says so", async () => {
    const report = await analyze(gguf([["general.type", 8, "imatrix"]], parts));
    expect([report.matrices, report.source.parameters]).toEqual([[], 0]);
    expect(new Set(report.source.skipped.map(({ reason }) => reason))).toEqual(
      new Set(["part of an importance matrix"]),
    );
    expect(report.source.notes).toEqual(["4 tensors are an importance matrix: sums over activations, and no weights"]);
  });
  it("in its older form is refused by name", async () => {
    const name = new TextEncoder().encode("blk.0.ffn_up.weight");
    const file = new Uint8Array(8 + name.length + 8 + 16);
    const view = new DataView(file.buffer);
    view.setInt32(0, 1, true);
    view.setInt32(4, name.length, true);
    file.set(name, 8);
    view.setInt32(8 + name.length, 2, true);
    view.setInt32(12 + name.length, 4, true);
    await expect(analyze(file)).rejects.toMatchObject({
      code: "unknown-format",
      message: "bytes: an importance matrix of llama.cpp, which holds no weights: `compress --imatrix` takes it",
    });
  });
  it("a weight of that name with negative numbers is a weight", async () => {
    const weight = float("a.weight.counts", [4, 8], (i) => i - 16);
    expect((await analyze(safetensors([weight]))).matrices.length).toBe(1);
  });
});
