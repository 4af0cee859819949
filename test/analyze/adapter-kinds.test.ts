/** Adapters of other tools, and of other maps than linear ones. */
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { adapterConfigOf } from "../../src/checkpoint/views/families/lora.js";
import type { MatrixReport } from "../../src/types.js";
import { type BuiltTensor, gguf, safetensors } from "../checkpoint/files.js";
import { opened } from "../checkpoint/views/support.js";
import { noiseMatrix } from "../support/reference.js";

const [rows, columns, rank] = [24, 36, 4];
const b = noiseMatrix(rows, rank, 1, (i) => 1 / (1 + i)).data as Float32Array;
const a = noiseMatrix(rank, columns, 2, (i) => 1 + (i % 3)).data as Float32Array;
const turned = (values: Float32Array, down: number, across: number): Float32Array =>
  Float32Array.from(values, (_, at) => values[(at % down) * across + Math.floor(at / down)]);
/** scale · B · A, row-major. */
const product = (scale: number): Float64Array =>
  Float64Array.from({ length: rows * columns }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[Math.floor(at / columns) * rank + k] * a[k * columns + (at % columns)];
    return scale * sum;
  });
const normOf = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
const tensor = (name: string, shape: number[], bytes: Float32Array): BuiltTensor => ({
  name,
  dtype: "F32",
  shape,
  bytes,
});

/** Its one matrix has this name and shape, and the values of scale · B · A. */
async function isProduct(file: Uint8Array | BuiltTensor[], name: string, scale: number): Promise<MatrixReport> {
  const bytes = Array.isArray(file) ? safetensors(file) : file;
  const report = await analyze(bytes, { gaussians: [4], singularValues: true });
  expect(report.matrices.map((matrix) => matrix.name)).toEqual([name]);
  const [matrix] = report.matrices;
  expect([matrix.rows, matrix.columns, matrix.adapter!.scale]).toEqual([rows, columns, scale]);
  expect(matrix.norms.norm / normOf(product(scale))).toBeCloseTo(1, 6);
  expect(Math.sqrt(matrix.participation!.squaredNorm) / normOf(product(scale))).toBeCloseTo(1, 9);
  return matrix;
}

it("PEFT's embeddings, whose rows are A's columns", async () => {
  // ΔW = (B A)ᵀ in PEFT's words, with A rank × tokens and B width × rank.
  const tensors = [
    tensor("base_model.model.model.embed_tokens.lora_embedding_A", [rank, rows], turned(b, rows, rank)),
    tensor("base_model.model.model.embed_tokens.lora_embedding_B", [columns, rank], turned(a, rank, columns)),
  ];
  const matrix = await isProduct(tensors, "model.embed_tokens.weight", 1);
  expect(matrix.role).toBe("embedding");
  const checkpoint = await opened(tensors);
  const [whole] = checkpoint.tensors;
  const values = await checkpoint.readRows(whole, 5, 17);
  const expected = product(1).subarray(5 * columns, 17 * columns);
  values.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-5));
  await checkpoint.close();
});

interface BuiltFactor {
  dimensions: number[];
  bytes: Float32Array;
}
// A token embedding's factors are the other way round.
const ofEmbedding: [BuiltFactor, BuiltFactor] = [
  { dimensions: [rank, rows], bytes: b },
  { dimensions: [rank, columns], bytes: turned(a, rank, columns) },
];
const ofOthers: [BuiltFactor, BuiltFactor] = [
  { dimensions: [columns, rank], bytes: a },
  { dimensions: [rank, rows], bytes: b },
];
it.each<[string, number, [BuiltFactor, BuiltFactor], number | null, string]>([
  ["token_embd.weight", 8, ofEmbedding, null, "embedding"],
  ["blk.3.attn_q.weight", 2, ofOthers, 3, "attention.query"],
])("GGUF: alpha from the metadata, names of the base: %s", async (name, alpha, factors, layer, role) => {
  const file = gguf(
    [
      ["general.type", 8, "adapter"],
      ["adapter.lora.alpha", 6, alpha],
    ],
    factors.map((factor, at) => ({ name: `${name}.lora_${"ab"[at]}`, type: 0, ...factor })),
  );
  const matrix = await isProduct(file, name, alpha / rank);
  expect([matrix.layer, matrix.role]).toEqual([layer, role]);
});

describe("kohya's names, which have lost their points", () => {
  const named = (module: string): BuiltTensor[] => [
    tensor(`${module}.lora_down.weight`, [rank, columns], a),
    tensor(`${module}.lora_up.weight`, [rows, rank], b),
    tensor(`${module}.alpha`, [], Float32Array.of(2)),
  ];
  const [query, output, up, down, gate] = ["attention.query", "attention.output", "mlp.up", "mlp.down", "mlp.gate"];
  const blocks = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_2";
  it.each<[string, number | null, string | null]>([
    [`${blocks}_attn1_to_q`, 2, query],
    [`${blocks}_attn2_to_out_0`, 2, output],
    [`${blocks}_ff_net_0_proj`, 2, up],
    [`${blocks}_ff_net_2`, 2, down],
    ["lora_te_text_model_encoder_layers_3_self_attn_q_proj", 3, query],
    ["lora_te1_text_model_encoder_layers_11_mlp_fc2", 11, down],
    ["lora_te3_encoder_block_5_layer_1_DenseReluDense_wi_0", 5, gate],
    ["lora_te3_encoder_block_5_layer_0_SelfAttention_q", 5, query],
    ["lora_unet_double_blocks_0_img_attn_qkv", 0, "attention.fused"],
    ["lora_unet_double_blocks_0_txt_mlp_2", 0, down],
    ["lora_unet_single_blocks_37_linear1", 37, "attention.fused"],
    ["lora_unet_single_blocks_37_modulation_lin", 37, "other:modulation_lin"],
    ["lora_unet_blocks_7_cross_attn_o", 7, output],
    ["lora_unet_blocks_7_ffn_0", 7, up],
    ["lora_unet_layers_7_feed_forward_w2", 7, down],
    ["lora_unet_transformer_blocks_7_attn_add_q_proj", 7, query],
    ["lora_unet_mid_block_conv", null, null],
  ])("%s", async (module, layer, role) => {
    const matrix = await isProduct(named(module), `${module}.weight`, 0.5);
    expect([matrix.layer, matrix.role]).toEqual([layer, role]);
  });
  it("are found in the base, and what is not is said", async () => {
    const base = noiseMatrix(rows, columns, 3).data as Float32Array;
    const adapter = [...named("lora_unet_blocks_0_attn_to_q"), ...named("lora_unet_blocks_1_attn_to_q")];
    const weight = tensor("blocks.0.attn.to_q.weight", [rows, columns], base);
    const { matrices, source } = await analyze(safetensors(adapter), { gaussians: [4], base: safetensors([weight]) });
    expect(matrices.map((matrix) => matrix.adapter!.relativeChange)).toEqual([
      expect.closeTo(normOf(product(0.5)) / normOf(base), 9),
      null,
    ]);
    expect(source.notes).toContain("the base has no matrix of the name and size of 1 of 2 matrices of the adapter");
  });
});

it("diffusers' adapters are for a part of a pipeline, whose name stands before", async () => {
  const adapter = [
    tensor("transformer.blocks.0.attn.to_q.lora_A.weight", [rank, columns], a),
    tensor("transformer.blocks.0.attn.to_q.lora_B.weight", [rows, rank], b),
  ];
  const base = tensor("blocks.0.attn.to_q.weight", [rows, columns], noiseMatrix(rows, columns, 3).data as Float32Array);
  const { matrices } = await analyze(safetensors(adapter), { gaussians: [4], base: safetensors([base]) });
  expect(matrices[0].adapter!.relativeChange).toBeCloseTo(normOf(product(1)) / normOf(base.bytes as Float32Array), 9);
});

describe("alpha by a pattern of module names", () => {
  const alpha = (pattern: Record<string, number>, module: string): number | null =>
    adapterConfigOf({ lora_alpha: 1, alpha_pattern: pattern }, {}).alphaOf(module);
  it.each<[string, string, boolean]>([
    ["q_proj", "model.layers.0.self_attn.q_proj", true],
    ["q_proj", "model.layers.0.self_attn.kq_proj", false],
    ["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.q_proj", true],
    ["layers.0.self_attn.q_proj", "model.layers.10.self_attn.q_proj", false],
    ["^model\\.layers\\.0\\.self_attn\\.q_proj$", "model.layers.0.self_attn.q_proj", true],
    ["^layers\\.0\\.self_attn\\.q_proj", "model.layers.0.self_attn.q_proj", false],
    [".*layers.1.*q_proj", "model.layers.1.self_attn.q_proj", true],
    ["layers.1.*q_proj", "model.layers.1.self_attn.q_proj", true],
    ["layers.1.*q_proj", "model.xlayers.1.self_attn.q_proj", false],
    [".*", "anything", true],
  ])("%s in %s: %s", (key, module, named) => expect(alpha({ [key]: 7 }, module)).toBe(named ? 7 : 1));
  it("agrees with the expression that it stands for, on words and points", () => {
    const modules = ["a", "b", "a.b", "b.a", "a.a.b", "ba.b", "a.bb", "b.b.a.b"];
    for (const key of ["a", "b", "a\\.b", "a.*b", ".*b", "b.*", "^a.*b$", "^b", "a.*a.*b", "^.*a"])
      for (const module of modules) {
        const whole = key.startsWith("^") ? `^(?:${key.slice(1)})$` : `^(?:.*\\.)?(?:${key})$`;
        expect(alpha({ [key]: 7 }, module) === 7, `${key} in ${module}`).toBe(new RegExp(whole).test(module));
      }
  });
  it("that is a richer expression is said, and lora_alpha holds", async () => {
    const tensors = [
      tensor("m.layers.0.q_proj.lora_A.weight", [rank, columns], a),
      tensor("m.layers.0.q_proj.lora_B.weight", [rows, rank], b),
    ];
    const pattern = { "layers\\.[0-3]\\.(q|k)_proj": 64 };
    const checkpoint = await opened(tensors, { "adapter_config.json": { lora_alpha: 8, alpha_pattern: pattern } });
    expect(checkpoint.notes).toContain(
      'alpha_pattern "layers\\.[0-3]\\.(q|k)_proj" is not followed: scales of what it names are lora_alpha\'s',
    );
  });
});

describe("adapters that are no product of two factors: one line, and their factors are no matrices", () => {
  const some = (name: string, ...shape: number[]): BuiltTensor =>
    tensor(name, shape, new Float32Array(shape.reduce((x, y) => x * y, 1)).fill(1));
  it.each<[string, BuiltTensor[], string]>([
    [
      "LoHa",
      [some("m.hada_w1_a", 8, 2), some("m.hada_w1_b", 2, 6), some("m.hada_w2_a", 8, 2), some("m.hada_w2_b", 2, 6)],
      "LoHa is recognised, and not put together: 1 matrix of 48 weights left out",
    ],
    [
      "LoKr",
      [some("m.lokr_w1", 2, 2), some("m.lokr_w2_a", 4, 2), some("m.lokr_w2_b", 2, 4), some("m.alpha")],
      "LoKr is recognised, and not put together: 1 matrix left out",
    ],
    ["OFT", [some("m.oft_r", 3, 4, 4)], "OFT is recognised, and not put together: 1 matrix left out"],
    [
      "LoCon with a core",
      [
        some("m.lora_down.weight", 2, 6, 1, 1),
        some("m.lora_mid.weight", 2, 2, 3, 3),
        some("m.lora_up.weight", 8, 2, 1, 1),
      ],
      "LoRA with a core between its factors is recognised, and not put together: 1 matrix of 28 weights left out",
    ],
    [
      "stacked experts",
      [some("m.experts.lora_A.weight", 3, 2, 6), some("m.experts.lora_B.weight", 3, 8, 2)],
      "LoRA of stacked experts is recognised, and not put together: 1 matrix of 84 weights left out",
    ],
  ])("%s", async (_, tensors, note) => {
    const { matrices, source } = await analyze(safetensors(tensors));
    expect(matrices).toEqual([]);
    expect(source.notes).toEqual([note]);
  });
  it("a convolution over one axis is put together", async () => {
    const tensors = [
      tensor("m.lora_A.weight", [rank, columns / 3, 3], a),
      tensor("m.lora_B.weight", [rows, rank, 1], b),
    ];
    await isProduct(tensors, "m.weight", 1);
  });
});
