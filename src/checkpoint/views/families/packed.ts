import { E2M1, type Family, type Found, scalesFor, shareOf, stackOf, type Unread, wrongShape } from "../family.js";
import type { Recipe, Scales } from "../recipe.js";

/**
 * compressed-tensors' integers: words of 32 bits along the inputs, as many whole codes as fit, stored plus half their
 * range.
 */
async function integers({ codes, companion, read, hints }: Found): Promise<Recipe | Unread | null> {
  const scale = companion("weight_scale");
  const shape = companion("weight_shape");
  const zeros = companion("weight_zero_point") ?? null;
  const groupOf = companion("weight_g_idx") ?? null;
  if (!scale || codes.shape.length < 2) return null;
  const { outer, slices, rows, columns: words } = stackOf(codes.shape);
  const said = shape && shape.parameters === 2 && slices === 1 ? await lengths(shape, read) : null;
  const bits = bitsOf(words, said?.[1] ?? null, hints.bits);
  const columns = said?.[1] ?? words * Math.floor(32 / bits);
  const family = `compressed-tensors INT${bits}`;
  const stack = { outer, slices, rows, columns };
  if ((said && said[0] !== rows) || words !== Math.ceil(columns / Math.floor(32 / bits)))
    return wrongShape(family, codes, said ?? ["rows", "words"], said ? said[0] * said[1] : null);
  const scales = scalesFor(scale, scale.dtype, stack, hints.group === null ? null : [1, hints.group]);
  if (!scales || scales.rowsEach !== 1) return wrongShape(family, scale, [rows, "groups"], slices * rows * columns);
  if (zeros && (zeros.dtype !== "I32" || zeros.shape[0] !== Math.ceil(rows / Math.floor(32 / bits)) || slices !== 1))
    return wrongShape(family, zeros, [Math.ceil(rows / Math.floor(32 / bits)), scale.shape[1]], rows * columns);
  return {
    kind: "rows",
    family,
    ...stack,
    codes: { tensor: codes, kind: "bits", bits, words: true, rowBytes: words * 4 },
    scales,
    zeros: zeros ? { tensor: zeros, bits } : 1 << (bits - 1),
    biases: null,
    factor: 1,
    groupOf,
  };
}

async function lengths(
  shape: { dtype: string } & Parameters<Found["read"]>[0],
  read: Found["read"],
): Promise<[number, number] | null> {
  const bytes = await read(shape);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = shape.byteLength / 2;
  const at = (i: number): number => (size === 8 ? Number(view.getBigInt64(i * 8, true)) : view.getInt32(i * 4, true));
  const found: [number, number] = [at(0), at(1)];
  return found.every((length) => Number.isSafeInteger(length) && length > 0) ? found : null;
}

/** The width with which `columns` codes take `words` words: what the configuration says, else 4 and 8 first. */
function bitsOf(words: number, columns: number | null, hint: number | null): number {
  const fits = (bits: number): boolean => columns === null || Math.ceil(columns / Math.floor(32 / bits)) === words;
  if (hint !== null && hint <= 8 && fits(hint)) return hint;
  return [4, 8, 2, 3, 6, 5, 7, 1].find(fits) ?? 4;
}

/**
 * Four-bit floats, two in a byte, the first in the low bits. NVFP4: a scale in E4M3 for 16 of them, and one in F32 for
 * the tensor, which compressed-tensors stores as its inverse (`weight_global_scale`) and ModelOpt as it is
 * (`weight_scale_2`). MXFP4: a power of two (E8M0) for 32.
 */
function fourBitFloats(scaleName: string, factorName: string | null, inverse: boolean) {
  return ({ codes, companion }: Found): Recipe | Unread | null => {
    const scale = companion(scaleName);
    if (companion("comfy_quant") && scale?.dtype === "F8_E4M3")
      return {
        family: "NVFP4",
        reason: "ComfyUI's NVFP4: its scales lie in the order of the tensor cores, which is not read",
        weights: codes.parameters * 2,
      };
    if (!scale || codes.shape.length < 2 || scale.shape.length < 2) return null;
    const stored = stackOf(codes.shape);
    const columns = codes.dtype === "F4" ? stored.columns : stored.columns * 2;
    const stack = { ...stored, columns };
    const factor = factorName === null ? undefined : companion(factorName);
    const nv = scale.dtype === "F8_E4M3";
    const family = nv ? "NVFP4" : "MXFP4";
    const each = nv ? 16 : 32;
    const scales = scalesFor(scale, nv ? "F8_E4M3" : "F8_E8M0", stack, [1, each]);
    if (!nv && scale.dtype !== "U8" && scale.dtype !== "F8_E8M0") return null;
    if (!scales || scales.rowsEach !== 1 || shareOf(columns, scale.shape.at(-1)!, each) !== each)
      return wrongShape(
        family,
        scale,
        [...codes.shape.slice(0, -1), Math.ceil(columns / each)],
        codes.parameters * (codes.dtype === "F4" ? 1 : 2),
      );
    if (nv && factorName !== null && !factor)
      return {
        family,
        reason: `${family}: its ${factorName} is missing`,
        weights: stack.slices * stack.rows * columns,
      };
    if (factor && factor.parameters !== 1 && factor.parameters !== stack.slices)
      return wrongShape(family, factor, [stack.slices], stack.slices * stack.rows * columns);
    return {
      kind: "rows",
      family,
      ...stack,
      codes: { tensor: codes, kind: "nibbles", table: E2M1, highFirst: false, rowBytes: columns / 2 },
      scales: { ...scales, shared: false } satisfies Scales,
      zeros: 0,
      biases: null,
      factor: factor ? { tensor: factor, inverse } : 1,
      groupOf: null,
    };
  };
}

/** gpt-oss: `…_blocks` [experts, outputs, groups, 16] and `…_scales` [experts, outputs, groups]. */
function blocks({ codes, companion }: Found): Recipe | Unread | null {
  const scale = companion("_scales")!;
  const family = "MXFP4";
  if (codes.shape.length < 3 || codes.shape.at(-1) !== 16) return null;
  const grouped = codes.shape.slice(0, -1);
  if (scale.shape.join() !== grouped.join() || scale.byteLength !== scale.parameters)
    return wrongShape(family, scale, grouped, codes.parameters * 2);
  const { outer, slices, rows, columns: groups } = stackOf(grouped);
  const columns = groups * 32;
  return {
    kind: "rows",
    family,
    outer,
    slices,
    rows,
    columns,
    codes: { tensor: codes, kind: "nibbles", table: E2M1, highFirst: false, rowBytes: columns / 2 },
    scales: { tensor: scale, type: "F8_E8M0", rowsEach: 1, columnsEach: 32, shared: false },
    zeros: 0,
    biases: null,
    factor: 1,
    groupOf: null,
  };
}

const anchored = { anchor: "weight_packed", whole: "weight" };
const FOUR = ["U8", "I8", "F4"];

const families = (): readonly Family[] => [
  {
    ...anchored,
    types: ["I32", "U32"],
    needs: ["weight_scale"],
    takes: ["weight_shape", "weight_zero_point", "weight_g_idx"],
    recipe: integers,
  },
  {
    ...anchored,
    types: FOUR,
    needs: ["weight_scale"],
    takes: ["weight_global_scale"],
    recipe: fourBitFloats("weight_scale", "weight_global_scale", true),
  },
  {
    anchor: "weight",
    whole: "weight",
    types: FOUR,
    needs: ["weight_scale", "comfy_quant"],
    takes: ["weight_scale_2"],
    recipe: fourBitFloats("weight_scale", "weight_scale_2", false),
  },
  ...["", "_weight"].map((end) => ({
    anchor: "",
    whole: "",
    types: FOUR,
    needs: [`${end}_scale`, `${end}_scale_2`],
    takes: [],
    recipe: fourBitFloats(`${end}_scale`, `${end}_scale_2`, false),
  })),
  {
    anchor: "weight",
    whole: "weight",
    types: FOUR,
    needs: ["scale"],
    takes: [],
    recipe: fourBitFloats("scale", null, false),
  },
  {
    anchor: "",
    whole: "",
    types: ["U8", "F4"],
    needs: ["_scale"],
    takes: [],
    recipe: fourBitFloats("_scale", null, false),
  },
  { anchor: "_blocks", whole: "", types: ["U8"], needs: ["_scales"], takes: [], recipe: blocks },
];
/** compressed-tensors' packed integers, NVFP4 and MXFP4 under the names of their writers. */
export const packedFamilies = /* @__PURE__ */ families();
