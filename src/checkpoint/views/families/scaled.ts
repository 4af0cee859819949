import { type Family, type Found, scalesFor, sharing, stackOf, type Unread, wrongShape } from "../family.js";
import type { Recipe } from "../recipe.js";

/** Types a scale is stored in. U8 beside E2M1 or FP8 is E8M0. */
const SCALE_TYPES = new Set(["F32", "F16", "BF16", "F64", "F8_E8M0", "U8", "F8_E4M3"]);
const FP8 = ["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"];

/**
 * FP8 and INT8 with one scale for the tensor, each row, column, slice or block: DeepSeek-V3's `weight_scale_inv` (a
 * scale all the same, of 128 × 128 blocks), compressed-tensors' and ModelOpt's `weight_scale`, fbgemm's, ComfyUI's
 * `scale_weight`, Mistral's `qscale_weight`, DeepSeek's own `scale`, quanto's `_data` and `_scale`, torchao's `qdata`.
 * weight = (code − zero) · scale.
 */
function scaled(family: string, suffix: string) {
  return ({ codes, companion, hints }: Found): Recipe | Unread | null => {
    const scale = companion(suffix)!;
    const stack = stackOf(codes.shape);
    if (codes.shape.length < 2) return null;
    const inverse = suffix.endsWith("_inv");
    const block = hints.block ?? (inverse ? ([128, 128] as [number, number]) : null);
    if (!SCALE_TYPES.has(scale.dtype))
      return { family, reason: `${family}: scales of type ${scale.dtype}`, weights: codes.parameters };
    const scales = scalesFor(scale, scale.dtype === "U8" ? "F8_E8M0" : scale.dtype, stack, block);
    if (!scales)
      return wrongShape(family, scale, ["1, the rows, or blocks of", codes.shape.join(" × ")], codes.parameters);
    const offsets = companion("_zero_point") ?? companion("_weight_zero_point");
    const zeros = offsets ? scalesFor(offsets, offsets.dtype, stack, block) : 0;
    if (zeros === null) return wrongShape(family, offsets!, scale.shape, codes.parameters);
    return {
      kind: "rows",
      family: `${family} ${sharing(scales, stack)}`,
      ...stack,
      codes: { tensor: codes, kind: "values", type: codes.dtype, rowBytes: stack.columns },
      scales,
      zeros,
      biases: null,
      factor: 1,
      groupOf: null,
    };
  };
}

const suffixed =
  (types: readonly string[], family: string) =>
  (suffix: string, anchor = ""): Family => ({
    anchor,
    whole: anchor,
    types,
    needs: [suffix],
    takes: ["_zero_point"],
    recipe: scaled(family, suffix),
  });

const fp8 = /* @__PURE__ */ suffixed(FP8, "FP8");
const int8 = /* @__PURE__ */ suffixed(["I8"], "INT8");

const families = (): readonly Family[] => [
  fp8("_scale_inv"),
  fp8("_scale"),
  fp8("scale_weight", "weight"),
  fp8("scale", "weight"),
  fp8("weight_scale", "weight"),
  fp8("qscale_weight", "weight"),
  int8("_scale_inv"),
  int8("_scale"),
  int8("scale", "weight"),
  { ...fp8("._scale"), anchor: "._data", whole: "", needs: ["._scale"], recipe: scaled("quanto FP8", "._scale") },
  { ...int8("._scale"), anchor: "._data", whole: "", needs: ["._scale"], recipe: scaled("quanto INT8", "._scale") },
  ...[fp8("_weight_scale", "_weight_qdata"), int8("_weight_scale", "_weight_qdata")].map((row) => ({
    ...row,
    whole: "weight",
    takes: ["_weight_zero_point"],
  })),
  {
    // weight = code · SCB / 127, one SCB a row.
    anchor: "weight",
    whole: "weight",
    types: ["I8"],
    needs: ["SCB"],
    takes: ["weight_format"],
    recipe({ codes, companion }) {
      const family = "bitsandbytes INT8";
      const stack = stackOf(codes.shape);
      const scale = companion("SCB")!;
      if (codes.shape.length !== 2) return null;
      if (scale.parameters !== stack.rows) return wrongShape(family, scale, [stack.rows], codes.parameters);
      return {
        kind: "rows",
        family,
        ...stack,
        codes: { tensor: codes, kind: "values", type: "I8", rowBytes: stack.columns },
        scales: { tensor: scale, type: scale.dtype, rowsEach: 1, columnsEach: stack.columns, shared: false },
        zeros: 0,
        biases: null,
        factor: 1 / 127,
        groupOf: null,
      };
    },
  },
];
/** One tensor of codes and one of scales: FP8 and INT8, by block, by row or for the whole tensor. */
export const scaledFamilies = /* @__PURE__ */ families();
