import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layerOf, ROLES, roleOf, stackOf } from "../../src/checkpoint/names.js";
import { data, describeNeeding, inClone, inCollection } from "../support/data.js";

/** name → [layer, role]. */
const schemes: Record<string, Record<string, [number | null, string | null]>> = {
  "Llama, Mistral, Qwen, Gemma": {
    "model.embed_tokens.weight": [null, "embedding"],
    "model.layers.0.self_attn.q_proj.weight": [0, "attention.query"],
    "model.layers.10.self_attn.k_proj.weight": [10, "attention.key"],
    "model.layers.31.self_attn.v_proj.weight": [31, "attention.value"],
    "model.layers.31.self_attn.o_proj.weight": [31, "attention.output"],
    "model.layers.2.mlp.gate_proj.weight": [2, "mlp.gate"],
    "model.layers.2.mlp.up_proj.weight": [2, "mlp.up"],
    "model.layers.2.mlp.down_proj.weight": [2, "mlp.down"],
    "model.layers.2.self_attn.q_proj.bias": [2, null],
    "model.layers.2.self_attn.q_norm.weight": [2, null],
    "model.layers.2.input_layernorm.weight": [2, null],
    "model.layers.2.post_attention_layernorm.weight": [2, null],
    "model.layers.2.self_attn.rotary_emb.inv_freq": [2, null],
    "model.norm.weight": [null, null],
    "lm_head.weight": [null, "head"],
    "language_model.model.layers.7.mlp.up_proj.weight": [7, "mlp.up"],
    "vision_tower.vision_model.encoder.layers.7.self_attn.out_proj.weight": [7, "attention.output"],
    "score.weight": [null, "head"],
  },
  "Meta's Llama": {
    "tok_embeddings.weight": [null, "embedding"],
    "layers.5.attention.wq.weight": [5, "attention.query"],
    "layers.5.attention.wk.weight": [5, "attention.key"],
    "layers.5.attention.wv.weight": [5, "attention.value"],
    "layers.5.attention.wo.weight": [5, "attention.output"],
    "layers.5.feed_forward.w1.weight": [5, "mlp.gate"],
    "layers.5.feed_forward.w2.weight": [5, "mlp.down"],
    "layers.5.feed_forward.w3.weight": [5, "mlp.up"],
    "layers.5.attention_norm.weight": [5, null],
    "layers.5.ffn_norm.weight": [5, null],
    "output.weight": [null, "head"],
    "norm.weight": [null, null],
  },
  "GPT-2, nanoGPT": {
    "wte.weight": [null, "embedding"],
    "wpe.weight": [null, "position"],
    "transformer.wte.weight": [null, "embedding"],
    "h.11.attn.c_attn.weight": [11, "attention.fused"],
    "transformer.h.11.attn.c_proj.weight": [11, "attention.output"],
    "h.11.mlp.c_fc.weight": [11, "mlp.up"],
    "h.11.mlp.c_proj.weight": [11, "mlp.down"],
    "h.11.crossattention.c_attn.weight": [11, "attention.fused"],
    "h.11.crossattention.q_attn.weight": [11, "attention.query"],
    "h.11.attn.bias": [11, null],
    "h.11.attn.masked_bias": [11, null],
    "h.11.ln_1.weight": [11, null],
    "ln_f.weight": [null, null],
    "blocks.3.attn.c_proj.weight": [3, "attention.output"],
    "blocks.3.mlp.c_proj.weight": [3, "mlp.down"],
    "transformer.h.3.attn.attention.out_proj.weight": [3, "attention.output"],
    "transformer.h.3.mlp.fc_in.weight": [3, "mlp.up"],
    "transformer.h.3.mlp.fc_out.weight": [3, "mlp.down"],
  },
  "GPT-NeoX, Falcon, Bloom, GLM": {
    "gpt_neox.embed_in.weight": [null, "embedding"],
    "gpt_neox.layers.4.attention.query_key_value.weight": [4, "attention.fused"],
    "gpt_neox.layers.4.attention.dense.weight": [4, "attention.output"],
    "gpt_neox.layers.4.mlp.dense_h_to_4h.weight": [4, "mlp.up"],
    "gpt_neox.layers.4.mlp.dense_4h_to_h.weight": [4, "mlp.down"],
    "gpt_neox.layers.4.attention.rotary_emb.inv_freq": [4, null],
    "gpt_neox.final_layer_norm.weight": [null, null],
    "embed_out.weight": [null, "head"],
    "transformer.h.4.self_attention.query_key_value.weight": [4, "attention.fused"],
    "transformer.h.4.self_attention.dense.weight": [4, "attention.output"],
    "transformer.word_embeddings.weight": [null, "embedding"],
    "transformer.word_embeddings_layernorm.weight": [null, null],
    "word_embeddings.weight": [null, "embedding"],
    "transformer.encoder.layers.4.self_attention.dense.weight": [4, "attention.output"],
    "transformer.embedding.word_embeddings.weight": [null, "embedding"],
    "transformer.output_layer.weight": [null, "head"],
    "decoder.layers.4.self_attention.linear_qkv.weight": [4, "attention.fused"],
    "decoder.layers.4.self_attention.linear_proj.weight": [4, "attention.output"],
    "decoder.layers.4.mlp.linear_fc2.weight": [4, "mlp.down"],
  },
  "MPT, Phi, OLMo, DBRX": {
    "transformer.blocks.6.attn.Wqkv.weight": [6, "attention.fused"],
    "transformer.blocks.6.attn.out_proj.weight": [6, "attention.output"],
    "transformer.blocks.6.ffn.up_proj.weight": [6, "mlp.up"],
    "transformer.blocks.6.ffn.down_proj.weight": [6, "mlp.down"],
    "model.layers.6.self_attn.dense.weight": [6, "attention.output"],
    "model.layers.6.mlp.fc1.weight": [6, "mlp.up"],
    "model.layers.6.mlp.fc2.weight": [6, "mlp.down"],
    "model.layers.6.self_attn.qkv_proj.weight": [6, "attention.fused"],
    "model.layers.6.mlp.gate_up_proj.weight": [6, "mlp.up"],
    "model.final_layernorm.weight": [null, null],
    "model.transformer.blocks.6.att_proj.weight": [6, "attention.fused"],
    "model.transformer.blocks.6.attn_out.weight": [6, "attention.output"],
    "model.transformer.blocks.6.ff_proj.weight": [6, "mlp.up"],
    "model.transformer.blocks.6.ff_out.weight": [6, "mlp.down"],
    "model.transformer.ff_out.weight": [null, "head"],
    "transformer.blocks.6.ffn.experts.mlp.w1": [6, "mlp.gate"],
    "transformer.blocks.6.ffn.experts.mlp.v1": [6, "mlp.up"],
    "transformer.blocks.6.ffn.experts.mlp.w2": [6, "mlp.down"],
    "transformer.blocks.6.ffn.router.layer.weight": [6, null],
    "transformer.h.6.mlp.w1.weight": [6, "mlp.up"],
    "transformer.h.6.mlp.w2.weight": [6, "mlp.gate"],
    "transformer.h.6.mlp.c_proj.weight": [6, "mlp.down"],
  },
  "BERT and kin": {
    "bert.embeddings.word_embeddings.weight": [null, "embedding"],
    "bert.embeddings.position_embeddings.weight": [null, "position"],
    "bert.embeddings.LayerNorm.weight": [null, null],
    "bert.encoder.layer.9.attention.self.query.weight": [9, "attention.query"],
    "bert.encoder.layer.9.attention.self.key.weight": [9, "attention.key"],
    "bert.encoder.layer.9.attention.self.value.weight": [9, "attention.value"],
    "bert.encoder.layer.9.attention.output.dense.weight": [9, "attention.output"],
    "bert.encoder.layer.9.attention.output.LayerNorm.weight": [9, null],
    "bert.encoder.layer.9.crossattention.output.dense.weight": [9, "attention.output"],
    "bert.encoder.layer.9.intermediate.dense.weight": [9, "mlp.up"],
    "bert.encoder.layer.9.output.dense.weight": [9, "mlp.down"],
    "bert.encoder.layer.9.output.LayerNorm.bias": [9, null],
    "bert.pooler.dense.weight": [null, null],
    "cls.predictions.transform.dense.weight": [null, null],
    "cls.predictions.decoder.weight": [null, "head"],
    "classifier.weight": [null, "head"],
    "classifier.dense.weight": [null, null],
    "classifier.out_proj.weight": [null, "head"],
    "lm_head.dense.weight": [null, null],
    "lm_head.decoder.weight": [null, "head"],
    "lm_head.layer_norm.weight": [null, null],
    "distilbert.transformer.layer.2.attention.q_lin.weight": [2, "attention.query"],
    "distilbert.transformer.layer.2.attention.out_lin.weight": [2, "attention.output"],
    "distilbert.transformer.layer.2.ffn.lin1.weight": [2, "mlp.up"],
    "distilbert.transformer.layer.2.ffn.lin2.weight": [2, "mlp.down"],
    "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.dense.weight": [0, "attention.output"],
    "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight": [0, "mlp.up"],
    "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn_output.weight": [0, "mlp.down"],
    "layers.9.attn.Wqkv.weight": [9, "attention.fused"],
    "layers.9.attn.Wo.weight": [9, "attention.output"],
    "layers.9.mlp.Wi.weight": [9, "mlp.up"],
    "layers.9.mlp.Wo.weight": [9, "mlp.down"],
    "bert/encoder/layer_9/attention/self/query/kernel": [9, "attention.query"],
  },
  "ViT, CLIP": {
    "vit.encoder.layer.1.attention.attention.query.weight": [1, "attention.query"],
    "vit.encoder.layer.1.attention.output.dense.weight": [1, "attention.output"],
    "vit.encoder.layer.1.intermediate.dense.weight": [1, "mlp.up"],
    "vit.encoder.layer.1.output.dense.weight": [1, "mlp.down"],
    "vit.embeddings.patch_embeddings.projection.weight": [null, "embedding"],
    "vit.embeddings.position_embeddings": [null, "position"],
    "vit.embeddings.cls_token": [null, null],
    "blocks.1.attn.qkv.weight": [1, "attention.fused"],
    "blocks.1.attn.proj.weight": [1, "attention.output"],
    "blocks.1.mlp.fc1.weight": [1, "mlp.up"],
    "blocks.1.mlp.fc2.weight": [1, "mlp.down"],
    "patch_embed.proj.weight": [null, "embedding"],
    pos_embed: [null, "position"],
    "head.weight": [null, "head"],
    "proj.weight": [null, null],
    "visual.transformer.resblocks.1.attn.in_proj_weight": [1, "attention.fused"],
    "visual.transformer.resblocks.1.attn.in_proj_bias": [1, null],
    "visual.transformer.resblocks.1.mlp.c_proj.weight": [1, "mlp.down"],
    positional_embedding: [null, "position"],
    "encoder.layers.encoder_layer_1.mlp.0.weight": [1, "mlp.up"],
    "encoder.layers.encoder_layer_1.mlp.3.weight": [1, "mlp.down"],
    "encoder.layers.encoder_layer_1.self_attention.in_proj_weight": [1, "attention.fused"],
    "encoder.layer.1.attention.output.weight": [1, "attention.output"],
  },
  T5: {
    "shared.weight": [null, "embedding"],
    "encoder.block.11.layer.0.SelfAttention.q.weight": [11, "attention.query"],
    "encoder.block.11.layer.0.SelfAttention.o.weight": [11, "attention.output"],
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": [0, "position"],
    "decoder.block.11.layer.1.EncDecAttention.k.weight": [11, "attention.key"],
    "decoder.block.11.layer.1.layer_norm.weight": [11, null],
    "decoder.block.11.layer.2.DenseReluDense.wi.weight": [11, "mlp.up"],
    "decoder.block.11.layer.2.DenseReluDense.wi_0.weight": [11, "mlp.gate"],
    "decoder.block.11.layer.2.DenseReluDense.wi_1.weight": [11, "mlp.up"],
    "decoder.block.11.layer.2.DenseReluDense.wo.weight": [11, "mlp.down"],
    "encoder/block/3/layer/0/SelfAttention/v/kernel": [3, "attention.value"],
    "shared/embedding": [null, "embedding"],
    "encoder.final_layer_norm.weight": [null, null],
  },
  "OPT, BART, Marian, Whisper, PyTorch": {
    "model.decoder.embed_tokens.weight": [null, "embedding"],
    "model.decoder.embed_positions.weight": [null, "position"],
    "model.decoder.layers.5.self_attn.out_proj.weight": [5, "attention.output"],
    "model.decoder.layers.5.encoder_attn.q_proj.weight": [5, "attention.query"],
    "model.decoder.layers.5.fc1.weight": [5, "mlp.up"],
    "model.encoder.layers.5.fc2.weight": [5, "mlp.down"],
    "model.encoder.layers.5.fc2.bias": [5, null],
    "model.encoder.conv1.weight": [null, null],
    final_logits_bias: [null, null],
    "proj_out.weight": [null, "head"],
    "transformer.encoder.layers.5.linear1.weight": [5, "mlp.up"],
    "transformer.decoder.layers.5.multihead_attn.in_proj_weight": [5, "attention.fused"],
    "fc1.weight": [null, null],
  },
  GGUF: {
    "token_embd.weight": [null, "embedding"],
    "position_embd.weight": [null, "position"],
    "blk.12.attn_q.weight": [12, "attention.query"],
    "blk.12.attn_k.weight": [12, "attention.key"],
    "blk.12.attn_v.weight": [12, "attention.value"],
    "blk.12.attn_qkv.weight": [12, "attention.fused"],
    "blk.12.attn_output.weight": [12, "attention.output"],
    "blk.12.attn_norm.weight": [12, null],
    "blk.12.attn_q_norm.weight": [12, null],
    "blk.12.attn_q.bias": [12, null],
    "blk.12.ffn_gate.weight": [12, "mlp.gate"],
    "blk.12.ffn_up.weight": [12, "mlp.up"],
    "blk.12.ffn_down.weight": [12, "mlp.down"],
    "blk.12.ffn_down_exps.weight": [12, "mlp.down"],
    "blk.12.ffn_gate_inp.weight": [12, null],
    "blk.12.ffn_norm.weight": [12, null],
    "blk.12.channel_mix_value.weight": [12, "mlp.down"],
    "enc.blk.12.ffn_up.weight": [12, "mlp.up"],
    "dec.blk.12.cross_attn_q.weight": [12, "attention.query"],
    "output.weight": [null, "head"],
    "output_norm.weight": [null, null],
    "rope_freqs.weight": [null, null],
  },
  RWKV: {
    "emb.weight": [null, "embedding"],
    "blocks.11.att.receptance.weight": [11, "attention.query"],
    "blocks.11.att.key.weight": [11, "attention.key"],
    "blocks.11.att.value.weight": [11, "attention.value"],
    "blocks.11.att.output.weight": [11, "attention.output"],
    "blocks.11.att.gate.weight": [11, null],
    "blocks.11.att.time_decay_w1": [11, null],
    "blocks.11.att.ln_x.weight": [11, null],
    "blocks.11.ffn.receptance.weight": [11, "mlp.gate"],
    "blocks.11.ffn.key.weight": [11, "mlp.up"],
    "blocks.11.ffn.value.weight": [11, "mlp.down"],
    "rwkv.blocks.11.feed_forward.key.weight": [11, "mlp.up"],
    "rwkv.embeddings.weight": [null, "embedding"],
    "ln_out.weight": [null, null],
  },
  experts: {
    "model.layers.8.block_sparse_moe.experts.5.w1.weight": [8, "mlp.gate"],
    "model.layers.8.block_sparse_moe.experts.5.w2.weight": [8, "mlp.down"],
    "model.layers.8.block_sparse_moe.experts.5.w3.weight": [8, "mlp.up"],
    "model.layers.8.block_sparse_moe.gate.weight": [8, null],
    "model.layers.8.mlp.experts.127.gate_proj.weight": [8, "mlp.gate"],
    "model.layers.8.mlp.shared_experts.down_proj.weight": [8, "mlp.down"],
    "model.layers.8.mlp.gate.weight": [8, null],
    "model.layers.8.mlp.shared_expert_gate.weight": [8, null],
    "model.layers.8.mlp.experts.down_proj[5]": [8, "mlp.down"],
    "model.layers.8.mlp.experts.gate_up_proj[5,1]": [8, "mlp.up"],
    "model.layers.8.self_attn.q_a_proj.weight": [8, "attention.query"],
    "model.layers.8.self_attn.q_b_proj.weight": [8, "attention.query"],
    "model.layers.8.self_attn.kv_a_proj_with_mqa.weight": [8, "attention.fused"],
    "model.layers.8.self_attn.kv_b_proj.weight": [8, "attention.fused"],
    "model.layers.8.self_attn.kv_a_layernorm.weight": [8, null],
    "model.layers.8.self_attn.q_proj.weight_scale_inv": [8, null],
    "model.layers.8.self_attn.q_proj.scales": [8, null],
    "base_model.model.model.layers.8.self_attn.q_proj.lora_A.weight": [8, null],
  },
  "one matrix a head": {
    "decoder_stack.2.sa.heads.3.key.weight": [2, "attention.key"],
    "decoder_stack.2.ca.heads.0.query.weight": [2, "attention.query"],
    "decoder_stack.2.ca.proj.weight": [2, "attention.output"],
    "decoder_stack.2.ffwd.net.layers.0.weight": [2, "mlp.up"],
    "decoder_stack.2.ffwd.net.layers.2.weight": [2, "mlp.down"],
    "decoder_stack.2.ln1.weight": [2, null],
    "encoder_stack.layers.1.sa.heads.3.value.weight": [1, "attention.value"],
    "encoder_stack.layers.1.ffwd.net.layers.0.weight": [1, "mlp.up"],
    "notes_token_embedding_table.weight": [null, "embedding"],
    "fingering_position_embedding_table.weight": [null, "position"],
    "lm_head.layers.0.weight": [null, null],
    "lm_head.layers.1.weight": [null, "head"],
    "heads.0.query.weight": [null, null],
  },
  diffusion: {
    "transformer_blocks.4.attn.to_q.weight": [4, "attention.query"],
    "transformer_blocks.4.attn.to_out.0.weight": [4, "attention.output"],
    "transformer_blocks.4.ff.net.0.proj.weight": [4, "mlp.up"],
    "transformer_blocks.4.ff.net.2.weight": [4, "mlp.down"],
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_k.weight": [null, "attention.key"],
  },
  "no scheme": {
    "": [null, null],
    weight: [null, null],
    "...": [null, null],
    "a.0.b": [null, null],
    "real.Q4_K": [null, null],
    "feature_extractor.conv_layers.3.conv.weight": [null, null],
    "layers.99999999999999999999.mlp.fc1.weight": [null, "mlp.up"],
    "conv1.weight": [null, null],
    running_mean: [null, null],
  },
};

for (const [scheme, names] of Object.entries(schemes)) {
  describe(scheme, () => {
    it.each(Object.entries(names))("%s", (name, expected) => {
      expect([layerOf(name), roleOf(name)]).toEqual(expected);
    });
  });
}

describe("two stacks with the same numbers", () => {
  it("are told apart", () => {
    expect(stackOf("model.encoder.layers.0.fc1.weight")).toBe("model.encoder.layers");
    expect(stackOf("model.decoder.layers.0.fc1.weight")).toBe("model.decoder.layers");
    expect(stackOf("decoder_stack.0.sa.proj.weight")).toBe("decoder_stack");
    expect(stackOf("encoder_stack.layers.0.sa.proj.weight")).toBe("encoder_stack.layers");
    expect(stackOf("enc.blk.0.ffn_up.weight")).toBe("enc.blk");
    expect(stackOf("lm_head.weight")).toBeNull();
  });
});

describe("any name", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "layers",
      "h",
      "blk",
      "0",
      "17",
      "attn",
      "mlp",
      "experts",
      "c_proj",
      "output",
      "dense",
      "weight",
      "heads",
      "",
      "lm_head",
    ),
    fc.string(),
  );
  it("gives a role of the contract or null, and a layer exactly where it gives a stack", () => {
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join(".")),
        (name) => {
          const role = roleOf(name);
          const layer = layerOf(name);
          expect(role === null || ROLES.includes(role)).toBe(true);
          expect(layer === null).toBe(stackOf(name) === null);
          if (layer !== null) expect(Number.isSafeInteger(layer) && layer >= 0).toBe(true);
        },
      ),
    );
  });
  it("of a megabyte costs nothing", () => {
    const start = performance.now();
    expect(roleOf("layers.0.".repeat(200_000))).toBeNull();
    expect(layerOf("a".repeat(1_000_000))).toBeNull();
    expect(performance.now() - start).toBeLessThan(200);
  });
});

/** Matrices of the trained models: how many of each role they have, counted by hand from their architectures. */
const counts: Record<string, Partial<Record<string, number>>> = {
  "models/selftrained-llama-en/model.bf16.safetensors": {
    embedding: 1,
    head: 1,
    "attention.query": 4,
    "attention.key": 4,
    "attention.value": 4,
    "attention.output": 4,
    "mlp.gate": 4,
    "mlp.up": 4,
    "mlp.down": 4,
  },
  "models/replica-10m/model.bf16.safetensors": {
    embedding: 1,
    position: 1,
    head: 1,
    "attention.fused": 8,
    "attention.output": 8,
    "mlp.up": 8,
    "mlp.down": 8,
  },
  "models/kwt1/kwt1.f32.safetensors": {
    position: 1,
    head: 1,
    "attention.query": 12,
    "attention.key": 12,
    "attention.value": 12,
    "attention.output": 12,
    "mlp.up": 12,
    "mlp.down": 12,
  },
  "models/rwkv6-1m/rwkv6-1m.f32.safetensors": {
    embedding: 1,
    head: 1,
    "attention.query": 12,
    "attention.key": 12,
    "attention.value": 12,
    "attention.output": 12,
    "mlp.gate": 12,
    "mlp.up": 12,
    "mlp.down": 12,
  },
  "models/cellogpt-decoder/weights.safetensors": {
    embedding: 2,
    position: 2,
    head: 1,
    "attention.query": 36,
    "attention.key": 36,
    "attention.value": 36,
    "attention.output": 9,
    "mlp.up": 6,
    "mlp.down": 6,
  },
  "models/stories260K/stories260K.bf16.safetensors": {
    embedding: 1,
    "attention.query": 5,
    "attention.key": 5,
    "attention.value": 5,
    "attention.output": 5,
    "mlp.gate": 5,
    "mlp.up": 5,
    "mlp.down": 5,
  },
  "random-init/marian-tiny-random.safetensors": {
    embedding: 1,
    "attention.query": 6,
    "attention.key": 6,
    "attention.value": 6,
    "attention.output": 6,
    "mlp.up": 4,
    "mlp.down": 4,
  },
  "random-init/phi-tiny-random.safetensors": {
    embedding: 1,
    head: 1,
    "attention.query": 2,
    "attention.key": 2,
    "attention.value": 2,
    "attention.output": 2,
    "mlp.up": 2,
    "mlp.down": 2,
  },
};

function headerOf(file: string): [string, { shape: number[] }][] {
  const bytes = readFileSync(file);
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)))) as Record<
    string,
    { shape: number[] }
  >;
  return Object.entries(header).filter(([name]) => name !== "__metadata__");
}

/** Every role that a model's names are given, and how often; vectors have none. */
function rolesOf(file: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, { shape }] of headerOf(data(file))) {
    const role = roleOf(name);
    if (role === null) continue;
    found[role] = (found[role] ?? 0) + 1;
    expect(shape.length, `${name}: a vector has no role`).toBeGreaterThan(1);
    if (role.startsWith("attention") || role.startsWith("mlp")) expect(layerOf(name), name).not.toBeNull();
    if (role === "embedding" || role === "head" || role === "position") expect(layerOf(name), name).toBeNull();
  }
  return found;
}

describe("names of the model made here", () => {
  it.each(inClone(Object.keys(counts)))("%s", (file) => expect(rolesOf(file)).toEqual(counts[file]));
});

describeNeeding(["collection"], "names of other models", () => {
  it.each(inCollection(Object.keys(counts)))("%s", (file) => expect(rolesOf(file)).toEqual(counts[file]));
});
