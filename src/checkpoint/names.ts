/**
 * Layer numbers and roles, read from tensor names. Nothing here looks at shapes or values; a name in
 * no known scheme has neither. Names are split at dots and slashes, and case does not matter:
 * `model.layers.3.self_attn.q_proj.weight` and `decoder/layers_3/SelfAttention/q/kernel` say the same.
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
export type Role = (typeof ROLES)[number];

/** Names longer than this are in no scheme; the limit keeps hostile headers cheap. */
const MAXIMUM_LENGTH = 512;

/** A list of layers, whose next segment is the number. */
const CONTAINER =
  /^(?:(?:encoder|decoder|transformer|hidden|albert|enc|dec)_)?(?:layers?|blocks?|layer_groups|stack|h|blk|resblocks)$/;
/** The same with the number joined on: `layer_3`, `encoder_layer_11`. */
const NUMBERED = /^((?:(?:encoder|decoder|transformer|hidden)_)?(?:layers?|blocks?|h))_(\d{1,6})$/;
/** A list put straight under the stack's name: `encoder.3.…`. */
const STACK = /^(?:encoder|decoder|transformer)$/;
/** What has layers of its own that are no layers of the model: `lm_head.layers.0`. */
const NOT_A_MODEL = /(?:^|_)(?:head|classifier|projector|pooler)s?$/;
const INTEGER = /^\d{1,6}$/;

/** The last segment of a matrix of weights; the name may also end with the map itself. */
const WEIGHT = /^(?:weight|kernel|w)$/;

interface Place {
  layer: number;
  stack: string;
  rest: string[];
}

function segmentsOf(name: string): string[] {
  if (name.length > MAXIMUM_LENGTH) return [];
  // `name[3]` is a slice of a stacked tensor; "SelfAttention" and "self_attention" are one word.
  return name
    .replace(/\[[\d,]+\]$/, "")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[./]/)
    .filter((part) => part !== "");
}

function placeOf(segments: string[]): Place | null {
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (NOT_A_MODEL.test(segment)) return null;
    const joined = NUMBERED.exec(segment);
    // torchvision writes `encoder.layers.encoder_layer_3`.
    if (joined)
      return {
        layer: Number(joined[2]),
        stack: [...segments.slice(0, i), joined[1]].join("."),
        rest: segments.slice(i + 1),
      };
    const next = segments[i + 1];
    if (next !== undefined && INTEGER.test(next) && (CONTAINER.test(segment) || STACK.test(segment))) {
      return { layer: Number(next), stack: segments.slice(0, i + 1).join("."), rest: segments.slice(i + 2) };
    }
    // A number before any list of layers counts something else (stages, towers, experts), except as the very first.
    if (i > 0 && INTEGER.test(segment)) return null;
  }
  return null;
}

/** The layer a tensor belongs to, as numbered in its name (from 0 in every scheme in use), or null. */
export function layerOf(name: string): number | null {
  return placeOf(segmentsOf(name))?.layer ?? null;
}

/**
 * The list of layers that `layerOf` counts in: "model.layers", "model.encoder.layers", "blk", …; null outside any.
 * An encoder and a decoder number their layers alike, and only this tells them apart.
 */
export function stackOf(name: string): string | null {
  return placeOf(segmentsOf(name))?.stack ?? null;
}

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
const ANYWHERE = table({
  embedding:
    "embed_tokens tok_embeddings word_embeddings word_embedding token_embeddings token_embedding " +
    "token_embedding_table wte tok_emb token_emb token_embd embed_in token_type_embeddings token_types vocab_embed " +
    "input_embedding patch_embeddings patch_embedding patch_embed",
  position:
    "embed_positions position_embeddings position_embedding position_embedding_table positional_embedding wpe " +
    "pos_embed pos_emb pos_embedding position_embd rel_embeddings relative_attention_bias " +
    "relative_position_bias_table",
  "attention.query":
    "q_proj query_proj q_lin q_attn q_a_proj q_b_proj to_q attn_q attn_q_a attn_q_b cross_attn_q wq " +
    "time_mix_receptance q_proj_weight",
  "attention.key": "k_proj key_proj k_lin to_k attn_k attn_k_b cross_attn_k wk time_mix_key k_proj_weight",
  "attention.value": "v_proj value_proj v_lin to_v attn_v attn_v_b cross_attn_v wv time_mix_value v_proj_weight",
  "attention.fused":
    "qkv qkv_proj wqkv c_attn query_key_value in_proj_weight linear_qkv attn_qkv att_proj to_qkv kv_a_proj_with_mqa " +
    "kv_b_proj attn_kv_a_mqa attn_kv_b",
  "attention.output": "o_proj out_lin attn_out attn_output cross_attn_o time_mix_output linear_proj",
  "mlp.gate": "gate_proj ffn_gate ffn_gate_exps ffn_gate_shexp channel_mix_receptance",
  "mlp.up":
    "up_proj gate_up_proj c_fc fc_in dense_h_to_4h linear_fc1 ffn_up ffn_up_exps ffn_up_shexp channel_mix_key ff_proj",
  "mlp.down":
    "down_proj fc_out dense_4h_to_h linear_fc2 ffn_down ffn_down_exps ffn_down_shexp channel_mix_value ffn_output",
  head: "lm_head embed_out",
});

/** Below `self_attn`, `attention`, `att`, `sa`, …. */
const IN_ATTENTION = table({
  "attention.query": "q query receptance",
  "attention.key": "k key",
  "attention.value": "v value",
  "attention.fused": "attn in_proj",
  "attention.output": "o output proj out_proj c_proj dense wo to_out",
});

/**
 * Below `mlp`, `ffn`, `feed_forward`, `experts`, …. RWKV's channel mixing is one: key up, value down, receptance the
 * gate.
 */
const IN_MLP = table({
  "mlp.gate": "w1 wi_0 fc_1 receptance fc12",
  "mlp.up": "fc1 fc11 w3 v1 wi wi_1 fc_2 fc lin1 linear1 linear_1 up key dense1",
  "mlp.down": "fc2 w2 wo c_proj proj lin2 linear2 linear_2 down value dense2",
});

/** In a layer, below neither: OPT, BART, ALBERT and PyTorch's own transformer keep their linear maps there. */
const IN_LAYER = table({ "mlp.up": "fc1 linear1 ffn", "mlp.down": "fc2 linear2 ff_out", "attention.fused": "in_proj" });

/** Outside every layer. */
const OUTSIDE = table({
  embedding: "embedding embeddings embed emb shared",
  head:
    "output head heads score classifier output_layer output_projection proj_out ff_out vocab_projector qa_outputs " +
    "seq_relationship",
});

const ATTENTION = /attention|attn|^(?:att|sa|ca|mha)$/;
const MLP = /mlp|ffn|ffwd|feed_?forward|dense_relu_dense|moe|experts?$|^ff$/;

/** What the nearest segment that says so makes of the ones below it. */
function contextOf(ancestors: string[]): "attention" | "mlp" | null {
  for (let i = ancestors.length - 1; i >= 0; i--) {
    if (MLP.test(ancestors[i])) return "mlp";
    if (ATTENTION.test(ancestors[i])) return "attention";
  }
  return null;
}

/** `notes_token_embedding_table` is a token embedding like any other. */
function anywhere(key: string): Role | undefined {
  return ANYWHERE.get(key) ?? ANYWHERE.get(/(?:token|position)_embedding(?:_table)?$/.exec(key)?.[0] ?? "");
}

/** Outside the layers. Below a head only its last map counts, not the transform or the norm before it. */
function roleOutside(path: string[], key: string, index: number | null): Role | null {
  const below = path.findIndex((segment) => NOT_A_MODEL.test(segment));
  if (below >= 0 && below < path.length - 1)
    return (index === null ? /^(?:decoder|out_proj|head|linear)$/.test(key) : index > 0) ? "head" : null;
  // BERT's and ModernBERT's.
  if (key === "decoder" && (path.length === 1 || path.includes("predictions"))) return "head";
  return OUTSIDE.get(key) ?? null;
}

/** A bare `proj` or `dense` means what the segment above it says; undefined where that says nothing. */
function roleByParent(
  key: string,
  parent: string | undefined,
  context: "attention" | "mlp" | null,
  inLayer: boolean,
): Role | null | undefined {
  if (key === "proj" || key === "projection") {
    if (parent !== undefined && anywhere(parent) === "embedding") return "embedding";
    // Diffusers' gated activation: `ff.net.0.proj`, then `ff.net.2`.
    if (parent === "0" && context === "mlp") return "mlp.up";
  }
  if (key === "dense" && parent === "intermediate") return "mlp.up";
  if (key === "dense" && parent === "output" && context === null) return inLayer ? "mlp.down" : null;
  return undefined;
}

/**
 * What a tensor does in its model, or null: for biases, norms, routers, scales, adapters, and names in no known scheme.
 * A matrix that holds gate and up together counts as `mlp.up`; one with any two of query, key and value as
 * `attention.fused`.
 */
export function roleOf(name: string): Role | null {
  const segments = segmentsOf(name);
  const place = placeOf(segments);
  let path = place ? place.rest : segments;
  if (WEIGHT.test(path[path.length - 1] ?? "")) path = path.slice(0, -1);
  // Flax calls the table of `shared` or `wte` its "embedding".
  if (
    path.length > 1 &&
    path[path.length - 1] === "embedding" &&
    (anywhere(path[path.length - 2]) ?? OUTSIDE.get(path[path.length - 2]))
  )
    path = path.slice(0, -1);
  if (path.length === 0) return null;

  let key = path[path.length - 1];
  let ancestors = path.slice(0, -1);
  let index: number | null = null;
  if (INTEGER.test(key)) {
    // A list inside a block: `ffwd.net.layers.2`, `mlp.0`, `to_out.0`. Of an MLP, two maps with at most an activation
    // and a dropout between.
    index = Number(key);
    if (contextOf(ancestors) === "mlp") return index === 0 ? "mlp.up" : index <= 3 ? "mlp.down" : null;
    key = ancestors[ancestors.length - 1] ?? "";
    ancestors = ancestors.slice(0, -1);
  }
  const context = contextOf(ancestors);
  const byParent = roleByParent(key, ancestors[ancestors.length - 1], context, place !== null);
  if (byParent !== undefined) return byParent;
  const sure = anywhere(key);
  if (sure) return sure;
  if (context === "attention") return IN_ATTENTION.get(key) ?? null;
  if (context === "mlp") {
    // Qwen's first MLP is c_proj(w1 · silu(w2)): there w2 is the gate and w1 the way up.
    const qwen = place?.stack.endsWith(".h") === true && ancestors[ancestors.length - 1] === "mlp";
    if (qwen && (key === "w1" || key === "w2")) return key === "w1" ? "mlp.up" : "mlp.gate";
    return IN_MLP.get(key) ?? null;
  }
  if (place) return IN_LAYER.get(key) ?? null;
  return roleOutside(path, key, index);
}
