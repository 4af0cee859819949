/**
 * Layer numbers and roles, read from tensor names. Nothing here looks at shapes or values; a name in
 * no known scheme has neither. Names are split at dots and slashes, and case does not matter:
 * `model.layers.3.self_attn.q_proj.weight` and `decoder/layers_3/SelfAttention/q/kernel` say the same.
 */

import { unflattened } from "./flat-names.js";
import { ANYWHERE, EXCEPTIONS, IN_ATTENTION, IN_LAYER, IN_MLP, OUTSIDE, type Role } from "./name-tables.js";

export { ROLES, type Role } from "./name-tables.js";

/** Names longer than this are in no scheme; the limit keeps hostile headers cheap. */
const MAXIMUM_LENGTH = 512;

/** A list of layers, whose next segment is the number. */
const CONTAINER = /* @__PURE__ */ new RegExp(
  `^(?:(?:${
    /* @__PURE__ */ [
      "encoder|decoder|transformer|hidden|albert|enc|dec|vision|text|audio|dit|mtp",
      "single|double|joint|single_transformer",
    ].join("|")
  })_)?(?:layers?|blocks?|layer_groups|stack|h|blk|resblocks)$|^(?:noise|context)_refiner$`,
);
/** Any other plural of layers: one of blocks where more follows than the weight itself. */
const LAYERS = /^\w+_(?:layers|blocks)$/;
/** A network's course down and up again: its numbers count resolutions, and blocks stand within. */
const RESOLUTIONS = /^(?:down|up|mid|middle|input|output|conv)_(?:layers|blocks)$/;
/** The same with the number joined on: `layer_3`, `encoder_layer_11`. */
const NUMBERED = /^((?:(?:encoder|decoder|transformer|hidden)_)?(?:layers?|blocks?|h))_(\d{1,6})$/;
/** A list put straight under the stack's name: `encoder.3.…`. */
const STACK = /^(?:encoder|decoder|transformer|conformer|mtp)$/;
/** What has layers of its own that are no layers of the model: `lm_head.layers.0`. */
const NOT_A_MODEL = /(?:^|_)(?:head|classifier|projector|pooler)s?$/;
const INTEGER = /^\d{1,6}$/;

/** The last segment of a matrix of weights; the name may also end with the map itself. */
const WEIGHT = /^(?:weight|kernel|w)$/;

interface Place {
  layer: number;
  /** Segments of the name before the number; where the number is joined on, that segment without it. */
  depth: number;
  joined: boolean;
  stack: string;
  rest: string[];
}

function segmentsOf(name: string): string[] {
  if (name.length > MAXIMUM_LENGTH) return [];
  // "SelfAttention" and "self_attention" are one word.
  return bare(name)
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
        depth: i + 1,
        joined: true,
        stack: [...segments.slice(0, i), joined[1]].join("."),
        rest: segments.slice(i + 1),
      };
    const next = segments[i + 1];
    if (next === undefined || !INTEGER.test(next)) continue;
    const rest = segments.slice(i + 2);
    const known = CONTAINER.test(segment) || STACK.test(segment);
    // Below another number (a tower's, a stage's, an expert's), a list of weights alone is an MLP or a stem.
    const sure = known && !segments.slice(1, i).some((one) => INTEGER.test(one));
    if (sure || ((known || LAYERS.test(segment)) && !RESOLUTIONS.test(segment) && !isWeightAlone(rest))) {
      const stack = segments.slice(0, i + 1).join(".");
      return { layer: Number(next), depth: i + 1, joined: false, stack, rest };
    }
  }
  return null;
}

const isWeightAlone = (rest: readonly string[]): boolean =>
  rest.length === 0 || (rest.length === 1 && /^(?:weight|bias|kernel|w|scale)$/.test(rest[0]));

/** What a name says of its tensor. */
export interface Meaning {
  stack: string | null;
  layer: number | null;
  role: Role | null;
}

/** All that the functions below find, with the name taken apart once. */
export function meaningOf(name: string): Meaning {
  const segments = segmentsOf(name);
  const place = placeOf(segments);
  return { stack: place && stackAt(name, place), layer: place && place.layer, role: roleAt(segments, place) };
}

/** The layer a tensor belongs to, as numbered in its name (from 0 in every scheme in use), or null. */
export const layerOf = (name: string): number | null => meaningOf(name).layer;

/**
 * The list of layers that `layerOf` counts in: "model.layers", "model.encoder.layers", "blk", …; null outside any.
 * An encoder and a decoder number their layers alike, and only this tells them apart.
 */
export const stackOf = (name: string): string | null => meaningOf(name).stack;

function stackAt(name: string, place: Place): string {
  // As the name has it, case and all.
  const segments = bare(name)
    .split(/[./]/)
    .filter((part) => part !== "");
  const stack = segments.slice(0, place.depth).join(".");
  return place.joined ? stack.replace(/_\d{1,6}$/, "") : stack;
}

/** What a matrix inside a block is called where no role is known: the last part of its name that says something. */
export function otherRole(name: string): string {
  const parts = bare(name)
    .split(/[./]/)
    .filter((part) => part !== "" && !INTEGER.test(part) && !WEIGHT.test(part.toLowerCase()));
  return `other:${parts.at(-1) ?? "weight"}`;
}

/** `name[3]` is a slice of a stacked tensor; an adapter's name may have lost its points. */
const bare = (name: string): string => unflattened(name.replace(/\[[\d,]+\]$/, ""));

const ATTENTION = /attention|attn|^(?:att|sa|ca|mha)$/;
const MLP = /mlp|ffn|ffwd|feed_?forward|dense_relu_dense|moe|experts?$|^ff(?:_\w+|\d)?$|^gating$/;

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
  return ANYWHERE.get(key) ?? ANYWHERE.get(/(?:token|position|positional)_embedding(?:_table)?$/.exec(key)?.[0] ?? "");
}

/** What joins two models, or ends in a vector of features: no role of the contract is its own. */
const CONNECTOR = /projector|merger|connector|resampler|abstractor|aligner|pooler|pooling|^mlp\d+$/;

/**
 * Outside the layers there are embeddings, positions and heads. Below a head only its last map counts, not the
 * transform or the norm before it.
 */
function roleOutside(path: string[], key: string, index: number | null): Role | null {
  const sure = anywhere(key);
  if (sure) return /^(?:attention|mlp)\./.test(sure) ? null : sure;
  const below = path.findIndex((segment) => NOT_A_MODEL.test(segment));
  if (path.some((segment) => CONNECTOR.test(segment)) && !(below === path.length - 1)) return null;
  if (below >= 0 && below < path.length - 1)
    return (index === null ? /^(?:decoder|out_proj|head|linear|fc)$/.test(key) : index > 0) ? "head" : null;
  // BERT's and ModernBERT's.
  if (key === "decoder" && (path.length === 1 || path.includes("predictions"))) return "head";
  return OUTSIDE.get(key) ?? null;
}

/** What wraps a map, or is its only part: the segment above has the name. */
const WRAPPER = /^(?:proj|projection|linear|conv|base_layer|layer|module|embedding|new_embedding)$/;
const PARTS_OF_ATTENTION = /^(?:q|k|v|o|query|key|value|output)$/;

/** A bare `proj` or `dense` means what the segment above it says; undefined where that says nothing. */
function roleByParent(
  key: string,
  parent: string | undefined,
  context: "attention" | "mlp" | null,
  inLayer: boolean,
): Role | null | undefined {
  if (parent === undefined) return undefined;
  if (WRAPPER.test(key)) {
    // Diffusers' patches: `pos_embed.proj`.
    if (key === "proj" && parent === "pos_embed") return "embedding";
    const above = anywhere(parent);
    if (above) return above;
    if (context === "attention" && PARTS_OF_ATTENTION.test(parent)) return IN_ATTENTION.get(parent);
    // Diffusers' gated activation: `ff.net.0.proj`, then `ff.net.2`.
    if (key === "proj" && parent === "0" && context === "mlp") return "mlp.up";
  }
  if (key === "dense" && /^intermediate(?:_query)?$/.test(parent)) return "mlp.up";
  if (key === "dense" && /^output(?:_query)?$/.test(parent) && context !== "attention")
    return inLayer ? "mlp.down" : null;
  return undefined;
}

/**
 * What a tensor does in its model, or null: for biases, norms, routers, scales, adapters, and names in no known scheme.
 * A matrix that holds gate and up together counts as `mlp.up`; one with any two of query, key and value as
 * `attention.fused`.
 */
export const roleOf = (name: string): Role | null => meaningOf(name).role;

function roleAt(segments: string[], place: Place | null): Role | null {
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
    if (place && contextOf(ancestors) === "mlp") return index === 0 ? "mlp.up" : index <= 3 ? "mlp.down" : null;
    key = ancestors[ancestors.length - 1] ?? "";
    ancestors = ancestors.slice(0, -1);
  }
  const exception = EXCEPTIONS.find(
    ({ stack, within }) =>
      (!stack || stack.test(place?.stack ?? "")) && (!within || ancestors.some((one) => within.test(one))),
  )?.keys;
  const special = exception && (Object.hasOwn(exception, key) ? exception[key] : exception["*"]);
  if (special !== undefined) return special;
  const context = contextOf(ancestors);
  const byParent = roleByParent(key, ancestors[ancestors.length - 1], context, place !== null);
  if (!place) {
    if (byParent !== undefined) return byParent !== null && /^(?:attention|mlp)\./.test(byParent) ? null : byParent;
    return roleOutside(path, key, index);
  }
  if (byParent !== undefined) return byParent;
  const sure = anywhere(key);
  if (sure) return sure;
  if (context === "attention") return IN_ATTENTION.get(key) ?? null;
  if (context === "mlp") return IN_MLP.get(key) ?? null;
  return IN_LAYER.get(key) ?? null;
}
