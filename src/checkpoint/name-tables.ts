/**
 * What the parts of tensors' names mean, as the families of models in use write them. Data: names.ts says where each
 * table holds. Tested against names from public index files.
 */

export const ROLES = [
  "embedding",
  "position",
  "attention.query",
  "attention.key",
  "attention.value",
  "attention.fused",
  "attention.output",
  "mlp.gate",
  "mlp.up",
  "mlp.down",
  "head",
] as const;
/** What a matrix does in its layer, as its name says it. */
export type Role = (typeof ROLES)[number];

type Keys = Partial<Record<Role, string>>;
const table = (keys: Keys): Map<string, Role> =>
  new Map(
    ROLES.flatMap((role) =>
      (keys[role] ?? "")
        .split(" ")
        .filter(Boolean)
        .map((key): [string, Role] => [key, role]),
    ),
  );

/** Names that mean one thing wherever they stand. */
export const ANYWHERE = /* @__PURE__ */ table({
  embedding:
    "embed_tokens tok_embeddings word_embeddings word_embedding token_embeddings token_embedding " +
    "token_embedding_table wte tok_emb token_emb token_embd embed_in token_type_embeddings token_types vocab_embed " +
    "input_embedding patch_embeddings patch_embedding patch_embed patch_embd per_layer_token_embd " +
    "embed_tokens_per_layer img_in txt_in x_embedder context_embedder vision_embed_tokens patch_embedder",
  position:
    "embed_positions position_embeddings position_embedding position_embedding_table positional_embedding wpe " +
    "pos_embed pos_emb pos_embedding position_embd rel_embeddings relative_attention_bias " +
    "relative_position_bias_table rel_pos_h rel_pos_w pos_conv_embed attn_rel_b tile_embedding",
  "attention.query":
    "q_proj query_proj q_lin q_attn q_a_proj q_b_proj to_q attn_q attn_q_a attn_q_b cross_attn_q wq " +
    "time_mix_receptance q_proj_weight wq_a wq_b add_q_proj q_down_proj q_up_proj " +
    "query_global linear_q q_linear",
  "attention.key":
    "k_proj key_proj k_lin to_k attn_k attn_k_b cross_attn_k wk time_mix_key k_proj_weight add_k_proj key_global " +
    "linear_k k_linear k_img",
  "attention.value":
    "v_proj value_proj v_lin to_v attn_v attn_v_b cross_attn_v wv time_mix_value v_proj_weight add_v_proj " +
    "value_global linear_v v_linear v_img",
  "attention.fused":
    "qkv qkv_proj wqkv c_attn query_key_value in_proj_weight linear_qkv attn_qkv att_proj to_qkv kv_a_proj_with_mqa " +
    "kv_b_proj attn_kv_a_mqa attn_kv_b wkv wkv_a wkv_b kv_proj to_kv in_proj_qkv in_proj_qkvz attn_kv " +
    "add_qkv_proj qkv_a_proj_with_mqa fused_qkv_a_proj_with_mqa kv_a_proj w_pack kv_linear img_attn_qkv txt_attn_qkv " +
    "vision_expert_query_key_value language_expert_query_key_value",
  "attention.output":
    "o_proj out_lin attn_out attn_output cross_attn_o time_mix_output linear_proj wo_a wo_b to_add_out attention_wo " +
    "img_attn_proj txt_attn_proj vision_expert_dense language_expert_dense",
  "mlp.gate": "gate_proj ffn_gate ffn_gate_exps ffn_gate_shexp ffn_gate_chexps channel_mix_receptance c_fc_0",
  "mlp.up":
    "up_proj gate_up_proj c_fc fc_in dense_h_to_4h linear_fc1 ffn_up ffn_up_exps ffn_up_shexp channel_mix_key " +
    "ff_proj ffn_gate_up_exps ffn_gate_up ffn_up_chexps intermediate_dense w13 w13_weight proj_mlp c_fc_1 " +
    "gate_and_up_proj up_gate_proj pwconv1 gated_layers up_gated_layer ffw_layer_1",
  "mlp.down":
    "down_proj fc_out dense_4h_to_h linear_fc2 ffn_down ffn_down_exps ffn_down_shexp channel_mix_value ffn_output " +
    "ffn_down_chexps output_dense w2_weight pwconv2 down_layer ffw_layer_2",
  head: "lm_head embed_out",
});

/** Below `self_attn`, `attention`, `att`, `sa`, …. */
export const IN_ATTENTION = /* @__PURE__ */ table({
  "attention.query": "q query receptance",
  "attention.key": "k key",
  "attention.value": "v value",
  "attention.fused": "attn in_proj",
  "attention.output": "o output out proj out_proj c_proj dense wo to_out proj_out linear_out projection",
});

/**
 * Below `mlp`, `ffn`, `feed_forward`, `experts`, …. RWKV's channel mixing is one: key up, value down, receptance the
 * gate.
 */
export const IN_MLP = /* @__PURE__ */ table({
  "mlp.gate": "w1 wi_0 fc_1 receptance fc12 proj_up_gate",
  "mlp.up":
    "fc1 fc11 w3 v1 wi wi_1 fc_2 fc lin1 linear1 linear_1 up key dense1 input_linear fc0 gate_up w12 " +
    "weights_in intermediate layer_1 proj_1 proj_up linear_in",
  "mlp.down":
    "fc2 w2 wo c_proj proj lin2 linear2 linear_2 down value dense2 output_linear weights_out " +
    "output layer_2 proj_2 proj_down linear_out out_projection",
});

/** In a layer, below neither: OPT, BART, ALBERT and PyTorch's own transformer keep their linear maps there. */
export const IN_LAYER = /* @__PURE__ */ table({
  "mlp.up": "fc1 linear1 ffn",
  "mlp.down": "fc2 linear2 ff_out",
  "attention.fused": "in_proj",
  "attention.output": "wo",
});

/** Outside every layer. */
export const OUTSIDE = /* @__PURE__ */ table({
  embedding: "embedding embeddings embed emb shared",
  head:
    "output head heads score classifier output_layer output_projection proj_out ff_out vocab_projector qa_outputs " +
    "seq_relationship",
});

/** Where a family means something else by a name, or something of its own: its stack, or a part of the name above. */
export const EXCEPTIONS: readonly {
  family: string;
  stack?: RegExp;
  within?: RegExp;
  /** Null: a part without a role in attention or MLP; "*": all others. */
  keys: Readonly<Record<string, Role | null>>;
}[] = [
  // Query, key, value and the way up in one; then attention's output and the way down in one.
  { family: "Flux", stack: /single_blocks$/, keys: { linear1: "attention.fused", linear2: null } },
  { family: "Flux (diffusers)", stack: /single_transformer_blocks$/, keys: { proj_out: null } },
  {
    family: "MoonViT",
    stack: /vision_\w+\.encoder\.blocks$/,
    keys: { fc0: "mlp.up", fc1: "mlp.down", wqkv: "attention.fused", wo: "attention.output" },
  },
  { family: "CLIP's patches", within: /^(?:visual|vision_model|vision_tower)$/, keys: { conv1: "embedding" } },
  {
    family: "Mamba",
    within: /^(?:mixer|mamba|ssm|mamba2)$/,
    keys: { in_proj: null, out_proj: null, x_proj: null, dt_proj: null },
  },
  {
    family: "short convolutions (LFM2, Griffin, conformers)",
    within: /^(?:conv|shortconv|conv_module|temporal_block)$/,
    keys: { in_proj: null, out_proj: null },
  },
  { family: "DeepSeek's sparse attention", within: /^(?:indexer|compressor)$/, keys: { "*": null } },
  // c_proj(w1 · silu(w2)): w2 is the gate.
  { family: "Qwen's first", stack: /(?:^|\.)h$/, within: /^mlp$/, keys: { w1: "mlp.up", w2: "mlp.gate" } },
  { family: "Molmo's ViT", stack: /image_vit\.transformer\.resblocks$/, keys: { w1: "mlp.up" } },
  { family: "DBRX", stack: /blocks$/, within: /^experts$/, keys: {} },
  // w3(silu(w1) · w2), and the first two in one.
  {
    family: "EVA, DINOv2",
    stack: /(?:^|\.)blocks$/,
    within: /^mlp$/,
    keys: { w1: "mlp.gate", w2: "mlp.up", w3: "mlp.down" },
  },
  {
    family: "modulation by time and text",
    within: /^(?:adaln_modulation|modulation|\w+_mod|norm\d?(?:_context)?)$/,
    keys: { "*": null },
  },
];
