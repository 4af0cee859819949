/**
 * What a tensor's name says of its place in a model: the layer it belongs to and the role it plays there.
 * Names are paths, by "." or "/"; both questions are answered from their segments alone.
 */

/** A word that stands before a layer's number as its own segment: `layers.3`, `h.3`, `blk.3`, `decoder_stack.3`. */
const numbered = /^(?:h|blk|(?:\w+_)?(?:layers?|blocks?|resblocks|stack))$/i;
/** A layer's word and number in one segment: `layer_3`, `h3`. */
const joined = /^(?:h|blk|layers?|blocks?)_?(\d{1,6})$/i;
/** Below these a number counts heads, experts or the steps of a small network, not layers. */
const inner = /^(?:lm_head|heads?|classifier|experts|mlp|ffn|ffwd|ff|net)$/i;

/** The layer a tensor belongs to, counted from 0 as its name does, or null for what stands outside the layers. */
export function layerOf(name: string): number | null {
  const segments = segmentsOf(name);
  for (let i = 0; i < segments.length; i++) {
    if (inner.test(segments[i])) return null;
    const one = joined.exec(segments[i]);
    if (one) return Number(one[1]);
    if (numbered.test(segments[i]) && i + 1 < segments.length && /^\d{1,6}$/.test(segments[i + 1])) return Number(segments[i + 1]);
  }
  return null;
}

const attention = /(?:^|[._])(?:att|attns?|(?:self|cross|enc_?dec|inter)?_?attention|mha|sa|ca)\d?(?:[._]|$)/i;
const network = /(?:^|[._])(?:mlp|ffn?|ffwd|feed_?forward|densereludense|experts?|shared_experts?|moe)(?:[._]|$)/i;
/** A GGUF or expert suffix that changes no role: `ffn_up_exps`, `ffn_up_shexp`, `ffn_up.3`. */
const experts = "(?:_exps|_shexp|_chexps)?";

type Rule = [role: string, leaf: RegExp, within?: "attention" | "network" | "neither" | "outside" | RegExp];

/**
 * First match wins. `leaf` is the last segment once `weight` and the like are gone. `within` is what must hold of the
 * segments before it: that they name an attention, a network, neither of both, or that the tensor stands outside the layers.
 */
const rules: Rule[] = [
  // RWKV: receptance asks, key and value answer; its channel mixing is a squared-ReLU network behind a gate.
  ["attention.query", /^receptance$/, "attention"],
  ["mlp.gate", /^receptance$/, "network"],
  ["mlp.up", /^key$/, /(?:^|\.)ffn$/],
  ["mlp.down", /^value$/, /(?:^|\.)ffn$/],

  ["attention.query", /^(?:q_proj|q_[ab]_proj|wq(?:_[ab])?|q_lin|q_attn|to_q|(?:cross_)?attn_q(?:_[ab])?)$/i],
  ["attention.query", /^(?:query|query_proj|query_layer|linear_q|q)$/i, "attention"],
  ["attention.key", /^(?:k_proj|wk|k_lin|to_k|(?:cross_)?attn_k(?:_b)?)$/i],
  ["attention.key", /^(?:key|key_proj|key_layer|linear_k|k)$/i, "attention"],
  ["attention.value", /^(?:v_proj|wv|v_lin|to_v|(?:cross_)?attn_v(?:_b)?)$/i],
  ["attention.value", /^(?:value|value_proj|value_layer|linear_v|v)$/i, "attention"],
  ["attention.fused", /^(?:c_attn|qkv|qkv_proj|to_qkv|to_kv|linear_qkv|query_key_value|wqkv|w_pack|in_proj_weight|attn_qkv|att_proj)$/i],
  ["attention.fused", /^(?:kv_proj|key_value|kv_[ab]_proj(?:_with_mqa)?|wkv_[ab]|attn_kv_[ab](?:_mqa)?)$/i],
  ["attention.fused", /^(?:in_proj|kv)$/i, "attention"],
  ["attention.output", /^(?:o_proj|to_out|out_lin|attn_out|(?:cross_)?attn_output|att_out)$/i],
  ["attention.output", /^(?:out_proj|c_proj|dense|proj|wo|o|out|output|linear_out|linear_proj|projection)$/i, "attention"],

  // Qwen 1 multiplies w1 by the activated w2; everyone else with these names gates by w1 and comes down by w2.
  ["mlp.up", /^w1$/, /(?:^|\.)h\.\d+\.mlp$/],
  ["mlp.gate", /^w2$/, /(?:^|\.)h\.\d+\.mlp$/],
  ["mlp.gate", new RegExp(`^(?:gate_proj|ffn_gate${experts})$`, "i")],
  ["mlp.gate", /^(?:w1|wi_0)$/i, "network"],
  // A gate and an upward projection in one matrix are called by the latter.
  ["mlp.up", new RegExp(`^(?:up_proj|gate_up_proj|c_fc|fc1|linear_fc1|dense_h_to_4h|lin1|linear1|ff_proj|ffn_up${experts}|ffn_gate_up${experts})$`, "i")],
  ["mlp.up", /^(?:w3|v1|wi|wi_1|fc_in|up)$/i, "network"],
  ["mlp.up", /^dense$/i, /(?:^|\.)intermediate$/i],
  ["mlp.up", /^ffn$/i, "neither"],
  ["mlp.up", /^proj$/i, /(?:^|\.)ff\.net\.0$/],
  ["mlp.down", new RegExp(`^(?:down_proj|fc2|linear_fc2|dense_4h_to_h|lin2|linear2|ff_out|ffn_output|ffn_down${experts})$`, "i")],
  ["mlp.down", /^(?:c_proj|w2|wo|fc_out|out_proj|down)$/i, "network"],
  ["mlp.down", /^dense$/i, /\d\.output$/i],
  // The two steps of a plain sequence: `mlp.0`, `mlp.2`, `ffwd.net.layers.0`; a bare number below `experts` is an expert.
  ["mlp.up", /^0$/, /(?:^|[._])(?:mlp|ffn?|ffwd|feed_?forward)(?:\.net)?(?:\.layers)?$/i],
  ["mlp.down", /^[1-4]$/, /(?:^|[._])(?:mlp|ffn?|ffwd|feed_?forward)(?:\.net)?(?:\.layers)?$/i],

  ["position", /^(?:wpe|(?:\w+_)?pos(?:ition(?:al|s)?)?_(?:embed|emb|embd|embeddings?|embedding_table)|embed_positions)$/i],
  ["position", /^(?:relative_attention_bias|relative_position_bias_table|attn_rel_b)$/i],
  ["embedding", /^(?:wte|emb|embed|embed_in|embed_tokens|tok_embeddings|token_embd|token_types|shared|(?:\w+_)?embeddings?|(?:\w+_)?(?:token|word)_embedding_table)$/i, "neither"],
  ["embedding", /^(?:proj|projection)$/i, /(?:^|\.)patch_embed(?:dings?)?$/i],
  ["head", /^(?:lm_head|embed_out|output_projection|output_layer|qa_outputs|unembed)$/i],
  ["head", /^(?:output|head|classifier|score|proj_out|logits)$/i, "outside"],
  ["head", /^decoder$/i, /(?:^|\.)predictions$/],
  ["head", /^(?:out_proj|\d+)$/i, /(?:^|\.)(?:lm_head|classifier|heads?)(?:\.layers)?$/i],
];

/**
 * One of: embedding, position, attention.query, attention.key, attention.value, attention.fused (several of these in one
 * matrix), attention.output, mlp.gate, mlp.up, mlp.down, head; or null where the name says none of these.
 */
export function roleOf(name: string): string | null {
  const segments = segmentsOf(name).filter((segment) => !/^(?:base_layer|lora_[ab]|default)$/i.test(segment));
  while (segments.length > 1 && /^(?:weight|kernel|embedding|w|qweight)$/i.test(segments[segments.length - 1])) segments.pop();
  // `to_out.0`: a sequence of one matrix and a dropout.
  if (segments.length > 1 && segments[segments.length - 1] === "0" && /^to_out$/i.test(segments[segments.length - 2])) segments.pop();
  const leaf = segments[segments.length - 1], context = segments.slice(0, -1).join(".");
  for (const [role, pattern, within] of rules) {
    if (!pattern.test(leaf)) continue;
    const holds = within === undefined ? true
      : within === "attention" ? attention.test(context)
      : within === "network" ? network.test(context) && !attention.test(context)
      : within === "neither" ? !network.test(context) && !attention.test(context)
      : within === "outside" ? layerOf(name) === null && !network.test(context) && !attention.test(context)
      : within.test(context);
    if (holds) return role;
  }
  return null;
}

/** Segments of a path, without the `[i,j]` of a slice. A name longer than any model's is cut: it has nothing to say. */
const segmentsOf = (name: string): string[] => name.slice(0, 512).replace(/\[\d+(?:,\d+)*\]$/, "").split(/[./]/);
