import type { TensorInfo } from "../../../types.js";
import type { Family } from "../family.js";

/** Formats that are known and not dequantised here: what they look like, and how many weights they stand for. */
type Row = [
  family: string,
  anchor: string,
  types: string[],
  needs: string[],
  takes: string[],
  weights: (codes: TensorInfo, companion: (suffix: string) => TensorInfo | undefined) => number | null,
];

const product = (a: number | undefined, b: number | undefined): number | null =>
  a === undefined || b === undefined ? null : a * b;

const rows: readonly Row[] = [
  [
    "EXL2",
    "q_weight",
    ["I32", "U32"],
    ["q_scale"],
    ["q_scale_max", "q_groups", "q_invperm", "q_perm", "q_group_map"],
    (_, at) => product(at("q_invperm")?.parameters, (at("q_scale")?.shape[1] ?? NaN) * 8 || undefined),
  ],
  [
    "EXL3",
    "trellis",
    ["I16", "U16"],
    ["svh|sv"],
    ["suh", "su", "mcg", "mul1"],
    (_, at) => product((at("suh") ?? at("su"))?.parameters, (at("svh") ?? at("sv"))?.parameters),
  ],
  [
    "QuIP#",
    "Qidxs",
    ["I16", "I32", "I64", "U8"],
    ["SU"],
    ["SV", "Wscale", "codebook_id", "fuse_scales"],
    (_, at) => product(at("SU")?.parameters, at("SV")?.parameters),
  ],
  [
    "AQLM",
    "codes",
    ["I8", "I16", "U8", "U16", "I32"],
    ["codebooks"],
    ["scales"],
    ({ shape }, at) =>
      product(
        shape[0] * shape[1],
        (at("codebooks")?.shape ?? []).slice(2).reduce((a, b) => a * b, 1),
      ),
  ],
  [
    "VPTQ",
    "indices",
    ["I16", "I32", "U16", "I64"],
    ["centroids.weight"],
    [
      "res_indices",
      "res_centroids.weight",
      "outlier_indices",
      "outlier_centroids.weight",
      "perm",
      "weight_scale",
      "weight_bias",
    ],
    () => null,
  ],
  [
    "HQQ",
    "W_q",
    ["U8", "I32", "F16", "BF16", "F32"],
    ["scale"],
    [
      "zero",
      "meta",
      "nbits",
      "group_size",
      "shape",
      "axis",
      "packing",
      "view_as_float",
      "unpack_view_dtype",
      "compute_dtype",
      "quant_scale",
      "quant_zero",
      "channel_wise",
      "optimize",
      "round_zero",
      "stores_quant_config",
      "offload_meta",
      "encoded_state_dict",
    ],
    () => null,
  ],
  ["Marlin", "B", ["I32"], ["s"], ["workspace", "meta"], ({ parameters }) => parameters * 8],
  ["QQQ", "B", ["I32"], ["s_channel"], ["s_group", "workspace"], ({ parameters }) => parameters * 8],
  ["EETQ", "qweight", ["I8"], ["weight_scales"], [], ({ parameters }) => parameters],
  ["HIGGS", "weight", ["U8", "I16", "U16", "I32"], ["tables", "scales"], ["tables2"], () => null],
  [
    "compressed-tensors (sparse)",
    ".compressed",
    ["F32", "F16", "BF16", "F8_E4M3", "I8"],
    [".bitmask"],
    [".row_offsets", ".shape"],
    (_, at) => product(at(".bitmask")?.parameters, 8),
  ],
  ["quanto (packed)", "._data._data", ["U8"], ["._scale"], ["._shift"], ({ parameters }) => parameters * 2],
  ["BitNet", "weight", ["U8"], ["weight_scale"], [], ({ parameters }) => parameters * 4],
];

const FLOATS = ["F32", "F16", "BF16", "F64"];
const KRONECKER = ["lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2", "alpha", "dora_scale"];

/** Adapters whose change is no product of two factors. */
const adapters: readonly Row[] = [
  [
    "LoHa",
    "hada_w1_a",
    FLOATS,
    ["hada_w1_b"],
    ["hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2", "alpha", "dora_scale"],
    ({ shape }, at) => product(shape[0], at("hada_w1_b")?.shape.at(-1)),
  ],
  ["LoKr", "lokr_w1", FLOATS, ["lokr_w2|lokr_w2_a"], KRONECKER, () => null],
  ["LoKr", "lokr_w1_a", FLOATS, ["lokr_w1_b"], KRONECKER, () => null],
  ["OFT", "oft_r", FLOATS, [], [], () => null],
  ["OFT", "oft_blocks", FLOATS, [], ["alpha", "rescale"], () => null],
  ["VeRA", "vera_A", FLOATS, ["vera_B"], [], () => null],
];

/**
 * Families that are told by their names and not dequantised: the report says so, and counts their weights where shapes
 * give them.
 */
export const unreadFamilies: readonly Family[] = /* @__PURE__ */ [...rows, ...adapters].map(
  ([family, anchor, types, needs, takes, weights]) => ({
    anchor,
    whole: anchor.startsWith("._") ? "" : "weight",
    types,
    needs,
    takes,
    recipe: ({ codes, companion }) => ({
      family,
      reason: `${family} is recognised, and not ${types === FLOATS ? "put together" : "dequantised"}`,
      weights: weights(codes, companion),
    }),
  }),
);
