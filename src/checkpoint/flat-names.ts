/**
 * kohya's names of modules, whose points became underscores: `lora_unet_double_blocks_0_img_attn_qkv`. What the parts
 * were is known by the words that such models use.
 */

const FLAT = /^lora_(?:unet|te\d?|prior|transformer|llm|dit)_(?=[a-z])/;
/** Where a part ends though no number follows: before these words. */
const STARTS = /* @__PURE__ */ new RegExp(
  `_(?=(?:${
    /* @__PURE__ */ [
      "encoder_(?=layers_|block_)|layers_\\d|layer_\\d|block_\\d|resblocks_\\d",
      "[qkvo]_proj$|out_proj$|(?:up|down|gate|in)_proj$|to_[qkv]$|to_out_\\d|to_out$|add_[qkv]_proj$|to_add_out$",
      "fc\\d$|c_fc$|c_proj$|in_proj$|qkv$|net_\\d|linear\\d?$|(?<=attn_)proj$|[0-9]+_proj$",
      "self_attn_|cross_attn_|mlp_|ff_|ffn_|feed_forward_|attention_",
      "(?<=attn_)(?:[qkvo]|[kv]_img)$|(?<=forward_|ffn_|mlp_)w\\d$",
      "SelfAttention_|DenseReluDense_|EncDecAttention_|(?<=Attention_)[qkvo]$|(?<=Dense_)w[io](?:_\\d)?$",
    ].join("|")
  }))`,
  "g",
);

/** Whether a name is one that lost its points. */
export const isFlat = (name: string): boolean => FLAT.test(name);

/** A name as kohya's tools would write it, without what they put before it. */
export const flattened = (name: string): string =>
  name
    .replace(FLAT, "")
    .replace(/\.weight$/, "")
    .replaceAll(".", "_");

/** The name with points where they were, as far as that can be told; other names as they are. */
export function unflattened(name: string): string {
  if (!isFlat(name)) return name;
  const [module, ...rest] = name.replace(FLAT, "").split(".");
  const parts = module
    .replace(STARTS, ".")
    .replace(/(?<!\.w[io]|\.fc)_(?=\d+(?:[_.]|$))/g, ".")
    .replace(/(?<=(?:^|\.)\d+)_/g, ".");
  return [parts, ...rest].join(".");
}
